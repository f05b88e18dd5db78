"""Many pictures at once, and nothing at all."""

import os
import re
import shutil
import signal
from pathlib import Path

from ..requiring import require
from .invariants import assert_no_leftovers, assert_promises
from .pictures import encoded, photograph
from .processes import spawn
from .services import Service, names
from .waiting import eventually

GOOD = BAD = 1000 if os.environ.get("DROPCUT_TEST_FULL") else 100
TICKS, MOST_CALLS, LEAST_SECONDS = 3, 300, 0.2
_UNITS = {"u": 1e6, "n": 1e9}
_TIMEOUT = re.compile(r"select.*\{tv_sec=(\d+), tv_([un])sec=(\d+)\}")


def test_many_at_once(service: Service) -> None:
    """Of hundreds of files that come at once each is filed exactly once."""
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


def test_idle_costs_nothing(service: Service, tmp_path: Path) -> None:
    """Without work the service only waits: now and then it makes a few calls.

    How long it asks to wait, and how many calls it makes, no load can change much.
    """
    strace = shutil.which("strace")
    require(strace is not None, "strace is not installed")
    service.start(DROPCUT_RESCAN_SECONDS=3600, DROPCUT_POLL_SECONDS=3600)
    service.prove_alive()
    eventually(lambda: not service.claimed())
    log = tmp_path / "strace.log"

    def lines() -> list[str]:
        text = log.read_text("utf-8", "replace") if log.exists() else ""
        return text.splitlines()

    def waits() -> list[float]:
        """Return for how many seconds the main loop asked to wait, each time."""
        found = (_TIMEOUT.search(line) for line in lines())
        return [int(m[1]) + int(m[3]) / _UNITS[m[2]] for m in found if m]

    pid = str(service.process.pid)
    tracer = spawn(str(strace), "-f", "-o", str(log), "-p", pid)
    try:
        eventually(lambda: len(waits()) > 2 * TICKS, 60)
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.communicate()
    begun = waits()
    assert len(lines()) / len(begun) < MOST_CALLS
    assert sum(begun) / len(begun) > LEAST_SECONDS
