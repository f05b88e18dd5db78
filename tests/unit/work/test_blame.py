"""Whether the machine or a picture is at fault is found out by trying."""

from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

from dropcut.core.backoff import BackoffPolicy
from dropcut.core.claims import Claim
from dropcut.core.errors import PictureError, Reason, UncertainFaultError
from dropcut.core.events import Paused, Resumed
from dropcut.core.reports import Extent, Outcome, Report
from dropcut.work.in_progress import Job
from dropcut.work.scheduler import FollowUp, Place, Scheduler

from ..fakes import PROFILES, FakeCodec, a_claim
from ..worker_harness import WorkerHarness

_POLICY = BackoffPolicy(first_seconds=1, longest_seconds=8)
_HUNGRY, _OTHER, _THIRD = map(a_claim, ("hungry.jpg", "other.jpg", "third.jpg"))
_UNCERTAIN, _ALONE = Extent(uncertain=True), Extent(folder=None)
_LATER_SECONDS = 30


def _scheduler(*claims: Claim) -> Scheduler:
    scheduler = Scheduler(
        PROFILES,
        policy=_POLICY,
        own_policy=_POLICY,
        uncertain_seconds=_LATER_SECONDS,
    )
    for claim in claims:
        scheduler.queue.push(claim)
    return scheduler


def _start(scheduler: Scheduler, claim: Claim, now: float) -> Job:
    """Start the next job, which must be of this claim."""
    job = scheduler.next_job(now)
    assert job is not None
    assert job.claim == claim
    return job


def _end(
    scheduler: Scheduler,
    job: Job,
    now: float,
    outcome: Outcome = Outcome.DONE,
    extent: Extent = _UNCERTAIN,
) -> FollowUp:
    report = Report(claim=job.claim, outcome=outcome, message="killed", extent=extent)
    follow_up = scheduler.follow_up(job, report, now)
    scheduler.finish(job, job.claim, follow_up.place)
    return follow_up


def _suspect(scheduler: Scheduler) -> None:
    """Let the first picture meet a fault that it may have caused, at 0 seconds."""
    job = _start(scheduler, _HUNGRY, 0)
    follow_up = _end(scheduler, job, 0, Outcome.POSTPONED)
    assert follow_up.events == (Paused(reason="killed"),)
    assert (follow_up.place, follow_up.release) == (Place.PARKED, False)


def test_second_fault_after_a_success() -> None:
    """After another picture was done, a suspect is tried later, alone, and to blame."""
    scheduler = _scheduler(_HUNGRY, _OTHER)
    _suspect(scheduler)
    resumed = _end(scheduler, _start(scheduler, _OTHER, 1), 1)
    assert resumed.events == (Resumed(faults=1),)
    assert scheduler.next_job(_LATER_SECONDS - 0.1) is None
    assert scheduler.seconds_to_wait(10) == _LATER_SECONDS - 10
    job = _start(scheduler, _HUNGRY, _LATER_SECONDS)
    assert job.may_blame
    scheduler.queue.push(_THIRD)
    assert scheduler.next_job(_LATER_SECONDS) is None, "it is alone"
    assert _end(scheduler, job, 31, outcome=Outcome.FAILED).events == ()
    assert not _start(scheduler, _THIRD, 31).may_blame


def test_no_success() -> None:
    """While no other picture is done, a suspect is tried as often as the machine."""
    scheduler, now = _scheduler(_HUNGRY), 0.0
    _suspect(scheduler)
    for wait in (1, 2, 4, 8, 8, 8, 8):
        assert scheduler.seconds_to_wait(now) in (wait, None)
        now += wait
        job = _start(scheduler, _HUNGRY, now)
        assert not job.may_blame
        assert _end(scheduler, job, now, outcome=Outcome.POSTPONED).events == ()
    assert now > _LATER_SECONDS
    assert _end(scheduler, _start(scheduler, _HUNGRY, now + 8), now + 8).events


def test_all_suspected() -> None:
    """Where each picture meets the fault, none is to blame, however often."""
    scheduler, now = _scheduler(_HUNGRY, _OTHER, _THIRD), 0.0
    for _ in range(30):
        now += 20
        job = scheduler.next_job(now)
        assert job is not None
        assert not job.may_blame
        _end(scheduler, job, now, outcome=Outcome.POSTPONED)


def test_no_blame_while_the_machine_fails() -> None:
    """A suspect is not to blame while the machine fails others, too."""
    scheduler = _scheduler(_HUNGRY, _OTHER, _THIRD)
    _suspect(scheduler)
    _end(scheduler, _start(scheduler, _OTHER, 1), 1)
    _end(scheduler, _start(scheduler, _THIRD, 29), 29, outcome=Outcome.POSTPONED)
    assert not _start(scheduler, _HUNGRY, 40).may_blame


def test_known_trouble_makes_no_other_wait() -> None:
    """A picture that fails again, though another was done, makes no other wait."""
    scheduler = _scheduler(_HUNGRY, _OTHER)
    whole = Extent()
    first = _start(scheduler, _HUNGRY, 0)
    assert _end(scheduler, first, 0, Outcome.POSTPONED, whole).events
    _end(scheduler, _start(scheduler, _OTHER, 1), 1)
    second = _start(scheduler, _HUNGRY, 1)
    follow_up = _end(scheduler, second, 1, Outcome.POSTPONED, whole)
    assert (follow_up.events, follow_up.place) == ((), Place.PARKED)
    scheduler.queue.push(_THIRD)
    assert _end(scheduler, _start(scheduler, _THIRD, 1), 1).events == ()
    assert scheduler.seconds_to_wait(1) == 1


def test_fault_of_one_picture() -> None:
    """A fault that concerns one picture alone makes no other wait, not even once."""
    scheduler = _scheduler(_HUNGRY, _OTHER)
    job = _start(scheduler, _HUNGRY, 0)
    follow_up = _end(scheduler, job, 0, Outcome.POSTPONED, _ALONE)
    assert (follow_up.events, follow_up.place) == ((), Place.PARKED)
    _start(scheduler, _OTHER, 0)
    assert [b.reason for b in scheduler.parked_backoffs] == ["killed"]


def test_fault_of_one_folder() -> None:
    """While a folder cannot be used, only the pictures below it wait."""
    first, second, third = (
        a_claim(f"shop/{name}") for name in ("a.jpg", "b.jpg", "day/c.jpg")
    )
    scheduler = _scheduler(first, _OTHER)
    shop = Extent(folder=PurePosixPath("shop"))
    job = _start(scheduler, first, 0)
    follow_up = _end(scheduler, job, 0, Outcome.POSTPONED, shop)
    assert follow_up.events == (Paused(reason="killed", folder="shop"),)
    assert follow_up.release, "the inbox is the place to wait in"
    _end(scheduler, _start(scheduler, _OTHER, 0), 0)
    for claim in (second, third):
        backoff = scheduler.partial_backoff(claim.source)
        assert backoff is not None
        assert backoff.until_seconds == 1
    assert scheduler.partial_backoff(_THIRD.source) is None
    resumed = _end(scheduler, _start(scheduler, first, 1), 1)
    assert resumed.events == (Resumed(faults=1, folder="shop"),)


def test_faults_of_many_folders() -> None:
    """Of very many folders that cannot be used, only a few are reported."""
    claims = [a_claim(f"{number}/a.jpg") for number in range(100)]
    scheduler, told = _scheduler(*claims), 0
    for claim in claims:
        job = _start(scheduler, claim, 0)
        extent = Extent(folder=claim.source.parent)
        told += len(_end(scheduler, job, 0, Outcome.POSTPONED, extent).events)
    assert len(scheduler.partial_backoffs) == 100
    assert told == 8
    for claim in claims:
        scheduler.queue.push(claim)
        told -= len(_end(scheduler, _start(scheduler, claim, 5), 5).events)
    assert (told, scheduler.partial_backoffs) == (0, {})


def test_uncertain_fault_of_a_picture(
    make_worker: Callable[..., WorkerHarness],
) -> None:
    """An uncertain fault is no attempt, and does not fail the picture."""
    fault = UncertainFaultError("killed", PictureError(Reason.OUT_OF_MEMORY, "died"))
    here = make_worker(uncertain_seconds=0, open=[fault, fault])
    here.work(a_claim("hungry.jpg"), reports=2)
    first = here.reports[:2]
    assert {report.outcome for report in first} == {Outcome.POSTPONED}
    assert {report.claim.attempts for report in first} == {0}
    here.wait_for(lambda: here.reports[-1].outcome is Outcome.DONE)
    assert here.store.failed is None


def test_uncertain_fault_that_comes_again(
    make_worker: Callable[..., WorkerHarness],
) -> None:
    """A picture with an uncertain fault fails for good after another one was done."""
    fault = UncertainFaultError("killed", PictureError(Reason.OUT_OF_MEMORY, "died"))
    here, opened = make_worker(uncertain_seconds=0), FakeCodec.open

    def open_or_die(*arguments: Any) -> object:  # noqa: ANN401  # passed on
        if arguments[0] == b"hungry.jpg":
            raise fault
        return opened(here.codec, *arguments)

    here.codec.open = open_or_die  # type: ignore[method-assign,assignment]
    here.work(a_claim("hungry.jpg"), reports=2)
    here.worker.submit(a_claim("other.jpg"))
    here.wait_for(lambda: here.reports[-1].outcome is Outcome.FAILED)
    assert here.store.failed == ("hungry.jpg", Reason.OUT_OF_MEMORY)
    ended = [report.outcome for report in here.reports if not report.extent.uncertain]
    assert ended == [Outcome.DONE, Outcome.FAILED]
