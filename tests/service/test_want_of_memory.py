"""A machine that is short of memory: work pauses, and no picture is blamed for it."""

import signal
import sys
from collections.abc import Iterator

import pytest

from ..descendants import signalling
from .invariants import assert_promises
from .little_memory import MemoryGroup
from .pictures import encoded, photo, photograph
from .processes import DROPCUT, run, spawn
from .services import Service
from .waiting import eventually

_PICTURES = tuple(f"{number}.jpg" for number in range(5))
_NEIGHBOUR = """
import sys, time
held = [b"x" * (1 << 20) for _ in range(int(sys.argv[1]))]
print(flush=True)
time.sleep(600)
"""


@pytest.fixture
def group(service: Service) -> Iterator[MemoryGroup]:
    """Make a control group that the service will run in."""
    group = MemoryGroup()
    service.under = group.under
    yield group
    service.kill()
    group.close()


def drop(service: Service, *names: str) -> None:
    """Drop pictures of some megapixels."""
    for name in names:
        service.drop(name, photo(width_px=3000))


def deaths(service: Service) -> int:
    """Return how often the machine was at fault, or may have been."""
    return sum(event["outcome"] == "postponed" for event in service.events())


def test_too_little_for_any(service: Service, group: MemoryGroup) -> None:
    """Where memory does not suffice for any picture, all wait, and are done later."""
    service.start(DROPCUT_LOG_LEVEL="debug")
    drop(service, "first.jpg")
    service.wait(processed=1)
    group.limit(group.used_mib() + 1)
    drop(service, *_PICTURES)
    eventually(lambda: deaths(service) > len(_PICTURES), 60, service.explain)
    assert not service.failures()
    assert service.process.poll() is None
    group.limit(1 << 16)
    service.wait(processed=1 + len(_PICTURES))
    assert not service.failures()
    assert_promises(service)


def test_neighbour_takes_the_memory(service: Service, group: MemoryGroup) -> None:
    """While a neighbour holds the memory, no picture fails; then all are done."""
    service.start(DROPCUT_LOG_LEVEL="debug")
    drop(service, "first.jpg")
    service.wait(processed=1)
    limit_mib = group.used_mib() + 300
    group.limit(limit_mib)
    drop(service, *_PICTURES)
    taken_mib = str(limit_mib - group.used_mib() - 25)
    with spawn(*group.under, sys.executable, "-c", _NEIGHBOUR, taken_mib) as neighbour:
        eventually(lambda: deaths(service) >= 2, 60, service.explain)
        neighbour.kill()
        neighbour.communicate()
    service.wait(processed=1 + len(_PICTURES), seconds=120)
    assert not service.failures()
    assert_promises(service)


def test_once(service: Service, group: MemoryGroup) -> None:
    """`run --once` gives up with 1 where memory does not suffice for any picture."""
    service.start()
    used_mib = group.used_mib()
    service.stop()
    group.limit(used_mib + 1)
    drop(service, "a.jpg")
    finished = run(*group.under, *DROPCUT, "run", "--once", env=service.environment)
    if finished.code != 70:  # too little even to start
        assert finished.code == 1, finished.err
        assert "giving up" in finished.err
    assert not service.failures()
    assert service.originals() == 1


def test_killed_from_outside(service: Service) -> None:
    """A picture whose children somebody kills again and again waits, and is done."""
    service.start(DROPCUT_LOG_LEVEL="debug")
    drop(service, "a.jpg")
    with signalling(service.process.pid, signal.SIGKILL):
        eventually(lambda: deaths(service) >= 3, 60, service.explain)
    assert not service.failures()
    service.wait(processed=1)
    paused = service.events("paused")
    assert all("SIGKILL" in event["reason"] for event in paused)
    assert paused
    assert_promises(service)


def test_picture_that_needs_too_much(service: Service, group: MemoryGroup) -> None:
    """A picture that needs more memory than there is fails, once another was done."""
    service.start(DROPCUT_LOG_LEVEL="debug")
    drop(service, "first.jpg")
    service.wait(processed=1)
    group.limit(group.used_mib() + 200)
    # Its coefficients alone take 384 MB
    vast = photograph().resize((8000, 8000))
    service.drop("vast.jpg", encoded(vast, progressive=True, subsampling=0))
    eventually(lambda: deaths(service), 60, service.explain)
    drop(service, "second.jpg")
    facts = service.reason("vast.jpg")
    assert facts["reason"] == "out-of-memory"
    assert facts["attempts"] == 1
    service.wait(processed=2, failed=1)
    assert len(service.events("paused")) == 1
    service.prove_alive()
    assert_promises(service)
