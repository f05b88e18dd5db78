"""The inference thread: takes claims, one after the other, to their end."""

import resource
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dropcut.errors import DropcutError, VanishedError
from dropcut.jobs import Claim, Outcome, Report
from dropcut.pipeline import Pipeline

if TYPE_CHECKING:
    from dropcut.logs import Logger

_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 15.0
_MOST_DEFERRED = 8


@dataclass(frozen=True, slots=True)
class Pause:
    """Why no picture is worked on."""

    reason: str
    faults: int


class Worker(threading.Thread):
    """Owns the one session; everything else about it may be asked from outside."""

    def __init__(
        self,
        pipeline: Pipeline,
        logger: "Logger",
        *,
        report: Callable[[Report], None],
        ahead: int = 2,
    ) -> None:
        """Take the pipeline, who is told of each picture, and how many may wait."""
        super().__init__(name="inference", daemon=True)
        self._pipeline, self._logger, self._report = pipeline, logger, report
        self._ahead = ahead
        self._fresh: deque[Claim] = deque()
        self._later: deque[Claim] = deque()
        self._changed = threading.Condition()
        self._stopping = False
        self._current: Claim | None = None
        self._since_seconds = 0.0
        self.pause: Pause | None = None

    @property
    def current(self) -> Claim | None:
        """The claim in hand."""
        return self._current

    @property
    def queued(self) -> int:
        """How many claims wait."""
        return len(self._fresh) + len(self._later)

    @property
    def idle(self) -> bool:
        """Whether nothing is in hand and nothing waits."""
        with self._changed:
            return self._current is None and not self._fresh and not self._later

    def busy_seconds(self) -> float:
        """How long the picture in hand has been worked on."""
        return time.monotonic() - self._since_seconds if self._current else 0.0

    def keys(self) -> set[str]:
        """Return the keys of all claims that are held here."""
        with self._changed:
            held = [*self._fresh, *self._later]
            return {c.key for c in (*held, self._current) if c is not None}

    def has_room(self) -> bool:
        """Whether another claim may be given."""
        return not self._stopping and len(self._fresh) < self._ahead

    def give(self, claim: Claim, *, suspect: bool = False) -> None:
        """Queue a claim; one that was begun before goes last."""
        with self._changed:
            (self._later if suspect else self._fresh).append(claim)
            self._changed.notify()

    def stop(self) -> list[Claim]:
        """Ask the thread to end after the picture in hand; return what waited."""
        with self._changed:
            self._stopping = True
            waiting = [*self._fresh, *self._later]
            self._fresh.clear()
            self._later.clear()
            self._changed.notify_all()
        return waiting

    def break_off(self, because: DropcutError, *, after_seconds: float = 0) -> None:
        """Break off the picture in hand, if it has taken so long already."""
        with self._changed:
            if self._current and self.busy_seconds() > after_seconds:
                self._pipeline.engines.cancel(because)

    def run(self) -> None:
        """Work until asked to stop."""
        while (claim := self._next()) is not None:
            report = self._work_on(claim)
            with self._changed:
                self._current = None
                self._report(report)

    def _next(self) -> Claim | None:
        with self._changed:
            while not self._stopping and not self._fresh and not self._later:
                self._changed.wait()
            if self._stopping:
                return None
            self._current = self._choose()
            self._since_seconds = time.monotonic()
            return self._current

    def _choose(self) -> Claim:
        """Return the next claim: suspects last, but in turn while work is paused.

        So neither a picture that the machine cannot file keeps others from being tried,
        nor do others keep it.
        """
        turn = bool(self.pause and not self.pause.faults % 2 and self._later)
        return (self._later if turn or not self._fresh else self._fresh).popleft()

    def _work_on(self, claim: Claim) -> Report:
        report = self._pipeline.process(claim)
        match report.outcome:
            case Outcome.POSTPONED:
                self._rest(report)
            case Outcome.INTERRUPTED:
                self._return(report.claim)
            case Outcome.BROKEN:
                self._logger.error("internal error", exc_info=report.error)
                self._rest(report)
            case _:
                self._end_pause()
        self._log(report)
        return report

    def _rest(self, report: Report) -> None:
        """Try something else after a while: the machine was at fault."""
        faults = self.pause.faults + 1 if self.pause else 1
        if self.pause is None or self.pause.reason != report.message:
            self._logger.warning("paused", why=report.message)
        self.pause = Pause(report.message, faults)
        self._defer(report.claim)
        seconds = min(_FIRST_PAUSE_SECONDS * 2 ** (faults - 1), _LONGEST_PAUSE_SECONDS)
        with self._changed:
            self._changed.wait_for(lambda: self._stopping, seconds)

    def _defer(self, claim: Claim) -> None:
        """Keep a claim for later; not many: the inbox is the place to wait in."""
        if len(self._later) >= _MOST_DEFERRED and claim.attempts == 0:
            with suppress(OSError, VanishedError):
                if self._pipeline.store.put_back(claim):
                    return
        self.give(claim, suspect=True)

    def _end_pause(self) -> None:
        if self.pause:
            self._logger.info("working again", after_faults=self.pause.faults)
            self.pause = None

    def _return(self, claim: Claim) -> None:
        """Lay the picture back into the inbox; where that fails, it stays claimed."""
        with suppress(OSError, VanishedError):
            self._pipeline.store.put_back(claim)

    def _log(self, report: Report) -> None:
        """Write the one line of a picture."""
        claim = report.claim
        details = {
            "reason": report.reason,
            "message": report.message,
            "output": report.output,
            "megapixels": report.megapixels,
            "ms": report.milliseconds,
            "notes": report.notes,
            "model": report.model,
        }
        known = {key: value for key, value in details.items() if value}
        failed = report.outcome in (Outcome.FAILED, Outcome.BROKEN)
        write = self._logger.warning if failed else self._logger.info
        if report.outcome is Outcome.POSTPONED:
            write = self._logger.debug
        write(
            "picture",
            name=claim.source,
            outcome=report.outcome,
            **known,
            attempt=claim.attempts,
            peak_rss_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        )
