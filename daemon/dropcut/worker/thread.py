"""The inference thread: takes claims, one after the other, to their end."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dropcut.errors import DropcutError, VanishedError
from dropcut.jobs import Claim, Outcome, Report, Stage
from dropcut.pipeline import Pipeline
from dropcut.worker.backlog import Backlog
from dropcut.worker.pauses import Pause, Rests, prolonged
from dropcut.worker.telling import tell

if TYPE_CHECKING:
    from dropcut.logs import Logger

_SLACK_SECONDS = 60.0
_LOADING_SECONDS = 900.0  # a large model, from a slow disk, on a small machine


@dataclass(frozen=True, slots=True)
class _InHand:
    """The claim in hand.

    Attributes:
        since_seconds: Monotonic time at which it was taken or, once it is begun, of
            that: the picture's own time does not run while its model is loaded.
    """

    claim: Claim
    since_seconds: float
    begun: bool = False


class Worker(threading.Thread):
    """Owns the one session; everything else about it may be asked from outside."""

    def __init__(
        self,
        pipeline: Pipeline,
        logger: "Logger",
        *,
        report: Callable[[Report], None],
        ahead: int = 2,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the pipeline, who is told of each picture, and how many may wait."""
        super().__init__(name="inference", daemon=True)
        self._pipeline, self._logger, self._report = pipeline, logger, report
        self._now = now
        self._backlog = Backlog(ahead)
        self._changed = threading.Condition()
        self._stopping = False
        self._in_hand: _InHand | None = None
        self.pause: Pause | None = None
        self.rests = Rests(pipeline.profiles)

    @property
    def current(self) -> Claim | None:
        """The claim in hand."""
        hand = self._in_hand
        return hand.claim if hand else None

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
            return not self._in_hand and len(self._backlog) == len(self._backlog.held)

    def busy_seconds(self) -> float:
        """How long the picture in hand has been worked on, since it was begun."""
        hand = self._in_hand
        return self._now() - hand.since_seconds if hand and hand.begun else 0.0

    def is_well(self, job_seconds: float) -> bool:
        """Whether the thread moves on, be it with a picture or with loading a model."""
        hand = self._in_hand
        if hand is None:
            return True
        limit = job_seconds + _SLACK_SECONDS if hand.begun else _LOADING_SECONDS
        return self._now() - hand.since_seconds < limit

    def keys(self) -> set[str]:
        """Return the keys of all claims that are held here."""
        with self._changed:
            return {c.key for c in (*self._backlog, self.current) if c is not None}

    def has_room(self) -> bool:
        """Whether another claim may be given."""
        return not self._stopping and self._backlog.has_room

    def give(self, claim: Claim, *, suspect: bool = False) -> None:
        """Queue a claim; one that was begun before goes last."""
        with self._changed:
            self._backlog.add(claim, later=suspect)
            self._changed.notify()

    def stop(self) -> list[Claim]:
        """Ask the thread to end after the picture in hand; return what waited."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
            return self._backlog.clear()

    def break_off(self, because: DropcutError, *, after_seconds: float = 0) -> None:
        """Break off the picture in hand, if it has taken so long already."""
        with self._changed:
            if self.busy_seconds() > after_seconds:
                self._pipeline.engines.cancel(because)

    def run(self) -> None:
        """Work until asked to stop."""
        while (claim := self._next()) is not None:
            report = self._work_on(claim)
            with self._changed:
                self._in_hand = None
                self._report(report)

    def _next(self) -> Claim | None:
        with self._changed:
            while not self._stopping:
                if claim := self._choose():
                    self._in_hand = _InHand(claim, self._now())
                    return claim
                self._changed.wait(self._seconds_to_wait())
        return None

    def _choose(self) -> Claim | None:
        """Return the next claim: suspects last, but in turn while work is paused.

        So neither a picture that the machine cannot file keeps others from being tried,
        nor do others keep it.
        """
        self._backlog.release(lambda claim: not self._has_to_wait(claim))
        turn = self.pause is not None and not self.pause.faults % 2
        return self._backlog.take(later_first=turn)

    def _seconds_to_wait(self) -> float | None:
        """Return how long nothing is due; None for until something is given."""
        due = [self.rests.until(claim.source) for claim in self._backlog.held]
        return max(min(due) - self._now(), 0) if due else None

    def _has_to_wait(self, claim: Claim) -> bool:
        """Whether a claim needs a model that rests."""
        rests = self.rests.until(claim.source) > self._now()
        return rests and claim.stage is Stage.WORK

    def _begin(self, claim: Claim) -> None:
        """Let the picture's own time run, for its model is there."""
        self._in_hand = _InHand(claim, self._now(), begun=True)

    def _work_on(self, claim: Claim) -> Report:
        if self._has_to_wait(claim):
            report = Report(claim=claim, outcome=Outcome.MODEL_LOST)
            self._set_aside(claim)
        else:
            report = self._pipeline.process(claim, lambda: self._begin(claim))
            self._follow(report)
        tell(report, self._logger)
        return report

    def _follow(self, report: Report) -> None:
        """Do what follows from how a picture ended."""
        match report.outcome:
            case Outcome.POSTPONED:
                self._rest(report)
            case Outcome.MODEL_LOST:
                self._rest_model(report)
            case Outcome.INTERRUPTED:
                self._put_back(report.claim)
            case Outcome.BROKEN:
                self._logger.error("internal error", exc_info=report.error)
                self._rest(report)
            case _:
                self._end_pauses(report)

    def _rest(self, report: Report) -> None:
        """Try something else after a while: the machine was at fault."""
        if self.pause is None or self.pause.reason != report.message:
            self._logger.warning("paused", why=report.message)
        now_seconds = self._now()
        self.pause = prolonged(self.pause, report.message, now_seconds)
        self._defer(report.claim)
        seconds = self.pause.until_seconds - now_seconds
        with self._changed:
            self._changed.wait_for(lambda: self._stopping, seconds)

    def _defer(self, claim: Claim) -> None:
        """Keep a claim for later; not many: the inbox is the place to wait in."""
        crowded = self._backlog.is_crowded and claim.attempts == 0
        if not (crowded and self._put_back(claim)):
            self.give(claim, suspect=True)

    def _rest_model(self, report: Report) -> None:
        """Leave the pictures of a lost model alone for a while, and no others."""
        source, why = report.claim.source, report.message
        earlier = self.rests.of(source)
        if earlier is None or earlier.reason != why:
            name = self._pipeline.profiles.of(source).model
            self._logger.warning("paused", why=why, model=name)
        self.rests.prolong(source, why, self._now())
        self._set_aside(report.claim)

    def _set_aside(self, claim: Claim) -> None:
        """Have a claim wait in the inbox or, where that would lose its count, here."""
        if claim.attempts or not self._put_back(claim):
            with self._changed:
                self._backlog.hold(claim)

    def _end_pauses(self, report: Report) -> None:
        """Note what is well again: the machine and, if there was one, the model."""
        if self.pause:
            self._logger.info("working again", after_faults=self.pause.faults)
            self.pause = None
        lost = self.rests.of(report.claim.source)
        if lost and report.model:
            self._logger.info(
                "working again", after_faults=lost.faults, model=report.model
            )
            self.rests.end(report.claim.source)

    def _put_back(self, claim: Claim) -> bool:
        """Lay the picture back into the inbox; where that fails, it stays claimed."""
        with suppress(OSError, VanishedError):
            return self._pipeline.store.put_back(claim)
        return False
