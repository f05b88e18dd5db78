"""A model is installed if one of its files is the published one."""

from pathlib import Path

import pytest
from dropcut.core.errors import ConfigurationError
from dropcut.models.catalogue import ModelState, load_model, locate, verified_path

from ...entries import move_home, publish

DATA = bytes(range(256))


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    move_home(monkeypatch, tmp_path)
    publish(monkeypatch, DATA)


def _put(path: Path, data: bytes = DATA) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_published(tmp_path: Path) -> None:
    """A file of a model counts only if it is the published one."""
    assert verified_path("tiny", None) is None
    path = _put(tmp_path / "home" / ".u2net" / "tiny.onnx")
    assert verified_path("tiny", None) == path
    _put(path, DATA[::-1])
    assert verified_path("tiny", None) is None


@pytest.mark.parametrize("broken", [DATA[:-1], DATA[::-1]], ids=["short", "changed"])
def test_rembgs_file_behind_a_broken_one(tmp_path: Path, broken: bytes) -> None:
    """A broken file in Dropcut's own folder does not hide the right one of rembg."""
    _put(tmp_path / "own" / "tiny.onnx", broken)
    path = _put(tmp_path / "home" / ".u2net" / "tiny.onnx")
    assert verified_path("tiny", tmp_path / "own") == path
    assert locate("tiny", tmp_path / "own").state is ModelState.INSTALLED
    assert load_model("tiny", None, tmp_path / "own").data == DATA


def test_all_broken(tmp_path: Path) -> None:
    """If no file is the right one, each is named, with the command to pull it."""
    own = _put(tmp_path / "own" / "tiny.onnx", b"one")
    rembgs = _put(tmp_path / "home" / ".u2net" / "tiny.onnx", b"two")
    with pytest.raises(ConfigurationError) as caught:
        load_model("tiny", None, tmp_path / "own")
    message = str(caught.value)
    assert message.startswith(f"{own} is not the published tiny")
    assert f"; {rembgs} is not the published tiny" in message
    assert message.endswith("; `dropcut models pull tiny` downloads the right file")
    assert locate("tiny", tmp_path / "own").state is ModelState.DAMAGED


def test_home_of_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For root no home is searched, and the error says so; variables are followed."""
    move_home(monkeypatch, tmp_path, root=True)
    for place in (".u2net", ".rembg", ".cache/dropcut", "data/rembg"):
        _put(tmp_path / "home" / place / "tiny.onnx")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home" / "data"))
    assert locate("tiny", None).state is ModelState.MISSING
    assert verified_path("tiny", None) is None
    with pytest.raises(ConfigurationError, match="not root's home, which") as it:
        load_model("tiny", None, None)
    assert f"(searched {tmp_path / 'var'};" in str(it.value)
    monkeypatch.setenv("U2NET_HOME", str(tmp_path / "rembg"))
    assert verified_path("tiny", None) is None
    _put(tmp_path / "rembg" / "tiny.onnx")
    assert verified_path("tiny", None) == tmp_path / "rembg" / "tiny.onnx"


def test_folder_of_root_that_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder in root's home that the setting names is searched."""
    move_home(monkeypatch, tmp_path, root=True)
    path = _put(tmp_path / "home" / "models" / "tiny.onnx")
    assert verified_path("tiny", path.parent) == path


def test_unreadable_file(unprivileged: Path) -> None:
    """A file without read permission is not verified, and a fault of the setting."""
    path = _put(unprivileged / "tiny.onnx")
    path.chmod(0)
    assert verified_path("tiny", unprivileged) is None
    with pytest.raises(ConfigurationError, match="Permission denied"):
        load_model("tiny", None, unprivileged)
    path.unlink()
