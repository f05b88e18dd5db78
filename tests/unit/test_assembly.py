"""The backgrounds are tried before any picture, and the processors are counted."""

import os
from pathlib import Path

import pytest
from dropcut import assembly
from dropcut.assembly import validate_backgrounds
from dropcut.core.errors import ConfigurationError
from dropcut.core.pictures import OutputOptions
from dropcut.core.profiles import Profile, Profiles
from dropcut.pictures.sandbox import SandboxedCodec
from dropcut.settings import explain

from .photographs import encoded, photograph

_PHOTO = encoded(photograph("coffee.png").resize((90, 90)), "JPEG")


def _profiles(background: tuple[int, int, int] | bytes | None) -> Profiles:
    options = OutputOptions(background=background)
    return Profiles((Profile(model="tiny", options=options, background="wall.jpg"),))


@pytest.mark.parametrize("data", [b"", b"no picture", _PHOTO[:200]])
def test_background_that_is_no_picture(
    child_codec: SandboxedCodec, data: bytes
) -> None:
    """A background that is not a picture is refused before any work starts."""
    with pytest.raises(ConfigurationError) as caught:
        validate_backgrounds(child_codec, _profiles(data))
    assert explain(caught.value).startswith("DROPCUT_BACKGROUND=wall.jpg: ")


@pytest.mark.parametrize("background", [None, (1, 2, 3), _PHOTO])
def test_good_background(
    child_codec: SandboxedCodec, background: tuple[int, int, int] | bytes | None
) -> None:
    """A colour, a picture and no background are all accepted."""
    validate_backgrounds(child_codec, _profiles(background))


@pytest.mark.parametrize(
    ("quota", "cpus"),
    [("max 100000", 8), ("150000 100000", 2), ("20000 100000", 1), ("odd", 8)],
)
def test_usable_cpus(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quota: str, cpus: int
) -> None:
    """A cgroup's quota limits the processors that the process may use."""
    (tmp_path / "cpu.max").write_text(quota, "ascii")
    monkeypatch.setattr(assembly, "_QUOTA", tmp_path / "cpu.max")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    assert assembly.usable_cpus() == cpus
