"""A model is here if the service sees a file of it that was published."""

from pathlib import Path

import pytest
from dropcut.core.errors import ConfigurationError
from dropcut.models.catalogue import State, load_model, locate, published

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
    """A model that is there is the published one, or is not."""
    assert published("tiny", None) is None
    path = _put(tmp_path / "home" / ".u2net" / "tiny.onnx")
    assert published("tiny", None) == path
    _put(path, DATA[::-1])
    assert published("tiny", None) is None


@pytest.mark.parametrize("broken", [DATA[:-1], DATA[::-1]], ids=["short", "changed"])
def test_rembgs_file_behind_a_broken_one(tmp_path: Path, broken: bytes) -> None:
    """A broken file in Dropcut's own folder does not hide the right one of rembg."""
    _put(tmp_path / "own" / "tiny.onnx", broken)
    path = _put(tmp_path / "home" / ".u2net" / "tiny.onnx")
    assert published("tiny", tmp_path / "own") == path
    assert locate("tiny", tmp_path / "own").state is State.HERE
    assert load_model("tiny", None, tmp_path / "own").data == DATA


def test_all_broken(tmp_path: Path) -> None:
    """Where no file is the right one, each is named, and what gets the right one."""
    own = _put(tmp_path / "own" / "tiny.onnx", b"one")
    rembgs = _put(tmp_path / "home" / ".u2net" / "tiny.onnx", b"two")
    with pytest.raises(ConfigurationError) as caught:
        load_model("tiny", None, tmp_path / "own")
    message = str(caught.value)
    assert message.startswith(f"{own} is not the tiny that was publish")
    assert f"; {rembgs} is not the tiny that was published" in message
    assert message.endswith("; `dropcut models pull tiny` gets the right one")
    assert locate("tiny", tmp_path / "own").state is State.DAMAGED


def test_home_of_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies in root's home is not there for the service; root itself may use it."""
    move_home(monkeypatch, tmp_path, root=True)
    path = _put(tmp_path / "home" / ".u2net" / "tiny.onnx")
    place = locate("tiny", None)
    assert (place.state, place.path) == (State.PRIVATE, path)
    assert published("tiny", None) is None
    with pytest.raises(ConfigurationError, match=r"the service may not see /.*/tiny"):
        load_model("tiny", None, None, for_service=True)
    assert load_model("tiny", None, None).data == DATA
    monkeypatch.setenv("U2NET_HOME", str(tmp_path / "rembg"))
    assert published("tiny", None) is None
    _put(tmp_path / "rembg" / "tiny.onnx")
    assert published("tiny", None) == tmp_path / "rembg" / "tiny.onnx"


def test_folder_of_root_that_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder in root's home that a setting names was meant."""
    move_home(monkeypatch, tmp_path, root=True)
    path = _put(tmp_path / "home" / "models" / "tiny.onnx")
    assert published("tiny", path.parent) == path


def test_file_for_root_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that only root may read is not there for the service."""
    move_home(monkeypatch, tmp_path, root=True)
    path = _put(tmp_path / "var" / "tiny.onnx")
    path.chmod(0o600)
    assert locate("tiny", None).state is State.PRIVATE
    assert published("tiny", None) is None
    path.chmod(0o644)
    assert locate("tiny", None).state is State.HERE
    assert published("tiny", None) == path


def test_file_for_oneself_alone(tmp_path: Path) -> None:
    """A file that only its owner may read is there for the owner, who is not root."""
    path = _put(tmp_path / "var" / "tiny.onnx")
    path.chmod(0o600)
    assert published("tiny", None) == path


def test_unreadable_file(unprivileged: Path) -> None:
    """A file that one may not read is not known to be right, and a setting's fault."""
    path = _put(unprivileged / "tiny.onnx")
    path.chmod(0)
    assert published("tiny", unprivileged) is None
    with pytest.raises(ConfigurationError, match="Permission denied"):
        load_model("tiny", None, unprivileged)
    path.unlink()
