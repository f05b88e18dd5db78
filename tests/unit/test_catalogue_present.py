"""A pull knows which models need not be fetched."""

from pathlib import Path

import pytest
from dropcut.catalogue.pulling import present

from .entries import move_home, publish

DATA = bytes(range(256))


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    move_home(monkeypatch, tmp_path)
    publish(monkeypatch, DATA)


def test_present(tmp_path: Path) -> None:
    """A model that is there is the published one, or is not."""
    assert present("tiny", None) == (None, False)
    path = tmp_path / "home" / ".u2net" / "tiny.onnx"
    path.parent.mkdir(parents=True)
    path.write_bytes(DATA)
    assert present("tiny", None) == (path, True)
    path.write_bytes(DATA[::-1])
    assert present("tiny", None) == (path, False)


def test_home_of_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies in root's home is not there for the service, so root fetches it."""
    move_home(monkeypatch, tmp_path, root=True)
    for folder in ("home/.u2net", "rembg"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "tiny.onnx").write_bytes(DATA)
    monkeypatch.setenv("U2NET_HOME", str(tmp_path / "home/.u2net"))
    assert present("tiny", None) == (None, False)
    monkeypatch.setenv("U2NET_HOME", str(tmp_path / "rembg"))
    assert present("tiny", None) == (tmp_path / "rembg" / "tiny.onnx", True)
    own = tmp_path / "home" / ".u2net"
    assert present("tiny", own) == (own / "tiny.onnx", True)


def test_unreadable_file(unprivileged: Path) -> None:
    """A file that one may not read is there, and not known to be right."""
    path = unprivileged / "tiny.onnx"
    path.write_bytes(DATA)
    path.chmod(0)
    assert present("tiny", unprivileged) == (path, False)
    path.unlink()
