"""Models are found by name or path, and are what was published."""

import hashlib
import shutil
from pathlib import Path

import pytest
from dropcut import catalogue
from dropcut.errors import ConfigurationError

from .graphs import MEAN

_PACKAGED = Path(catalogue.__file__).parent / "models" / "u2netp.onnx"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("CACHE_DIRECTORY", "REMBG_HOME", "U2NET_HOME"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> bytes:
    """Put a tiny model into the catalogue, in the place of the large one."""
    digest = hashlib.sha256(MEAN).hexdigest()
    entry = catalogue.Entry(sha256=digest, recipe="u2net", licence="none")
    monkeypatch.setitem(catalogue.MODELS, "u2net", entry)
    return MEAN


def _message(name: str, recipe: str | None = None, folder: Path | None = None) -> str:
    with pytest.raises(ConfigurationError) as caught:
        catalogue.load_model(name, recipe, folder)
    return str(caught.value)


def test_packaged_model() -> None:
    """The model of the package needs no folder, and is the published one."""
    model = catalogue.load_model("u2netp", None, None)
    assert model.data == _PACKAGED.read_bytes()
    assert model.recipe == catalogue.RECIPES["u2net"]
    assert "data" not in repr(model)


def test_unknown_name() -> None:
    """A name that is in no catalogue is refused, with those that are."""
    message = _message("u2nett")
    assert "'u2nett'" in message
    assert "u2netp, u2net" in message


def test_missing_model(tmp_path: Path) -> None:
    """A model that is on no place of the machine is refused, with every place."""
    message = _message("u2net", folder=tmp_path / "models")
    assert str(tmp_path / "models" / "u2net.onnx") in message
    assert str(tmp_path / "home" / ".u2net" / "u2net.onnx") in message


def test_wrong_hash(tmp_path: Path) -> None:
    """A file that is not the published one is refused, with both hashes."""
    (tmp_path / "u2net.onnx").write_bytes(b"something else")
    message = _message("u2net", folder=tmp_path)
    assert catalogue.MODELS["u2net"].sha256 in message
    assert hashlib.sha256(b"something else").hexdigest() in message


@pytest.mark.parametrize(
    ("variable", "below"),
    [("U2NET_HOME", "."), ("REMBG_HOME", "models/u2net"), ("CACHE_DIRECTORY", ".")],
)
def test_folders_of_rembg(
    published: bytes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    below: str,
) -> None:
    """A model that rembg or the service's cache has already is found there."""
    folder = tmp_path / "elsewhere" / below
    folder.mkdir(parents=True)
    (folder / "u2net.onnx").write_bytes(published)
    monkeypatch.setenv(variable, str(tmp_path / "elsewhere"))
    assert catalogue.load_model("u2net", None, None).data == published


def test_own_folder_comes_first(published: bytes, tmp_path: Path) -> None:
    """The folder that a setting names is looked into before all others."""
    for folder in (tmp_path / "own", tmp_path / "home" / ".u2net"):
        folder.mkdir(parents=True)
    (tmp_path / "own" / "u2net.onnx").write_bytes(published)
    (tmp_path / "home" / ".u2net" / "u2net.onnx").write_bytes(b"broken")
    assert catalogue.load_model("u2net", None, tmp_path / "own").data == published


def test_path_with_recipe(tmp_path: Path) -> None:
    """A model of one's own is taken by its path, with the recipe that one names."""
    (tmp_path / "mine.onnx").write_bytes(MEAN)
    model = catalogue.load_model(str(tmp_path / "mine.onnx"), "isnet", None)
    assert (model.name, model.data) == ("mine", MEAN)
    assert model.recipe == catalogue.RECIPES["isnet"]


def test_path_without_recipe(tmp_path: Path) -> None:
    """A model of one's own needs a recipe, unless its hash is a known one."""
    (tmp_path / "mine.onnx").write_bytes(MEAN)
    message = _message(str(tmp_path / "mine.onnx"))
    assert "DROPCUT_MODEL_RECIPE" in message
    assert "u2net, isnet, birefnet" in message
    shutil.copy(_PACKAGED, tmp_path / "renamed.onnx")
    model = catalogue.load_model(str(tmp_path / "renamed.onnx"), None, None)
    assert model.recipe == catalogue.RECIPES["u2net"]


def test_unreadable_path(tmp_path: Path) -> None:
    """A path where nothing can be read is refused with the system's reason."""
    assert "No such file" in _message(str(tmp_path / "none.onnx"))
    (tmp_path / "folder.onnx").mkdir()
    assert "Is a directory" in _message(str(tmp_path / "folder.onnx"))
