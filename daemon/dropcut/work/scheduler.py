"""Decides which claim is processed next, and what to do when a job has ended.

The scheduler is pure: it starts no thread, takes no lock and reads no clock; `now` is
passed in, as monotonic seconds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import PurePosixPath

from dropcut.core.backoff import Backoff, BackoffPolicy
from dropcut.core.cancel import CancelScope
from dropcut.core.claims import Claim, ClaimState
from dropcut.core.events import Event, InternalErrorRaised, Paused, Resumed
from dropcut.core.profiles import EVERYWHERE, ModelKey, Profiles
from dropcut.core.reports import Outcome, Report
from dropcut.work.in_progress import InProgress, Job
from dropcut.work.queue import WorkQueue
from dropcut.work.troubles import Troubles

_BACKOFF_POLICY = BackoffPolicy(first_seconds=0.5, longest_seconds=15)
_OWN_POLICY = BackoffPolicy(first_seconds=0.5, longest_seconds=60)
_UNCERTAIN_SECONDS = 30.0  # most shortages of memory are over by then
_MAX_REPORTED = 8  # even if thousands of folders fail, naming a few is enough
_Part = ModelKey | PurePosixPath


class Place(Enum):
    """Where a claim waits after its job has ended.

    QUEUE: after all new claims. PARKED: until the back-off of its model, its folder or
    itself ends. NONE: nowhere; if the picture is still claimed, the next recovery finds
    the claim.
    """

    QUEUE = auto()
    PARKED = auto()
    NONE = auto()


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What to do after a job has ended.

    Attributes:
        events: The events to publish.
        release: Whether to return the picture to the inbox.
        place: Where the claim waits if the picture is not returned.
    """

    events: tuple[Event, ...] = ()
    release: bool = False
    place: Place = Place.NONE


class Scheduler:
    """The queue, the jobs in progress and the back-offs.

    A picture with an earlier attempt is processed alone, after all others: if it kills
    the service, no other picture is blamed. While the machine is at fault, every
    picture is processed alone, and new and deferred ones are tried in turn.

    A picture that may be the cause of a fault is tried again later and alone. If a
    picture fails again although another one was done since, no other has to wait.

    Attributes:
        backoff: Set while the machine is at fault; no job starts before it ends.
        partial_backoffs: One for each unavailable model or folder. The dictionary is
            replaced, never changed, so any thread may read it.
    """

    def __init__(  # noqa: PLR0913  # what differs in tests
        self,
        profiles: Profiles,
        *,
        ahead: int = 2,
        policy: BackoffPolicy = _BACKOFF_POLICY,
        own_policy: BackoffPolicy = _OWN_POLICY,
        uncertain_seconds: float = _UNCERTAIN_SECONDS,
        new_scope: Callable[[], CancelScope] = CancelScope,
    ) -> None:
        """Create an idle scheduler.

        Args:
            profiles: The profile of each picture, which says what model it needs.
            ahead: How many new claims the queue has room for.
            policy: The back-off policy for the machine and for models.
            own_policy: The back-off policy for single folders and pictures.
            uncertain_seconds: How long a picture waits that may have caused a fault.
            new_scope: Creates the cancel scope of a job.
        """
        self._profiles, self._policy, self._own_policy = profiles, policy, own_policy
        self._troubles = Troubles(own_policy, uncertain_seconds)
        self._new_scope = new_scope
        self.queue, self.in_progress = WorkQueue(ahead), InProgress()
        self.backoff: Backoff | None = None
        self.partial_backoffs: dict[_Part, Backoff] = {}
        self._reported: set[_Part] = set()

    @property
    def idle(self) -> bool:
        """Whether nothing is in progress, and nothing waits but what is parked."""
        return not self.in_progress and len(self.queue) == len(self.queue.parked)

    @property
    def parked_backoffs(self) -> tuple[Backoff, ...]:
        """The back-off of each parked claim."""
        found = map(self._backoff_of, self.queue.parked)
        return tuple(backoff for backoff in found if backoff)

    def partial_backoff(
        self, source: PurePosixPath, state: ClaimState = ClaimState.WORK
    ) -> Backoff | None:
        """Return the longest back-off of a picture's folders and of its model."""
        backoffs = self.partial_backoffs
        if not backoffs:
            return None
        parts: list[_Part] = [*source.parents]
        if state is ClaimState.WORK:
            parts.append(self._model_key(source))
        found = [backoffs[part] for part in parts if part in backoffs]
        return max(found, key=_until, default=None)

    def next_job(self, now: float) -> Job | None:
        """Start a job for the next claim, if one may be started now.

        While the machine is at fault, new and deferred claims take turns, so that a
        picture that cannot be archived neither blocks the others nor is blocked by
        them.
        """
        self.queue.unpark(lambda claim: not self._must_wait(claim, now))
        backoff = self.backoff
        if backoff and now < backoff.until_seconds:
            return None
        deferred_first = backoff is not None and backoff.faults % 2 == 0
        claim = self.queue.peek(deferred_first=deferred_first)
        while claim and claim.id in self._troubles and self._must_wait(claim, now):
            self.queue.park(self.queue.pop(deferred_first=deferred_first))
            claim = self.queue.peek(deferred_first=deferred_first)
        if claim is None or not self._may_start(claim):
            return None
        job = Job(
            claim=self.queue.pop(deferred_first=deferred_first),
            scope=self._new_scope(),
            started_seconds=now,
            must_wait=self._must_wait(claim, now),
            may_blame=not backoff and self._troubles.may_blame(claim.id, now),
        )
        self.in_progress.add(job)
        return job

    def seconds_to_wait(self, now: float) -> float | None:
        """Return the seconds until a claim becomes due; None if none is waiting to."""
        backoffs = [*self.parked_backoffs]
        if self.backoff and len(self.queue) > len(self.queue.parked):
            backoffs.append(self.backoff)
        due = [b.until_seconds - now for b in backoffs if b.until_seconds > now]
        return min(due, default=None)

    def follow_up(self, job: Job, report: Report, now: float) -> FollowUp:
        """Update the back-offs after a job has ended, and return what to do next.

        A claim with attempts is never returned to the inbox: the count would be lost.
        """
        untried = report.claim.attempts == 0
        if job.must_wait:
            return FollowUp(release=untried, place=Place.PARKED)
        match report.outcome:
            case Outcome.POSTPONED | Outcome.INTERNAL_ERROR:
                return self._postpone(job, report, now)
            case Outcome.MODEL_UNAVAILABLE:
                model = self._profiles.profile_of(report.claim.source).model
                paused = Paused(reason=report.message, model=model)
                part = self._model_key(report.claim.source)
                events = self._back_off_part(part, job, paused, now)
                return FollowUp(events, release=untried, place=Place.PARKED)
            case Outcome.INTERRUPTED:
                return FollowUp(release=untried)
            case _:
                if report.outcome is Outcome.DONE:
                    self._troubles.note_success()
                return FollowUp(self._end_backoffs(job, report))

    def finish(self, job: Job, claim: Claim, place: Place) -> None:
        """Remove a job, and put its claim, as it is now, where it waits."""
        self.in_progress.remove(job)
        match place:
            case Place.QUEUE:
                self.queue.push(claim, deferred=True)
            case Place.PARKED:
                self.queue.park(claim)
            case Place.NONE:
                self._troubles.forget(claim.id)

    def _model_key(self, source: PurePosixPath) -> ModelKey:
        return self._profiles.profile_of(source).model_key

    def _backoff_of(self, claim: Claim) -> Backoff | None:
        """Return the longest back-off that affects a claim, but not all claims."""
        partial = self.partial_backoff(claim.source, claim.state)
        machine_fails = self.backoff is not None
        own = self._troubles.backoff_of(claim.id, machine_fails=machine_fails)
        return max((b for b in (partial, own) if b), key=_until, default=None)

    def _must_wait(self, claim: Claim, now: float) -> bool:
        """Whether the back-off of a claim, its model or its folder has not ended."""
        backoff = self._backoff_of(claim)
        return backoff is not None and backoff.until_seconds > now

    def _may_start(self, claim: Claim) -> bool:
        """Whether a claim may be processed at the same time as those in progress.

        They must all have the same model: there may be no memory for two models.
        """
        if not self.in_progress:
            return True
        together = (claim, *self.in_progress.claims)
        alone = any(one.attempts or one.id in self._troubles for one in together)
        models = {self._model_key(one.source) for one in together}
        return not self.backoff and not alone and len(models) == 1

    def _postpone(self, job: Job, report: Report, now: float) -> FollowUp:
        """Start the back-off of the machine, of a folder or of the picture alone."""
        claim, extent, reason = report.claim, report.extent, report.message
        error, untried = report.error, claim.attempts == 0
        events: tuple[Event, ...] = (InternalErrorRaised(error=error),) if error else ()
        if extent.folder and extent.folder != EVERYWHERE:
            paused = Paused(reason=reason, folder=str(extent.folder))
            events += self._back_off_part(extent.folder, job, paused, now)
            return FollowUp(events, release=untried, place=Place.PARKED)
        concerns_others = self._troubles.concerns_others(report)
        place = Place.PARKED if self._troubles.add(report, now) else Place.QUEUE
        if not concerns_others:
            return FollowUp(events, place=place)
        if _is_news(self.backoff, job):
            if self.backoff is None or self.backoff.reason != reason:
                events += (Paused(reason=reason),)
            self.backoff = self._policy.after_fault(self.backoff, reason, now)
        # Only a few claims are kept: other pictures wait in the inbox
        crowded = self.queue.is_crowded and untried
        return FollowUp(events, release=crowded, place=place)

    def _back_off_part(
        self, part: _Part, job: Job, paused: Paused, now: float
    ) -> tuple[Event, ...]:
        """Start the back-off of a model or a folder, after a job that needed it."""
        earlier = self.partial_backoffs.get(part)
        if not _is_news(earlier, job):
            return ()
        is_folder = isinstance(part, PurePosixPath)
        policy = self._own_policy if is_folder else self._policy
        backoff = policy.after_fault(earlier, paused.reason, now)
        self.partial_backoffs = {**self.partial_backoffs, part: backoff}
        same = earlier is not None and earlier.reason == paused.reason
        if same or (is_folder and len(self._reported) >= _MAX_REPORTED):
            return ()
        self._reported.add(part)
        return (paused,)

    def _end_backoffs(self, job: Job, report: Report) -> tuple[Event, ...]:
        """End the back-offs of the machine, the folders and, if used, the model."""
        events: list[Event] = []
        if self.backoff and _is_news(self.backoff, job):
            events.append(Resumed(faults=self.backoff.faults))
            self.backoff = None
        source, left = report.claim.source, dict(self.partial_backoffs)
        parts: list[_Part] = [*source.parents]
        parts += [self._model_key(source)] if report.model else []
        for part in parts:
            ended = left.get(part)
            if ended and _is_news(ended, job):
                del left[part]
                if part not in self._reported:
                    continue
                self._reported.remove(part)
                where = {"folder": str(part)}
                if not isinstance(part, PurePosixPath):
                    where = {"model": report.model}
                events.append(Resumed(faults=ended.faults, **where))
        self.partial_backoffs = left
        return tuple(events)


def _until(backoff: Backoff) -> float:
    return backoff.until_seconds


def _is_news(backoff: Backoff | None, job: Job) -> bool:
    """Whether a job was started after the last fault, so that its end is news."""
    return backoff is None or job.started_seconds >= backoff.since_seconds
