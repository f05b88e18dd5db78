"""The worker threads survive whatever a picture or the machine does."""

import errno
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from dropcut.core.errors import InterruptedWorkError, PictureError, Reason
from dropcut.core.reports import Outcome, Report

from ..fakes import a_claim
from ..worker_harness import SECONDS, WorkerHarness

if TYPE_CHECKING:
    from dropcut.core.claims import Claim

_FULL = OSError(errno.ENOSPC, "No space left on device")


def test_pictures_in_order(make_worker: Callable[..., WorkerHarness]) -> None:
    """Pictures are processed in the order of their submission."""
    here = make_worker()
    here.work(*(a_claim(f"{n}.jpg") for n in "bac"), reports=3)
    assert [str(report.claim.source) for report in here.reports] == [
        "b.jpg",
        "a.jpg",
        "c.jpg",
    ]
    assert {report.outcome for report in here.reports} == {Outcome.DONE}


def test_suspects_come_last(make_worker: Callable[..., WorkerHarness]) -> None:
    """A picture with an earlier attempt waits until all others are done."""
    here = make_worker()
    here.worker.submit(a_claim("suspect.jpg", attempts=1), deferred=True)
    here.work(a_claim("a.jpg"), a_claim("b.jpg"), reports=3)
    assert str(here.reports[-1].claim.source) == "suspect.jpg"


def test_log_line(make_worker: Callable[..., WorkerHarness]) -> None:
    """A picture has one log line with everything that is known about it."""
    here = make_worker()
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


def test_failed_picture_is_a_warning(make_worker: Callable[..., WorkerHarness]) -> None:
    """A failed picture is logged as a warning with its reason; the next one is done."""
    here = make_worker(open=[PictureError(Reason.CORRUPT, "It is broken.")])
    broken = a_claim("a.jpg", settled_long=True)
    outcomes = here.work(broken, a_claim("b.jpg"), reports=2)
    assert outcomes == [Outcome.FAILED, Outcome.DONE]
    assert here.events[0]["level"] == "warning"
    assert here.events[0]["reason"] == "corrupt"


def test_idle_is_reported(make_worker: Callable[..., WorkerHarness]) -> None:
    """The last report is delivered before the worker is idle."""
    here = make_worker()
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


def test_breaking_off(make_worker: Callable[..., WorkerHarness]) -> None:
    """Only the picture in progress is cancelled and returned to the inbox."""
    here = make_worker()
    cause = InterruptedWorkError("the service is stopping")
    here.worker.cancel(cause)
    here.engine.meanwhile = lambda: here.worker.cancel(cause)
    assert here.work(a_claim(), reports=1) == [Outcome.INTERRUPTED]
    assert here.steps.done[-2:] == ["revert_attempt", "release_to_inbox"]


def test_breaking_off_what_was_begun_before(
    make_worker: Callable[..., WorkerHarness],
) -> None:
    """A cancelled picture with earlier attempts stays claimed: they still count."""
    here = make_worker()
    cause = InterruptedWorkError("the service is stopping")
    here.engine.meanwhile = lambda: here.worker.cancel(cause)
    assert here.work(a_claim(attempts=1), reports=1) == [Outcome.INTERRUPTED]
    assert here.steps.done[-1] == "revert_attempt"
    assert here.reports[0].claim.attempts == 1


def test_breaking_off_only_the_late(make_worker: Callable[..., WorkerHarness]) -> None:
    """A picture that has not taken too long is not cancelled."""
    here = make_worker()
    late = PictureError(Reason.TIMED_OUT, "too long")
    here.engine.meanwhile = lambda: here.worker.cancel(late, after_seconds=1000)
    assert here.work(a_claim(), reports=1) == [Outcome.DONE]


def test_put_back_that_fails(make_worker: Callable[..., WorkerHarness]) -> None:
    """A picture that cannot be returned stays claimed, and the thread survives."""
    here = make_worker(infer=[InterruptedWorkError("x")], release_to_inbox=[_FULL])
    assert here.work(a_claim("a.jpg"), a_claim("b.jpg"), reports=2) == [
        Outcome.INTERRUPTED,
        Outcome.DONE,
    ]


def test_stop(make_worker: Callable[..., WorkerHarness]) -> None:
    """Stopping returns the waiting claims, and the picture in progress is finished."""
    here = make_worker()
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
    assert held == [{claim.id for claim in claims}]
    assert not here.worker.has_room()
    assert here.worker.status().idle
    assert here.worker.in_progress == ()
