"""A folder of the inbox has a profile, which inherits from the folders above."""

import os
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any, cast

import pytest
from dropcut.core.pictures import OutputFormat
from dropcut.core.profiles import Profile, Profiles
from dropcut.settings import Settings, load_profiles, load_settings

Load = Callable[..., Profiles]

_SHOP = """
[shop]
background = "#fff0e0"
canvas = "300x200"
edges = "raw"

["shop/red"]
crop = "subject"
edges = "clean"

["shop/red/deep"]
margin = 10
"""


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Return a function that loads profiles from a text and some settings."""
    file = tmp_path / "config" / "profiles.toml"
    file.parent.mkdir()

    def loaded(text: str, **settings: object) -> Profiles:
        file.write_text(text, "utf-8")
        return load_profiles(cast("Any", Settings)(profiles=file, **settings))

    return loaded


def _of(profiles: Profiles, source: str) -> Profile:
    return profiles.profile_of(PurePosixPath(source))


def test_without_a_file() -> None:
    """Without a file, the settings are the one profile of all pictures."""
    settings = cast("Any", Settings)(background="#010203", format="webp", empty="fail")
    (profile,) = load_profiles(settings).all
    assert (profile.folder, profile.where) == (PurePosixPath(), "")
    assert profile.options == settings.options()
    assert profile.options.background == (1, 2, 3)


@pytest.mark.parametrize(
    ("source", "folder"),
    [
        ("a.jpg", "."),
        ("shop", "."),
        ("shop2/a.jpg", "."),
        ("Shop/a.jpg", "."),
        ("x/shop/a.jpg", "."),
        ("shop/a.jpg", "shop"),
        ("shop/blue/a.jpg", "shop"),
        ("shop/red", "shop"),
        ("shop/red/a.jpg", "shop/red"),
        ("shop/red/x/deep/a.jpg", "shop/red"),
        ("shop/red/deep/a.jpg", "shop/red/deep"),
        ("shop/red/deep/er/a.jpg", "shop/red/deep"),
    ],
)
def test_nearest_folder(load: Load, source: str, folder: str) -> None:
    """A picture's profile is that of the nearest folder above it, by whole names."""
    assert _of(load(_SHOP), source).folder == PurePosixPath(folder)


def test_order_of_the_tables(load: Load) -> None:
    """Whatever the order of the tables, outer folders come before those in them."""
    text = "\n[".join(["", *reversed(_SHOP.split("\n[")[1:])])
    assert text.index("deep") < text.index("[shop]")
    assert load(text).all == load(_SHOP).all


def test_inheritance(load: Load) -> None:
    """What a table does not set is as in the next folder above, or the settings."""
    profiles = load(_SHOP, margin=3, keep="icc", crop="none")
    shop, red = _of(profiles, "shop/a").options, _of(profiles, "shop/red/a").options
    deep = _of(profiles, "shop/red/deep/a").options
    assert (shop.margin_percent, shop.keep, shop.crop) == (3, "icc", False)
    assert (shop.canvas_px, shop.clean_edges) == ((300, 200), False)
    assert (red.canvas_px, red.clean_edges, red.crop) == ((300, 200), True, True)
    assert (deep.margin_percent, deep.background) == (10, (255, 240, 224))
    assert deep.crop
    assert _of(profiles, "a").options.canvas_px is None


def test_table_above_without_a_table(load: Load) -> None:
    """A folder inherits past folders that have no table."""
    profiles = load('[a]\nformat = "webp"\n["a/b/c"]\nempty = "publish"\n')
    deep = _of(profiles, "a/b/c/x.jpg")
    assert (deep.options.format, deep.allow_no_subject) == (OutputFormat.WEBP, True)
    assert not _of(profiles, "a/b/x.jpg").allow_no_subject


def test_back_to_the_default(load: Load) -> None:
    """A table can reset what a table above or the settings have set."""
    back = 'background = "transparent"\ncanvas = "none"\ncrop = "none"\n'
    shop = '[a]\nbackground = "#ffffff"\ncrop = "subject"\n["a/b"]\n'
    profiles = load(shop + back, canvas="2000x2000", edges="raw")
    options = _of(profiles, "a/b/x.jpg").options
    assert (options.background, options.canvas_px, options.crop) == (None, None, False)
    assert _of(profiles, "a/x.jpg").options.canvas_px == (2000, 2000)


@pytest.mark.parametrize("table", ["M\u00f6bel/Tische", "Mo\u0308bel/Tische"])
@pytest.mark.parametrize("folder", ["M\u00f6bel", "Mo\u0308bel"])
def test_two_ways_to_write_a_letter(load: Load, table: str, folder: str) -> None:
    """A table applies to its folder whether its "ö" is one character or a Mac's two."""
    profiles = load(f'["{folder}"]\nmargin = 7\n["{table}"]\ncrop = "subject"\n')
    for source in ("M\u00f6bel/Tische/a.jpg", "Mo\u0308bel/Tische/a.jpg"):
        options = _of(profiles, source).options
        assert (options.margin_percent, options.crop) == (7, True)


def test_home_in_a_table(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a table's paths, too, ~ is the home."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "back.png").write_bytes(b"back")
    text = '[a]\nbackground = "~/back.png"\nmodel = "~/own.onnx"\n'
    profile = _of(load(text), "a/x.jpg")
    assert profile.options.background == b"back"
    assert profile.model == str(tmp_path / "own.onnx")


@pytest.mark.parametrize("value", ["12", '"12"', "12.0"])
def test_kinds_of_numbers(load: Load, value: str) -> None:
    """A number may be written as in an env file."""
    assert _of(load(f"[a]\nmargin = {value}\n"), "a/x").options.margin_percent == 12


def test_names_of_folders(load: Load) -> None:
    """A folder's name may have spaces, other scripts, dots and a slash at the end."""
    profiles = load('["my shop/"]\n["Größe/日本"]\n["v1.5"]\n[_-7]\n')
    for folder in ("my shop", "Größe/日本", "v1.5", "_-7"):
        assert _of(profiles, f"{folder}/a.jpg").folder == PurePosixPath(folder)


def test_byte_order_mark(load: Load) -> None:
    """A file with a byte order mark, as Windows' Notepad saves it, is read."""
    profiles = load("\ufeff[shop]\r\ncrop = 'subject'\r\n")
    assert _of(profiles, "shop/a.jpg").options.crop


def test_background_beside_the_file(load: Load, tmp_path: Path) -> None:
    """A background's path is relative to the folder of the file."""
    (tmp_path / "config" / "back.png").write_bytes(b"back")
    (tmp_path / "other.png").write_bytes(b"other")
    relative = load('[a]\nbackground = "back.png"\n[b]\nbackground = "../other.png"\n')
    assert _of(relative, "a/x").options.background == b"back"
    assert _of(relative, "b/x").options.background == b"other"
    absolute = load(f'[a]\nbackground = "{tmp_path}/other.png"\n')
    assert _of(absolute, "a/x").options.background == b"other"


def test_inherited_background(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    """A background of the settings is relative to the working folder."""
    monkeypatch.chdir(Path(__file__).parent)
    profiles = load("[a]\nmargin = 1\n", background=Path(__file__).name)
    looks = [_of(profiles, source).options for source in ("x", "a/x")]
    assert [options.background for options in looks] == [
        Path(__file__).read_bytes()
    ] * 2


def test_model_beside_the_file(load: Load, tmp_path: Path) -> None:
    """A model's path is relative to the file's folder; a catalogue name is none."""
    (tmp_path / "config" / "u2net").touch()
    profiles = load('[a]\nmodel = "own.onnx"\n[b]\nmodel = "u2net"\n')
    assert _of(profiles, "a/x").model == str(tmp_path / "config" / "own.onnx")
    assert _of(profiles, "b/x").model == "u2net"


def test_one_model_by_two_paths(load: Load, tmp_path: Path) -> None:
    """One file is one model, however its path is written."""
    relative = os.path.relpath(tmp_path / "own.onnx")
    profiles = load(
        '[a]\nmodel = "../own.onnx"\nmodel_recipe = "isnet"\n',
        model=relative,
        model_recipe="isnet",
    )
    general, own = profiles.all
    assert general.model == own.model == str(tmp_path / "own.onnx")


def test_recipe_of_another_model(load: Load) -> None:
    """A recipe is inherited together with its model, and never without it."""
    text = '[a]\ncrop = "subject"\n[b]\nmodel = "b.onnx"\n["b/c"]\nmodel_recipe = '
    profiles = load(text + '"isnet"', model="own.onnx", model_recipe="birefnet")
    recipes = {str(profile.folder): profile.recipe for profile in profiles.all}
    assert recipes == {".": "birefnet", "a": "birefnet", "b": None, "b/c": "isnet"}


def test_recipe_of_the_catalogue(load: Load) -> None:
    """A catalogue model keeps its own recipe, whatever recipe the settings name."""
    profiles = load('[a]\nmodel = "u2netp"\n', model="own.onnx", model_recipe="isnet")
    assert [p.recipe for p in profiles.all] == ["isnet", None]


@pytest.mark.parametrize("line", ["{}", "{}  # warm white", "'{}'", '"{}"'])
def test_colour_in_an_env_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    """The # of a colour does not start a comment in an env file."""
    for name in [name for name in os.environ if name.startswith("DROPCUT_")]:
        monkeypatch.delenv(name)
    file = tmp_path / "dropcut.env"
    file.write_text(f"DROPCUT_BACKGROUND={line.format('#fffAf0')}\n", "utf-8")
    assert load_settings(file).options().background == (255, 250, 240)
