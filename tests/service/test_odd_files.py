"""FIFOs, sockets and links where Dropcut expects a file of its own or of its owner."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..odd_files import ODD, make_odd
from .invariants import assert_promises
from .services import Service
from .waiting import eventually

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  # where the lock lies


@pytest.fixture
def lock(service: Service) -> Iterator[Path]:
    """Return where the lock of the service's inbox is."""
    status = service.inbox.stat()
    path = SHARED_MEMORY / f"dropcut-{status.st_dev:x}-{status.st_ino:x}.lock"
    path.unlink(missing_ok=True)  # of an earlier inbox with the same inode
    yield path
    if path.is_dir() and not path.is_symlink():
        path.rmdir()
    path.unlink(missing_ok=True)
    path.with_name(f"target of {path.name}").unlink(missing_ok=True)


@pytest.mark.parametrize("kind", ODD)
def test_odd_lock(service: Service, lock: Path, kind: str) -> None:
    """Each command says what is in place of the lock, and ends."""
    make_odd(lock, kind)
    for words, code in ((("run",), 75), (("run", "--once"), 75), (("check",), 78)):
        done = service.command_apart(*words)
        assert done.code == code
        assert f"{lock}, is a" in done.out + done.err
        assert "Traceback" not in done.err
    done = service.command_apart("status")
    assert done.code == 0
    assert f"service     unknown: the lock of {service.inbox}, {lock}" in done.out
    if kind == "link":
        assert lock.resolve().read_bytes() == b"of somebody else"


@pytest.mark.parametrize("kind", ["fifo", "socket", "folder"])
@pytest.mark.parametrize("name", ["MODEL", "PROFILES", "BACKGROUND", "--env-file"])
def test_odd_file_of_a_setting(service: Service, name: str, kind: str) -> None:
    """What a setting names and is no file is a wrong setting, and not waited for."""
    path = service.root / "odd.onnx"
    make_odd(path, kind)
    words = ("--env-file", str(path)) if name.startswith("-") else ()
    if not words:
        service.set(**{f"DROPCUT_{name}": path})
    for command in ("run", "check"):
        done = service.command_apart(command, *words)
        assert done.code == 78
        assert name in done.out + done.err
        assert str(path) in done.out + done.err
        assert "Traceback" not in done.err


@pytest.mark.parametrize("kind", ["fifo", "socket", "link"])
def test_odd_claims_folder(service: Service, kind: str) -> None:
    """`status` and `check` say what is in place of the claims folder."""
    make_odd(service.claims, kind)
    assert f"in progress {service.claims} is not a folder" in (
        service.command_apart("status").out
    )
    done = service.command_apart("check")
    assert done.code == 78
    assert f"FAIL  {service.claims} is not a folder" in done.out


def test_lock_that_becomes_a_fifo(service: Service, lock: Path) -> None:
    """A running service that must lock again says what is wrong, and waits."""
    service.start()
    service.prove_alive("first")
    lock.unlink()
    os.mkfifo(lock)
    service.inbox.rename(service.root / "away")
    eventually(lambda: service.events("paused"), explain=service.explain)
    (service.root / "away").rename(service.inbox)
    eventually(lambda: "FIFO" in service.explain(), explain=service.explain)
    lock.unlink()
    service.prove_alive("second")
    assert_promises(service)
    assert service.stop() == 0
