"""Everything stands still for a while, as when a container is paused: nobody is late.

Neither pictures in progress nor the service are blamed for the time that passed.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from ..descendants import children_of, is_ready, is_running
from ..requiring import require
from .invariants import assert_promises
from .pictures import large_photo
from .services import Service
from .waiting import eventually

_DECODE_SECONDS, _JOB_SECONDS, _LONG = 5, 15, 300
_STILL_SECONDS = 18
_FREEZERS = Path("/sys/fs/cgroup")


def processes(service: Service) -> list[int]:
    """Return the numbers of the service and its children."""
    return [service.process.pid, *children_of(service.process.pid)]


@contextmanager
def stopped(*pids: int) -> Iterator[None]:
    """Stop processes, as a shell does; one may have ended by then."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


@contextmanager
def all_stopped(service: Service) -> Iterator[None]:
    """Stop the service and its children."""
    with stopped(*processes(service)):
        yield


@contextmanager
def children_stopped(service: Service) -> Iterator[None]:
    """Stop only the children, as if they got no processor; the service ends them."""
    for pid in children_of(service.process.pid):
        os.kill(pid, signal.SIGSTOP)
    yield


@contextmanager
def frozen(service: Service) -> Iterator[None]:
    """Freeze a control group, as `docker pause` does."""
    require(os.geteuid() == 0, "only root can freeze")
    unified = (_FREEZERS / "cgroup.controllers").exists()
    parent = _FREEZERS if unified else _FREEZERS / "freezer"
    group = parent / f"dropcut-still-{os.getpid()}"
    state = group / ("cgroup.freeze" if unified else "freezer.state")
    freeze, thaw = ("1", "0") if unified else ("FROZEN", "THAWED")
    try:
        group.mkdir()
        for pid in processes(service):
            (group / "cgroup.procs").write_text(str(pid))
        state.write_text(freeze)
    except OSError as error:
        require(condition=False, reason=f"nothing can be frozen here: {error}")
    try:
        yield
    finally:
        state.write_text(thaw)
        for left in (group / "cgroup.procs").read_text("ascii").split():
            (parent / "cgroup.procs").write_text(left)
        eventually(lambda: not (group / "cgroup.procs").read_text("ascii"))
        group.rmdir()


def is_at_work(service: Service) -> bool:
    """Whether a child is processing a picture at this moment."""
    pids = children_of(service.process.pid)
    return any(is_ready(pid) and is_running(pid) for pid in pids)


@pytest.mark.parametrize("still", [all_stopped, children_stopped, frozen])
def test_standstill(
    service: Service, still: Callable[[Service], AbstractContextManager[None]]
) -> None:
    """A picture in progress is done after a standstill longer than its limits."""
    limit_seconds = _LONG if still is children_stopped else _JOB_SECONDS
    service.start(
        DROPCUT_DECODE_SECONDS=_DECODE_SECONDS, DROPCUT_JOB_SECONDS=limit_seconds
    )
    service.drop("large.jpg", large_photo(2000))
    eventually(lambda: is_at_work(service), explain=service.explain)
    with still(service):
        time.sleep(_STILL_SECONDS)
    service.wait(processed=1)
    assert not service.failures()
    assert_promises(service)
