"""The worker: takes claims to their end, a few at once, in threads."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from dropcut.core.claims import Claim, ClaimState
from dropcut.core.errors import DropcutError, VanishedError
from dropcut.core.events import (
    InternalErrorRaised,
    Paused,
    PictureDeferred,
    PictureDone,
    PictureFailed,
    Publish,
    Resumed,
)
from dropcut.core.reports import Outcome, Report
from dropcut.work.backoff import Backoff, ModelBackoffs, next_backoff
from dropcut.work.in_progress import InProgress, Job
from dropcut.work.pipeline import Pipeline
from dropcut.work.queue import WorkQueue

_EVENTS = {Outcome.DONE: PictureDone, Outcome.FAILED: PictureFailed}


class Worker:
    """Works on two pictures at once: one is opened or saved while one is inferred.

    A picture that was begun before is worked on alone: should it end the service, no
    other has to take the blame. So is each one while the machine is at fault.
    """

    def __init__(  # noqa: PLR0913  # what differs in tests
        self,
        pipeline: Pipeline,
        *,
        publish: Publish,
        report: Callable[[Report], None],
        lanes: int = 2,
        ahead: int = 2,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the pipeline, who is told of each picture, and how many may wait."""
        self._pipeline, self._publish, self._report = pipeline, publish, report
        self._now = now
        self._backlog = WorkQueue(ahead)
        self._changed, self._following = threading.Condition(), threading.Lock()
        self._stopping = False
        self._hands = InProgress(now)
        self._lanes = [
            threading.Thread(target=self._run, name=f"lane {n}", daemon=True)
            for n in range(1, lanes + 1)
        ]
        self.pause: Backoff | None = None
        self.rests = ModelBackoffs(pipeline.profiles)

    def start(self) -> None:
        """Begin to work."""
        for lane in self._lanes:
            lane.start()

    @property
    def is_whole(self) -> bool:
        """Whether all threads live."""
        return all(lane.is_alive() for lane in self._lanes)

    @property
    def is_alive(self) -> bool:
        """Whether any thread lives."""
        return any(lane.is_alive() for lane in self._lanes)

    def join(self, seconds: float) -> None:
        """Wait until all threads have ended, but no longer than that."""
        end_seconds = time.monotonic() + seconds
        for lane in self._lanes:
            if lane.ident is not None:
                lane.join(max(end_seconds - time.monotonic(), 0))

    @property
    def in_progress(self) -> tuple[Claim, ...]:
        """The claims that are worked on, as they were when they were taken."""
        return self._hands.claims

    @property
    def queued(self) -> int:
        """How many claims wait."""
        return len(self._backlog)

    @property
    def held(self) -> tuple[Claim, ...]:
        """The claims that wait for a lost model, and cannot do so in the inbox."""
        with self._changed:
            return self._backlog.held

    @property
    def idle(self) -> bool:
        """Whether nothing is in hand, and nothing waits but what is held."""
        with self._changed:
            return not self._hands and len(self._backlog) == len(self._backlog.held)

    def busy_seconds(self) -> float:
        """How much time of its own the slowest picture in hand has taken."""
        with self._changed:
            return self._hands.busy_seconds()

    def is_well(self, job_seconds: float) -> bool:
        """Whether all threads move on, be it with a picture or with loading a model."""
        with self._changed:
            return self._hands.are_well(job_seconds)

    def keys(self) -> set[str]:
        """Return the keys of all claims that are held here."""
        with self._changed:
            return {claim.key for claim in (*self._backlog, *self.in_progress)}

    def has_room(self) -> bool:
        """Whether another claim may be given."""
        return not self._stopping and self._backlog.has_room

    def give(self, claim: Claim, *, suspect: bool = False) -> None:
        """Queue a claim; one that was begun before goes last."""
        with self._changed:
            self._backlog.add(claim, later=suspect)
            self._changed.notify_all()

    def stop(self) -> list[Claim]:
        """Ask the threads to end after the pictures in hand; return what waited."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
            return self._backlog.clear()

    def cancel(self, because: DropcutError, *, after_seconds: float = 0) -> None:
        """Break off the pictures in hand that have taken so long already."""
        with self._changed:
            self._hands.cancel(because, after_seconds)

    def _run(self) -> None:
        """Work until asked to stop."""
        while (hand := self._next()) is not None:
            report = self._work_on(hand)
            with self._changed:
                self._hands.drop(hand)
                self._changed.notify_all()
                self._report(report)

    def _next(self) -> Job | None:
        with self._changed:
            while not self._stopping:
                now = self._now()
                if claim := self._choose(now):
                    return self._hands.take(claim, now)
                self._changed.wait(self._seconds_to_wait(now))
        return None

    def _choose(self, now: float) -> Claim | None:
        """Return the next claim: suspects last, but in turn while work is paused.

        So neither a picture that the machine cannot file keeps others from being tried,
        nor do others keep it.
        """
        self._backlog.release(lambda claim: not self._has_to_wait(claim, now))
        pause = self.pause
        if pause and now < pause.until_seconds:
            return None
        turn = pause is not None and not pause.faults % 2
        claim = self._backlog.next(later_first=turn)
        if claim and self._may_go_beside_others(claim):
            return self._backlog.take(later_first=turn)
        return None

    def _may_go_beside_others(self, claim: Claim) -> bool:
        """Whether a claim may be worked on now, be it beside others.

        Not beside one with another model: there may be no room for both models.
        """
        if not self._hands:
            return True
        together = (claim, *self.in_progress)
        begun_before = any(one.attempts for one in together)
        models = {self._pipeline.profiles.of(c.source).model_key for c in together}
        return not self.pause and not begun_before and len(models) == 1

    def _seconds_to_wait(self, now: float) -> float | None:
        """Return how long nothing is due; None for until something changes."""
        due = [self.rests.until(claim.source) for claim in self._backlog.held]
        if self.pause and len(self._backlog) > len(self._backlog.held):
            due.append(self.pause.until_seconds)
        later = [time - now for time in due if time > now]
        return min(later, default=None)

    def _has_to_wait(self, claim: Claim, now: float) -> bool:
        """Whether a claim needs a model that rests."""
        return claim.state is ClaimState.WORK and self.rests.until(claim.source) > now

    def _begin(self, hand: Job) -> None:
        with self._changed:
            self._hands.begin(hand)

    def _work_on(self, hand: Job) -> Report:
        if self._has_to_wait(hand.claim, self._now()):
            report = Report(claim=hand.claim, outcome=Outcome.MODEL_UNAVAILABLE)
            self._set_aside(hand.claim)
        else:
            begun = partial(self._begin, hand)
            report = self._pipeline.process(hand.claim, hand.scope, begun)
            with self._following:
                self._follow(report, hand.taken_seconds)
        self._publish(_EVENTS.get(report.outcome, PictureDeferred)(report=report))
        return report

    def _follow(self, report: Report, taken_seconds: float) -> None:
        """Do what follows from how a picture ended."""
        match report.outcome:
            case Outcome.POSTPONED:
                self._rest(report, taken_seconds)
            case Outcome.MODEL_UNAVAILABLE:
                self._rest_model(report, taken_seconds)
            case Outcome.INTERRUPTED if not report.claim.attempts:
                self._put_back(report.claim)
            case Outcome.INTERRUPTED:
                pass  # it stays claimed, or its earlier attempts would be forgotten
            case Outcome.INTERNAL_ERROR:
                if report.error:
                    self._publish(InternalErrorRaised(error=report.error))
                self._rest(report, taken_seconds)
            case _:
                self._end_pauses(report, taken_seconds)

    def _rest(self, report: Report, taken_seconds: float) -> None:
        """Try something else after a while: the machine was at fault."""
        if _is_news(self.pause, taken_seconds):
            if self.pause is None or self.pause.reason != report.message:
                self._publish(Paused(reason=report.message))
            self.pause = next_backoff(self.pause, report.message, self._now())
        self._defer(report.claim)

    def _defer(self, claim: Claim) -> None:
        """Keep a claim for later; not many: the inbox is the place to wait in."""
        crowded = self._backlog.is_crowded and claim.attempts == 0
        if not (crowded and self._put_back(claim)):
            self.give(claim, suspect=True)

    def _rest_model(self, report: Report, taken_seconds: float) -> None:
        """Leave the pictures of a lost model alone for a while, and no others."""
        source, why = report.claim.source, report.message
        earlier = self.rests.of(source)
        if _is_news(earlier, taken_seconds):
            if earlier is None or earlier.reason != why:
                name = self._pipeline.profiles.of(source).model
                self._publish(Paused(reason=why, model=name))
            self.rests.prolong(source, why, self._now())
        self._set_aside(report.claim)

    def _set_aside(self, claim: Claim) -> None:
        """Have a claim wait in the inbox or, where that would lose its count, here."""
        if claim.attempts or not self._put_back(claim):
            with self._changed:
                self._backlog.hold(claim)

    def _end_pauses(self, report: Report, taken_seconds: float) -> None:
        """Note what is well again: the machine and, if there was one, the model."""
        if self.pause and _is_news(self.pause, taken_seconds):
            self._publish(Resumed(faults=self.pause.faults))
            self.pause = None
        source, model = report.claim.source, report.model
        lost = self.rests.of(source)
        if lost and model and _is_news(lost, taken_seconds):
            self._publish(Resumed(faults=lost.faults, model=model))
            self.rests.end(source)

    def _put_back(self, claim: Claim) -> bool:
        """Lay the picture back into the inbox; where that fails, it stays claimed."""
        with suppress(OSError, VanishedError):
            return self._pipeline.store.release_to_inbox(claim)
        return False


def _is_news(pause: Backoff | None, taken_seconds: float) -> bool:
    """Whether a picture tells more than what began the pause: it was taken later."""
    return pause is None or taken_seconds >= pause.since_seconds
