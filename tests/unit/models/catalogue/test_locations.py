"""Models are found where Dropcut, its service and rembg keep them."""

from pathlib import Path

import pytest
from dropcut.models.catalogue import ModelState, load_model, locate, own_folders

from ...entries import move_home, publish
from ...graphs import MEAN


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    move_home(monkeypatch, tmp_path)
    publish(monkeypatch, MEAN)


def _put(folder: Path, data: bytes = MEAN) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "tiny.onnx"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    "folder",
    [
        "home/.cache/dropcut",
        "var",
        "home/.u2net",
        "home/.rembg/models/tiny",
    ],
)
def test_usual_folders(tmp_path: Path, folder: str) -> None:
    """A model is found in the user's and the service's cache and in rembg's folders."""
    path = _put(tmp_path / folder)
    assert locate("tiny", None).path == path
    assert load_model("tiny", None, None).data == MEAN


@pytest.mark.parametrize(
    ("variable", "below"),
    [
        ("CACHE_DIRECTORY", "."),
        ("XDG_CACHE_HOME", "dropcut"),
        ("REMBG_HOME", "models/tiny"),
        ("U2NET_HOME", "."),
        ("U2NET_HOME", "models/tiny"),
        ("XDG_DATA_HOME", "rembg/models/tiny"),
        ("XDG_DATA_HOME", ".u2net"),
    ],
)
def test_folders_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, below: str
) -> None:
    """A model is found where variables of systemd, the desktop or rembg point."""
    path = _put(tmp_path / "elsewhere" / below)
    monkeypatch.setenv(variable, str(tmp_path / "elsewhere"))
    assert locate("tiny", None).path == path


def test_tilde(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tilde that no shell has expanded means the home folder, as for rembg."""
    path = _put(tmp_path / "home" / "shared")
    monkeypatch.setenv("U2NET_HOME", "~/shared")
    assert locate("tiny", None).path == path


def test_tilde_of_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The home of an unknown user has no model, and hides no other folder."""
    monkeypatch.setenv("U2NET_HOME", "~nobody-of-this-name/x")
    assert locate("tiny", None).state is ModelState.MISSING
    path = _put(tmp_path / "home" / ".u2net")
    assert locate("tiny", None).path == path


def test_folder_that_is_filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The setting names the folder to fill, then systemd, the desktop and the home."""
    assert own_folders(None)[0] == tmp_path / "home" / ".cache" / "dropcut"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert own_folders(None)[0] == tmp_path / "xdg" / "dropcut"
    monkeypatch.setenv("CACHE_DIRECTORY", str(tmp_path / "systemd"))
    assert own_folders(None)[0] == tmp_path / "systemd"
    assert own_folders(tmp_path / "own")[0] == tmp_path / "own"


def test_folder_that_root_fills(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root downloads to the folder that the service searches."""
    move_home(monkeypatch, tmp_path, root=True)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert own_folders(None)[0] == tmp_path / "var"
    assert own_folders(tmp_path / "own")[0] == tmp_path / "own"


def test_user_without_a_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For a user without a home only the service's cache is searched."""
    monkeypatch.setattr("pathlib.Path.home", _no_home)
    assert own_folders(None) == [tmp_path / "var"]
    assert locate("tiny", None).state is ModelState.MISSING


def _no_home() -> Path:
    message = "Could not determine home directory."
    raise RuntimeError(message)


def test_states(tmp_path: Path) -> None:
    """A model is built in, installed, damaged or not installed, judged by its size."""
    assert locate("u2netp", None).state is ModelState.BUILT_IN
    assert locate("tiny", None).state is ModelState.MISSING
    _put(tmp_path / "own", MEAN[:-1])
    assert locate("tiny", tmp_path / "own").state is ModelState.DAMAGED
    _put(tmp_path / "own")
    assert locate("tiny", tmp_path / "own").state is ModelState.INSTALLED


def test_folder_that_nobody_may_enter(unprivileged: Path) -> None:
    """A folder without permission to enter counts as one without models."""
    closed = _put(unprivileged / "closed").parent
    closed.chmod(0)
    assert locate("tiny", closed).state is ModelState.MISSING
