"""The worker lives on, whatever a picture or the machine does."""

import errno
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from dropcut.core.errors import InterruptedWorkError, PictureError, Reason
from dropcut.core.reports import Outcome, Report

from ..bench import SECONDS, WorkerHarness
from ..fakes import a_claim

if TYPE_CHECKING:
    from dropcut.core.claims import Claim

_FULL = OSError(errno.ENOSPC, "No space left on device")


def test_pictures_in_order(bench: Callable[..., WorkerHarness]) -> None:
    """Pictures are worked on in the order in which they came."""
    here = bench()
    here.work(*(a_claim(f"{n}.jpg") for n in "bac"), reports=3)
    assert [str(report.claim.source) for report in here.reports] == [
        "b.jpg",
        "a.jpg",
        "c.jpg",
    ]
    assert {report.outcome for report in here.reports} == {Outcome.DONE}


def test_suspects_come_last(bench: Callable[..., WorkerHarness]) -> None:
    """A picture that was begun by an earlier life waits until all others are done."""
    here = bench()
    here.worker.submit(a_claim("suspect.jpg", attempts=1), deferred=True)
    here.work(a_claim("a.jpg"), a_claim("b.jpg"), reports=3)
    assert str(here.reports[-1].claim.source) == "suspect.jpg"


def test_log_line(bench: Callable[..., WorkerHarness]) -> None:
    """A picture has one log line with all that became of it."""
    here = bench()
    here.work(a_claim(), reports=1)
    (line,) = here.events
    ms = line.pop("ms")
    rss = line.pop("peak_rss_mb")
    assert isinstance(ms, dict)
    before = {"model", "read", "open", "wait"}
    stages = before | {"infer", "cut_out", "publish", "file"}
    assert set(ms) == stages
    assert isinstance(rss, int)
    assert {key: str(value) for key, value in line.items()} == {
        "event": "picture",
        "level": "info",
        "name": "photo.jpg",
        "outcome": "done",
        "output": "photo.png",
        "megapixels": "3.0",
        "notes": "('first of 2 pages',)",
        "model": "tiny",
        "attempt": "1",
    }


def test_failed_picture_is_a_warning(bench: Callable[..., WorkerHarness]) -> None:
    """A failed picture is a warning with its reason, and the next one is done."""
    here = bench(open=[PictureError(Reason.CORRUPT, "It is broken.")])
    broken = a_claim("a.jpg", settled_long=True)
    outcomes = here.work(broken, a_claim("b.jpg"), reports=2)
    assert outcomes == [Outcome.FAILED, Outcome.DONE]
    assert here.events[0]["level"] == "warning"
    assert here.events[0]["reason"] == "corrupt"


def test_idle_is_reported(bench: Callable[..., WorkerHarness]) -> None:
    """Who finds the worker idle has been told of its last picture."""
    here = bench()
    held: list[tuple[Claim, ...]] = []

    def slowly(report: Report) -> None:
        held.append(here.worker.in_progress)
        threading.Event().wait(0.1)
        here.take(report)

    here.worker._report = slowly
    here.worker.submit(a_claim())
    here.worker.start()
    while not here.worker.status().idle:
        assert not here.worker.join(0)
    assert [report.outcome for report in here.reports] == [Outcome.DONE]
    assert held == [()]


def test_breaking_off(bench: Callable[..., WorkerHarness]) -> None:
    """The picture in hand is broken off and put back, and no other is."""
    here = bench()
    because = InterruptedWorkError("the service stops")
    here.worker.cancel(because)
    here.engine.meanwhile = lambda: here.worker.cancel(because)
    assert here.work(a_claim(), reports=1) == [Outcome.INTERRUPTED]
    assert here.steps.done[-2:] == ["revert_attempt", "release_to_inbox"]


def test_breaking_off_what_was_begun_before(
    bench: Callable[..., WorkerHarness],
) -> None:
    """A picture that was begun in an earlier life stays claimed: that counts on."""
    here = bench()
    because = InterruptedWorkError("the service stops")
    here.engine.meanwhile = lambda: here.worker.cancel(because)
    assert here.work(a_claim(attempts=1), reports=1) == [Outcome.INTERRUPTED]
    assert here.steps.done[-1] == "revert_attempt"
    assert here.reports[0].claim.attempts == 1


def test_breaking_off_only_the_late(bench: Callable[..., WorkerHarness]) -> None:
    """A picture that has not taken too long is not broken off."""
    here = bench()
    late = PictureError(Reason.TIMED_OUT, "too long")
    here.engine.meanwhile = lambda: here.worker.cancel(late, after_seconds=1000)
    assert here.work(a_claim(), reports=1) == [Outcome.DONE]


def test_put_back_that_fails(bench: Callable[..., WorkerHarness]) -> None:
    """A picture that cannot be put back stays claimed, and the thread lives on."""
    here = bench(infer=[InterruptedWorkError("x")], release_to_inbox=[_FULL])
    assert here.work(a_claim("a.jpg"), a_claim("b.jpg"), reports=2) == [
        Outcome.INTERRUPTED,
        Outcome.DONE,
    ]


def test_stop(bench: Callable[..., WorkerHarness]) -> None:
    """Stopping returns what waited, and the picture in hand is finished."""
    here = bench()
    waiting: list[Claim] = []
    held: list[frozenset[str]] = []

    def stop() -> None:
        held.append(here.worker.status().claim_ids)
        waiting.extend(here.worker.stop())

    here.engine.meanwhile = stop
    claims = [a_claim(f"{n}.jpg") for n in "abc"]
    assert here.work(*claims, reports=1) == [Outcome.DONE]
    here.worker.join(SECONDS)
    assert here.worker.join(0)
    assert waiting == claims[1:]
    assert held == [{claim.key for claim in claims}]
    assert not here.worker.has_room()
    assert here.worker.status().idle
    assert here.worker.in_progress == ()
    assert here.worker.status().busy_seconds == 0
