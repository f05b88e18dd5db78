"""Two thousand at once, and nothing at all."""

import os
import time
from pathlib import Path

import pytest

from .pictures import encoded, photograph
from .promises import assert_no_leftovers, assert_promises
from .services import Service, names
from .waiting import eventually

GOOD, BAD = 1000, 1000
IDLE_SECONDS, IDLE_CPU_SECONDS = 10, 0.05


@pytest.mark.timeout(300)
def test_two_thousand_at_once(service: Service) -> None:
    """Of two thousand files that come at once each is filed exactly once."""
    service.start()
    picture = encoded(photograph(width_px=24))
    for number in range(GOOD):
        service.drop(f"{number}.jpg", picture)
    for number in range(BAD):
        service.drop(f"bad {number}.jpg", b"no picture %d" % number)
    service.wait(processed=GOOD, failed=BAD, seconds=270)
    assert names(service.outbox) == sorted(f"{n}.png" for n in range(GOOD))
    assert names(service.processed) == sorted(f"{n}.jpg" for n in range(GOOD))
    eventually(lambda: len(service.events()) == GOOD + BAD, explain=service.explain)
    assert_no_leftovers(service)
    assert_promises(service)


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_idle_costs_nothing(service: Service) -> None:
    """A service without work uses no more than 0.05 CPU-seconds in 10 seconds."""
    service.start(DROPCUT_RESCAN_SECONDS=60, DROPCUT_POLL_SECONDS=5)
    service.prove_alive()
    eventually(lambda: not service.claimed())
    before = cpu_seconds(service.process.pid)
    time.sleep(IDLE_SECONDS)  # the span that is measured, not a wait
    assert cpu_seconds(service.process.pid) - before <= IDLE_CPU_SECONDS
