"""The scheduler decides what is processed next, without threads and without a clock."""

import errno
from dataclasses import replace

import pytest
from dropcut.core.backoff import BackoffPolicy
from dropcut.core.claims import Claim, ClaimState
from dropcut.core.events import Event, InternalErrorRaised, Paused, Resumed
from dropcut.core.reports import Extent, Outcome, Report
from dropcut.work.in_progress import Job
from dropcut.work.scheduler import FollowUp, Place, Scheduler
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
)

from ..fakes import PROFILES, a_claim

_POLICY = BackoffPolicy(first_seconds=1, longest_seconds=8)
_PEOPLE = a_claim("people/a.jpg")
_UNCERTAIN_SECONDS = 12
_EXTENTS = (
    Extent(),
    Extent(folder=None),
    Extent(folder=_PEOPLE.source.parent),
    Extent(uncertain=True),
)


def _scheduler(*claims: Claim, deferred: tuple[Claim, ...] = ()) -> Scheduler:
    """Return a scheduler with new and deferred claims."""
    scheduler = Scheduler(
        PROFILES,
        policy=_POLICY,
        own_policy=_POLICY,
        uncertain_seconds=_UNCERTAIN_SECONDS,
    )
    for claim in claims:
        scheduler.queue.push(claim)
    for claim in deferred:
        scheduler.queue.push(claim, deferred=True)
    return scheduler


def _start(scheduler: Scheduler, now: float = 0) -> Job:
    """Start the next job, which must be there."""
    job = scheduler.next_job(now)
    assert job is not None
    return job


def _end(
    scheduler: Scheduler, job: Job, outcome: Outcome, now: float = 0, message: str = "x"
) -> FollowUp:
    """End a job; its claim goes to its place, as if it could not be returned."""
    report = Report(claim=job.claim, outcome=outcome, message=message)
    follow_up = scheduler.follow_up(job, report, now)
    scheduler.finish(job, job.claim, follow_up.place)
    return follow_up


def _fail(scheduler: Scheduler, now: float = 0) -> FollowUp:
    """Start a job, and end it with a fault of the machine."""
    return _end(scheduler, _start(scheduler, now), Outcome.POSTPONED, now)


def test_new_claims_first() -> None:
    """Deferred claims come after all new ones, each in their order."""
    late = a_claim("late.jpg", attempts=1)
    scheduler = _scheduler(a_claim("b.jpg"), a_claim("a.jpg"), deferred=(late,))
    names = []
    for _ in range(3):
        job = _start(scheduler)
        names.append(str(job.claim.source))
        _end(scheduler, job, Outcome.DONE)
    assert names == ["b.jpg", "a.jpg", "late.jpg"]
    assert scheduler.next_job(0) is None
    assert scheduler.seconds_to_wait(0) is None
    assert scheduler.idle


def test_room() -> None:
    """Deferred claims take no room from new ones, and new ones do."""
    scheduler = _scheduler(deferred=tuple(a_claim(f"{n}.jpg") for n in range(9)))
    scheduler.queue.push(a_claim("a.jpg"))
    assert scheduler.queue.has_room
    scheduler.queue.push(a_claim("b.jpg"))
    assert [scheduler.queue.has_room, len(scheduler.queue)] == [False, 11]


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [
        (a_claim("a.jpg"), a_claim("b.jpg"), True),
        (_PEOPLE, a_claim("people/b.jpg"), True),
        (a_claim("a.jpg"), a_claim("b.jpg", attempts=1), False),
        (a_claim("a.jpg", attempts=1), a_claim("b.jpg"), False),
        (a_claim("a.jpg"), _PEOPLE, False),
    ],
    ids=["one model", "another", "second tried before", "first", "two models"],
)
def test_together(first: Claim, second: Claim, *, together: bool) -> None:
    """A picture with attempts is processed alone, and so are pictures of two models."""
    scheduler = _scheduler(first, second)
    job = _start(scheduler)
    assert (scheduler.next_job(0) is not None) is together
    if not together:
        _end(scheduler, job, Outcome.DONE)
        assert _start(scheduler).claim == second


def test_alone_while_the_machine_fails() -> None:
    """While the machine is at fault, one picture at a time is tried."""
    scheduler = _scheduler(a_claim("a.jpg"), a_claim("b.jpg"))
    _fail(scheduler)
    _start(scheduler, 1)
    assert scheduler.next_job(1) is None


def test_backoff() -> None:
    """Each fault of the machine in a row doubles the wait, up to the longest one."""
    scheduler, now, waits = _scheduler(a_claim()), 0.0, []
    for _ in range(5):
        _fail(scheduler, now)
        assert scheduler.next_job(now) is None
        wait = scheduler.seconds_to_wait(now)
        assert wait is not None
        assert scheduler.next_job(now + wait - 0.1) is None
        waits.append(wait)
        now += wait
    assert waits == [1, 2, 4, 8, 8]


def test_in_turn_while_the_machine_fails() -> None:
    """While the machine is at fault, new claims and deferred ones take turns."""
    scheduler, now, tried = _scheduler(*(a_claim(n) for n in "abcd")), 0.0, ""
    for _ in range(7):
        now += 10
        job = _start(scheduler, now)
        tried += str(job.claim.source)
        _end(scheduler, job, Outcome.POSTPONED, now)
    assert tried == "abacbda"


def test_events_of_a_backoff() -> None:
    """A pause is published once for each reason, and its end with the faults."""
    scheduler, events = _scheduler(a_claim()), list[Event]()
    for now, message in enumerate(("full", "full", "gone"), start=1):
        job = _start(scheduler, 10 * now)
        follow_up = _end(scheduler, job, Outcome.POSTPONED, 10 * now, message)
        events += follow_up.events
    job = _start(scheduler, 100)
    events += _end(scheduler, job, Outcome.DONE, 100).events
    assert events == [Paused(reason="full"), Paused(reason="gone"), Resumed(faults=3)]
    assert scheduler.backoff is None


def test_one_fault_of_two_jobs() -> None:
    """A fault of two jobs counts once, and a job from before it does not end it."""
    scheduler = _scheduler(a_claim("a.jpg"), a_claim("b.jpg"))
    first, second = _start(scheduler), _start(scheduler)
    assert _end(scheduler, first, Outcome.POSTPONED, 1).events
    assert _end(scheduler, second, Outcome.POSTPONED, 2).events == ()
    assert scheduler.backoff is not None
    assert (scheduler.backoff.faults, scheduler.backoff.since_seconds) == (1, 1)
    scheduler = _scheduler(a_claim("a.jpg"), a_claim("b.jpg"))
    first, second = _start(scheduler), _start(scheduler)
    _end(scheduler, first, Outcome.POSTPONED, 1)
    assert _end(scheduler, second, Outcome.DONE, 2).events == ()
    assert scheduler.backoff is not None, "it was started before the fault"


def test_internal_error() -> None:
    """An internal error is published, and pauses work like the machine's fault."""
    scheduler = _scheduler(a_claim())
    job, error = _start(scheduler), OSError(errno.EIO, "odd")
    report = Report(
        claim=job.claim, outcome=Outcome.INTERNAL_ERROR, message="odd", error=error
    )
    follow_up = scheduler.follow_up(job, report, 0)
    assert follow_up.events == (InternalErrorRaised(error=error), Paused(reason="odd"))
    assert follow_up.place is Place.QUEUE


@pytest.mark.parametrize(
    ("outcome", "attempts", "release", "place"),
    [
        (Outcome.POSTPONED, 0, False, Place.QUEUE),
        (Outcome.MODEL_UNAVAILABLE, 0, True, Place.PARKED),
        (Outcome.MODEL_UNAVAILABLE, 1, False, Place.PARKED),
        (Outcome.INTERRUPTED, 0, True, Place.NONE),
        (Outcome.INTERRUPTED, 1, False, Place.NONE),
        (Outcome.DONE, 1, False, Place.NONE),
        (Outcome.FAILED, 1, False, Place.NONE),
        (Outcome.PUT_BACK, 1, False, Place.NONE),
        (Outcome.VANISHED, 1, False, Place.NONE),
    ],
)
def test_place(outcome: Outcome, attempts: int, place: Place, *, release: bool) -> None:
    """Where a claim goes depends on how it ended; with attempts it stays claimed."""
    scheduler = _scheduler(a_claim(attempts=attempts))
    follow_up = _end(scheduler, _start(scheduler), outcome)
    assert (follow_up.release, follow_up.place) == (release, place)


@pytest.mark.parametrize(("attempts", "release"), [(0, True), (1, False)])
def test_crowded(attempts: int, *, release: bool) -> None:
    """The ninth deferred picture waits in the inbox, if it has no attempts."""
    deferred = tuple(a_claim(f"{n}.jpg") for n in range(7))
    scheduler = _scheduler(*(a_claim(n, attempts=attempts) for n in "ab"))
    for claim in deferred:
        scheduler.queue.push(claim, deferred=True)
    assert not _fail(scheduler).release
    assert _fail(scheduler, 1).release is release


def test_model_that_is_unavailable() -> None:
    """Pictures of an unavailable model are parked until it is due; others go on."""
    other, filed = a_claim("b.jpg"), replace(_PEOPLE, state=ClaimState.PUBLISH)
    scheduler = _scheduler(_PEOPLE, other, filed)
    job = _start(scheduler)
    follow_up = _end(scheduler, job, Outcome.MODEL_UNAVAILABLE, message="gone")
    assert follow_up.events == (Paused(reason="gone", model="human"),)
    assert scheduler.queue.parked == (_PEOPLE,)
    job = _start(scheduler)
    assert (job.claim, job.must_wait) == (other, False)
    assert _end(scheduler, job, Outcome.DONE).events == ()
    job = _start(scheduler)
    assert (job.claim, job.must_wait) == (filed, False), "archiving needs no model"
    _end(scheduler, job, Outcome.VANISHED)
    assert scheduler.idle
    assert scheduler.next_job(0.5) is None
    assert scheduler.seconds_to_wait(0.5) == 0.5
    job = _start(scheduler, 1)
    assert (job.claim, job.must_wait) == (_PEOPLE, False)
    report = Report(claim=_PEOPLE, outcome=Outcome.DONE, model="human")
    resumed = Resumed(faults=1, model="human")
    assert scheduler.follow_up(job, report, 1).events == (resumed,)
    assert scheduler.partial_backoffs == {}


def test_queued_picture_of_an_unavailable_model() -> None:
    """A queued picture whose model became unavailable is parked without a try."""
    scheduler = _scheduler(_PEOPLE, a_claim("people/b.jpg"))
    _end(scheduler, _start(scheduler), Outcome.MODEL_UNAVAILABLE)
    job = _start(scheduler)
    assert job.must_wait
    follow_up = _end(scheduler, job, Outcome.MODEL_UNAVAILABLE, message="")
    assert (follow_up.events, follow_up.release) == ((), True)
    backoff = scheduler.partial_backoff(_PEOPLE.source)
    assert backoff is not None
    assert (backoff.faults, backoff.reason) == (1, "x")


class SchedulerMachine(RuleBasedStateMachine):
    """Two worker threads and an inbox that do anything in any order."""

    def __init__(self) -> None:
        """Begin with nothing to do."""
        super().__init__()
        self.scheduler, self.now = _scheduler(), 0.0
        self.jobs: list[Job] = []
        self.held: set[str] = set()
        self.faults: dict[str, int] = {}
        self.done = 0
        self.number = 0

    @rule(people=st.booleans(), attempts=st.integers(0, 1))
    def submit(self, people: bool, attempts: int) -> None:  # noqa: FBT001  # hypothesis gives it by place
        """Claim a picture."""
        self.number += 1
        name = f"{'people/' if people else ''}{self.number}.jpg"
        claim = a_claim(name, attempts=attempts)
        self.scheduler.queue.push(claim, deferred=attempts > 0)
        self.held.add(claim.id)

    @precondition(lambda self: len(self.jobs) < 2)
    @rule()
    def start(self) -> None:
        """Start a job, if one is due; else some wait is known, or nothing waits."""
        job = self.scheduler.next_job(self.now)
        if job:
            self.jobs.append(job)
            if job.may_blame:
                assert self.jobs == [job], "it is alone"
                assert self.done > self.faults[job.claim.id]
        elif not self.jobs and len(self.scheduler.queue):
            wait = self.scheduler.seconds_to_wait(self.now)
            assert wait is not None
            assert 0 < wait <= _UNCERTAIN_SECONDS

    @precondition(lambda self: self.jobs)
    @rule(
        outcome=st.sampled_from(Outcome),
        extent=st.sampled_from(_EXTENTS),
        number=st.integers(0, 1),
        back=st.booleans(),
    )
    def end(self, outcome: Outcome, extent: Extent, number: int, back: bool) -> None:  # noqa: FBT001  # hypothesis gives it by place
        """End a job somehow; what should be returned to the inbox may be or not."""
        job = self.jobs.pop(number % len(self.jobs))
        if job.must_wait:
            outcome = Outcome.MODEL_UNAVAILABLE
        if outcome is Outcome.DONE:
            self.done += 1
        if outcome is Outcome.POSTPONED and extent.uncertain and not job.must_wait:
            self.faults[job.claim.id] = self.done
        report = Report(
            claim=job.claim, outcome=outcome, message=str(outcome), extent=extent
        )
        follow_up = self.scheduler.follow_up(job, report, self.now)
        assert not (follow_up.release and job.claim.attempts)
        place = Place.NONE if follow_up.release and back else follow_up.place
        self.scheduler.finish(job, job.claim, place)
        if place is Place.NONE:
            self.held.remove(job.claim.id)

    @rule(seconds=st.floats(0, 10))
    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds

    @invariant()
    def no_claim_is_lost(self) -> None:
        """Every claim is in the queue or in progress, exactly once."""
        scheduler = self.scheduler
        claims = [*scheduler.queue, *scheduler.in_progress.claims]
        assert len(claims) == len(self.held)
        assert {claim.id for claim in claims} == self.held

    @invariant()
    def jobs_fit_together(self) -> None:
        """Two jobs have one model, neither was tried before, and neither is suspect."""
        claims = self.scheduler.in_progress.claims
        assert len(claims) < 2 or not any(job.may_blame for job in self.jobs)
        assert len({PROFILES.profile_of(claim.source).model for claim in claims}) <= 1
        assert len(claims) < 2 or not any(claim.attempts for claim in claims)


TestSchedulerMachine = SchedulerMachine.TestCase
TestSchedulerMachine.settings = settings(max_examples=60, stateful_step_count=40)
