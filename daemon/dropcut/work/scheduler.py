"""Decides which claim is worked on next, and what follows from how work has ended.

Pure: it starts no thread, takes no lock and reads no clock; `now` is passed in, as
monotonic seconds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import PurePosixPath

from dropcut.core.backoff import Backoff, BackoffPolicy
from dropcut.core.cancel import CancelScope
from dropcut.core.claims import Claim, ClaimState
from dropcut.core.events import Event, InternalErrorRaised, Paused, Resumed
from dropcut.core.profiles import ModelKey, Profiles
from dropcut.core.reports import Outcome, Report
from dropcut.work.in_progress import InProgress, Job
from dropcut.work.queue import WorkQueue

_BACKOFF_POLICY = BackoffPolicy(first_seconds=0.5, longest_seconds=15)


class Place(Enum):
    """Where a claim waits after work on it has ended.

    QUEUE: after all new ones. PARKED: until its model may be tried again. NONE: it has
    left the queue; if it is still claimed, the next recovery finds it.
    """

    QUEUE = auto()
    PARKED = auto()
    NONE = auto()


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What follows from how a job has ended.

    Attributes:
        events: To be published.
        release: Whether the picture should be returned to the inbox.
        place: Where the claim waits, if it is not returned or that fails.
    """

    events: tuple[Event, ...] = ()
    release: bool = False
    place: Place = Place.NONE


class Scheduler:
    """Queue, jobs in progress and back-offs.

    A picture with an earlier attempt is worked on alone, after all others: if it ends
    the service, no other picture takes the blame. While the machine is at fault every
    picture is worked on alone, and new and deferred ones are tried in turn.

    Attributes:
        backoff: While the machine is at fault; no picture is started before its end.
        model_backoffs: While a model is unavailable, by model; replaced, never changed,
            so any thread may read it.
    """

    def __init__(
        self,
        profiles: Profiles,
        *,
        ahead: int = 2,
        policy: BackoffPolicy = _BACKOFF_POLICY,
        new_scope: Callable[[], CancelScope] = CancelScope,
    ) -> None:
        """Create an idle scheduler; `ahead` bounds the new claims in the queue."""
        self._profiles, self._policy, self._new_scope = profiles, policy, new_scope
        self.queue, self.in_progress = WorkQueue(ahead), InProgress()
        self.backoff: Backoff | None = None
        self.model_backoffs: dict[ModelKey, Backoff] = {}

    @property
    def idle(self) -> bool:
        """Whether nothing is in progress, and nothing waits but what is parked."""
        return not self.in_progress and len(self.queue) == len(self.queue.parked)

    def model_backoff(self, source: PurePosixPath) -> Backoff | None:
        """Return the back-off of a picture's model, if that is unavailable."""
        backoffs = self.model_backoffs
        return backoffs.get(self._model_key(source)) if backoffs else None

    def next_job(self, now: float) -> Job | None:
        """Start the next claim, if one may be started now.

        While the machine is at fault, new and deferred claims take turns, so that a
        picture that cannot be archived does not block the others, nor they block it.
        """
        self.queue.unpark(lambda claim: not self._must_wait(claim, now))
        backoff = self.backoff
        if backoff and now < backoff.until_seconds:
            return None
        deferred_first = backoff is not None and backoff.faults % 2 == 0
        claim = self.queue.peek(deferred_first=deferred_first)
        if claim is None or not self._may_start(claim):
            return None
        job = Job(
            claim=self.queue.pop(deferred_first=deferred_first),
            scope=self._new_scope(),
            started_seconds=now,
            must_wait=self._must_wait(claim, now),
        )
        self.in_progress.add(job)
        return job

    def seconds_to_wait(self, now: float) -> float | None:
        """Return how long nothing becomes due; None for until something changes."""
        parked = self.queue.parked
        backoffs = [self.model_backoff(claim.source) for claim in parked]
        if len(self.queue) > len(parked):
            backoffs.append(self.backoff)
        due = [b.until_seconds - now for b in backoffs if b and b.until_seconds > now]
        return min(due, default=None)

    def follow_up(self, job: Job, report: Report, now: float) -> FollowUp:
        """Adjust the back-offs to how a job has ended, and say what follows.

        A claim with attempts is never returned to the inbox: its count would be lost.
        """
        untried = report.claim.attempts == 0
        match report.outcome:
            case Outcome.POSTPONED | Outcome.INTERNAL_ERROR:
                # Not many are deferred: the inbox is the place to wait in
                crowded = self.queue.is_crowded and untried
                events = self._back_off(job, report, now)
                return FollowUp(events, release=crowded, place=Place.QUEUE)
            case Outcome.MODEL_UNAVAILABLE:
                events = self._back_off_model(job, report, now)
                return FollowUp(events, release=untried, place=Place.PARKED)
            case Outcome.INTERRUPTED:
                return FollowUp(release=untried)
            case _:
                return FollowUp(self._end_backoffs(job, report))

    def finish(self, job: Job, claim: Claim, place: Place) -> None:
        """Forget a job; its claim, as it is now, waits in its place."""
        self.in_progress.remove(job)
        if place is Place.QUEUE:
            self.queue.push(claim, deferred=True)
        elif place is Place.PARKED:
            self.queue.park(claim)

    def _model_key(self, source: PurePosixPath) -> ModelKey:
        return self._profiles.of(source).model_key

    def _must_wait(self, claim: Claim, now: float) -> bool:
        """Whether a claim needs a model that is not to be tried now."""
        backoff = self.model_backoff(claim.source)
        waits = backoff is not None and backoff.until_seconds > now
        return waits and claim.state is ClaimState.WORK

    def _may_start(self, claim: Claim) -> bool:
        """Whether a claim may be worked on beside those in progress.

        Not beside one with another model: there may be no memory for both models.
        """
        if not self.in_progress:
            return True
        together = (claim, *self.in_progress.claims)
        tried_before = any(one.attempts for one in together)
        models = {self._model_key(one.source) for one in together}
        return not self.backoff and not tried_before and len(models) == 1

    def _back_off(self, job: Job, report: Report, now: float) -> tuple[Event, ...]:
        """Start nothing for a while: the machine, or Dropcut itself, is at fault."""
        error, earlier = report.error, self.backoff
        events: list[Event] = [InternalErrorRaised(error=error)] if error else []
        if _is_news(earlier, job):
            if earlier is None or earlier.reason != report.message:
                events.append(Paused(reason=report.message))
            self.backoff = self._policy.after_fault(earlier, report.message, now)
        return tuple(events)

    def _back_off_model(
        self, job: Job, report: Report, now: float
    ) -> tuple[Event, ...]:
        """Start no picture for a while that needs the same model."""
        source, reason = report.claim.source, report.message
        earlier = self.model_backoff(source)
        if job.must_wait or not _is_news(earlier, job):
            return ()
        backoff = self._policy.after_fault(earlier, reason, now)
        self.model_backoffs = {**self.model_backoffs, self._model_key(source): backoff}
        if earlier and earlier.reason == reason:
            return ()
        return (Paused(reason=reason, model=self._profiles.of(source).model),)

    def _end_backoffs(self, job: Job, report: Report) -> tuple[Event, ...]:
        """Note what works again: the machine and, if one was used, the model."""
        events: list[Event] = []
        if self.backoff and _is_news(self.backoff, job):
            events.append(Resumed(faults=self.backoff.faults))
            self.backoff = None
        source, model = report.claim.source, report.model
        lost = self.model_backoff(source)
        if lost and model and _is_news(lost, job):
            events.append(Resumed(faults=lost.faults, model=model))
            ended = self._model_key(source)
            backoffs = self.model_backoffs.items()
            self.model_backoffs = {key: b for key, b in backoffs if key != ended}
        return tuple(events)


def _is_news(backoff: Backoff | None, job: Job) -> bool:
    """Whether a job tells something new: it was started after the last fault."""
    return backoff is None or job.started_seconds >= backoff.since_seconds
