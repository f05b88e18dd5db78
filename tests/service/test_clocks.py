"""Clocks that are wrong, or are set while Dropcut works."""

from datetime import datetime
from pathlib import Path

import pytest

from ..requiring import require
from .invariants import assert_promises
from .pictures import large_photo
from .services import Service, names
from .waiting import eventually


@pytest.fixture
def clock(service: Service) -> Path:
    """Let the service read the time of day from a file, and return that file.

    It polls: libfaketime also bends the sleep of watchdog's threads, which is no matter
    of the time of day.
    """
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    require(found, "libfaketime is not installed")
    clock = service.root / "clock"
    clock.write_text("+0", "ascii")
    service.set(
        DROPCUT_WATCHER="polling",
        LD_PRELOAD=found[0],
        FAKETIME_TIMESTAMP_FILE=clock,
        FAKETIME_DONT_FAKE_MONOTONIC=1,
        DONT_FAKE_MONOTONIC=1,
        NO_FAKE_STAT=1,
    )
    return clock


def set_to(clock: Path, offset: str) -> None:
    """Set the clock at once."""
    draft = clock.with_suffix(".draft")
    draft.write_text(offset, "ascii")
    draft.rename(clock)


def test_clock_that_jumps(service: Service, clock: Path) -> None:
    """A clock that is set years ahead or back neither delays nor repeats anything."""
    service.start(FAKETIME_NO_CACHE=1, DROPCUT_RESCAN_SECONDS=1)
    for name, offset in (("now", "+0"), ("later", "+20y"), ("earlier", "-40y")):
        service.drop(f"before {name}.jpg")
        set_to(clock, offset)
        service.prove_alive(name)
        service.png(f"before {name}.png")
    service.wait(processed=6)
    assert len(names(service.outbox)) == 6
    years = {datetime.fromisoformat(e["timestamp"]).year for e in service.events()}
    assert max(years) - min(years) > 50
    assert_promises(service)


def test_claim_of_another_time(service: Service, clock: Path) -> None:
    """A claim that is decades younger than the next life's clock is taken up by it."""
    service.start()
    service.drop("large.jpg", large_photo(1500))
    eventually(lambda: service.in_work(1), explain=service.explain)
    service.kill()
    set_to(clock, "-40y")
    service.start()
    service.wait(processed=1)
    service.prove_alive()
    assert names(service.outbox) == ["large.png", "proof.png"]
    assert_promises(service)
