"""The catalogue agrees with rembg, which publishes its files."""

import re

import pytest
from dropcut.catalogue import MODELS, RECIPES

from .rembg_recipe import SESSIONS


@pytest.mark.parametrize("name", MODELS)
def test_recipe(name: str) -> None:
    """Each model is treated as rembg's session of that name treats it."""
    family, entry = SESSIONS[name], MODELS[name]
    assert entry.input_px == family.size
    assert (entry.recipe.mean, entry.recipe.std) == (family.mean, family.std)
    assert entry.recipe.sigmoid == family.sigmoid


def test_names() -> None:
    """The catalogue holds those of rembg's models whose output is one mask."""
    assert set(MODELS) == set(SESSIONS)
    assert [name for name, entry in MODELS.items() if entry.packaged] == ["u2netp"]
    assert [n for n, entry in MODELS.items() if not entry.commercial] == ["bria-rmbg"]


@pytest.mark.parametrize("name", MODELS)
def test_file(name: str) -> None:
    """Each model has a file with a hash, a size and an address of its own."""
    entry, others = MODELS[name], [e for n, e in MODELS.items() if n != name]
    assert re.fullmatch(r"[0-9a-f]{64}", entry.sha256)
    assert entry.size_bytes > 1_000_000
    assert entry.url.startswith("https://")
    assert entry.url.endswith(f"/{entry.file}")
    assert entry.file.endswith(".onnx")
    assert not any(e.sha256 == entry.sha256 or e.file == entry.file for e in others)


def test_sizes() -> None:
    """Sizes are shown as people read them."""
    assert MODELS["u2netp"].size == "4.6 MB"
    assert MODELS["birefnet-general"].size == "973 MB"


def test_recipes_of_a_setting() -> None:
    """A path may have the recipes that DROPCUT_MODEL_RECIPE names."""
    assert list(RECIPES) == ["u2net", "isnet", "birefnet"]
