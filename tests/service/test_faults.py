"""Faults of the machine at single steps, injected into the real command by strace."""

import shutil
import signal

import pytest

from ..needing import need
from .processes import DROPCUT, run
from .promises import assert_promises
from .services import Service, names

_NO_RENAMEAT2 = "renameat2:error=EINVAL"


def run_once(service: Service, *injections: str) -> int:
    """Do what is there, with faults injected into system calls."""
    strace = shutil.which("strace")
    need(strace is not None, "strace is not installed")
    calls = ",".join(injection.split(":", 1)[0] for injection in injections)
    faults = [word for text in injections for word in ("-e", f"inject={text}")]
    return run(
        *(str(strace), "-f", "-o", "/dev/null", "-e", f"trace={calls}", *faults),
        *(*DROPCUT, "run", "--once"),
        env=service.environment,
    ).code


def assert_done_once(service: Service) -> None:
    """Check that a later, undisturbed life leaves each picture done exactly once."""
    assert service.command("run", "--once").code == 0
    assert names(service.outbox) == ["sub/a.png"]
    assert names(service.processed) == ["sub/a.jpg"]
    assert not names(service.failed)
    assert_promises(service)


@pytest.mark.parametrize("call", range(1, 7))
def test_no_sync(service: Service, call: int) -> None:
    """An I/O error at any fsync neither loses a picture nor makes a second PNG."""
    service.drop("sub/a.jpg")
    run_once(service, f"fsync:error=EIO:when={call}")
    assert_done_once(service)


@pytest.mark.parametrize("call", range(1, 5))
def test_killed_without_renameat2(service: Service, call: int) -> None:
    """Where a rename is a link and an unlink, a kill in between leaves no twin."""
    service.drop("sub/a.jpg")
    kill = f"unlinkat:signal=KILL:when={call}"
    assert run_once(service, _NO_RENAMEAT2, kill) == -signal.SIGKILL
    assert_done_once(service)


@pytest.mark.parametrize(
    ("name", "call"),
    [("renameat2", 1), ("renameat2", 2), ("renameat", 1), ("renameat", 2)],
)
def test_killed_at_rename(service: Service, name: str, call: int) -> None:
    """A kill at any rename leaves each picture done exactly once by the next life."""
    service.drop("sub/a.jpg")
    kill = f"{name}:signal=KILL:when={call}"
    assert run_once(service, kill) == -signal.SIGKILL
    assert_done_once(service)


def test_other_file_system_all_along(service: Service) -> None:
    """Where no original can be renamed away, copies leave each picture done once."""
    service.drop("sub/a.jpg")
    run_once(service, _NO_RENAMEAT2, "linkat:error=EPERM")
    assert_done_once(service)
