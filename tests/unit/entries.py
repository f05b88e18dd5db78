"""Catalogue entries that are small enough for tests."""

import hashlib
from pathlib import Path

import pytest
from dropcut.core.models import Recipe
from dropcut.models.catalogue import MODELS, RECIPES, Entry, locations

VARIABLES = (
    *("CACHE_DIRECTORY", "XDG_CACHE_HOME", "XDG_DATA_HOME"),
    *("REMBG_HOME", "U2NET_HOME"),
)


def entry(
    data: bytes, file: str = "Tiny-epoch_1.onnx", recipe: Recipe = RECIPES["u2net"]
) -> Entry:
    """Return the entry of a file."""
    return Entry(
        file=file,
        sha256=hashlib.sha256(data).hexdigest(),
        size_bytes=len(data),
        input_px=8,
        recipe=recipe,
        licence="none",
        purpose="tests",
    )


def publish(monkeypatch: pytest.MonkeyPatch, data: bytes, name: str = "tiny") -> None:
    """Add a file to the catalogue as a published model."""
    monkeypatch.setitem(MODELS, name, entry(data))


def move_home(
    monkeypatch: pytest.MonkeyPatch, folder: Path, *, root: bool = False
) -> None:
    """Move the home, and every folder that is searched, below a folder."""
    monkeypatch.setenv("HOME", str(folder / "home"))
    monkeypatch.setattr(locations, "_SERVICE_CACHE", folder / "var")
    monkeypatch.setattr(locations, "_is_root", lambda: root)
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
