"""Profiles that cannot be right prevent the start; file, table and key are named."""

from pathlib import Path

import pytest

from .services import Service
from .test_refusals import assert_refused

CASES = {
    "unknown key": (
        '[shop]\nbakground = "#ffffff"',
        "[shop]: bakground is not a setting",
    ),
    "wrong value": (
        '["a/b"]\ncanvas = "big"',
        "[a/b] canvas=big: it must be none, or W",
    ),
    "whole service": (
        "[shop]\nthreads = 2",
        "[shop]: threads is for the whole service",
    ),
    "missing background": (
        '[shop]\nbackground = "x.png"',
        "[shop] background=x.png: it ",
    ),
    "no background": (
        '[shop]\nbackground = "a.txt"',
        "[shop] background={}/a.txt: The",
    ),
    "no toml": ("[shop/red]", "(at line 1, column 6)"),
    "missing model": (
        '[shop]\ncrop = "none"\n["shop/red"]\nmodel = "isnet-anime"',
        "[shop/red] model: isnet-anime is not installed; `dropcut models pull i",
    ),
    "unknown model": (
        '[shop]\nmodel = "u3net"',
        "[shop] model: there is no model called 'u3",
    ),
    "no recipe": (
        '[shop]\nmodel = "tiny.onnx"',
        "[shop] model_recipe: tiny.onnx needs one of ",
    ),
    "lost model": (
        '[shop]\nmodel = "x.onnx"',
        "[shop] model: {}/x.onnx cannot be read",
    ),
    "garbage": (
        '[shop]\nmodel = "garbage.onnx"\nmodel_recipe = "u2net"',
        "[shop] model: garbage is not an .onnx file, or was not copied completely",
    ),
}


@pytest.fixture
def odd(service: Service) -> Service:
    """Make the files that the wrong profiles name."""
    (service.root / "a.txt").write_text("no picture")
    (service.root / "garbage.onnx").write_bytes(b"\x08\x06garbage" * 100)
    tiny = Path(service.environment["DROPCUT_MODEL"]).read_bytes()
    (service.root / "tiny.onnx").write_bytes(tiny)
    return service.set(
        HOME=service.root,
        XDG_CACHE_HOME=service.root,
        DROPCUT_PROFILES=service.root / "profiles.toml",
    )


@pytest.mark.parametrize("case", CASES)
def test_refused_profile(odd: Service, case: str) -> None:
    """What is wrong with a profile ends the start with one line that names it."""
    text, words = CASES[case]
    (odd.root / "profiles.toml").write_text(f"{text}\n")
    path = odd.drop("shop/a.jpg")
    done = odd.command("run", "--once")
    assert_refused(done, 78, f"{odd.root}/profiles.toml: ", words.format(odd.root))
    assert path.exists()


def test_missing_file(odd: Service) -> None:
    """A file of profiles that is not there ends the start."""
    words = f"DROPCUT_PROFILES: {odd.root}/profiles.toml: No such file or directory"
    assert_refused(odd.command("run"), 78, words)


def test_not_recursive(odd: Service) -> None:
    """Profiles of sub-folders that would be left alone end the start."""
    (odd.root / "profiles.toml").write_text("[shop]\n")
    odd.set(DROPCUT_RECURSIVE="false")
    assert_refused(odd.command("run"), 78, "DROPCUT_RECURSIVE=true")


def test_general_settings_are_told_by_their_variables(odd: Service) -> None:
    """A fault of the settings is no profile's, though profiles inherit it."""
    (odd.root / "profiles.toml").write_text('[shop]\ncrop = "subject"\n')
    odd.set(DROPCUT_BACKGROUND=odd.root / "a.txt")
    done = odd.command("run")
    assert_refused(done, 78, f"DROPCUT_BACKGROUND={odd.root}/a.txt: The file is not a")
    odd.set(DROPCUT_BACKGROUND="", DROPCUT_MODEL="u2net", DROPCUT_MODEL_RECIPE="")
    done = odd.command("run")
    assert_refused(done, 78, "dropcut: DROPCUT_MODEL: u2net is not installed")
