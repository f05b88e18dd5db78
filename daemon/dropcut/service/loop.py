"""The main loop: it owns the intake, supervises the rest, and answers the signals."""

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue

from dropcut.errors import (
    DropcutError,
    ExitCode,
    InboxTakenError,
    InterruptedWorkError,
    LostError,
    PictureError,
    Reason,
    brief,
)
from dropcut.files import Claims, FolderStore
from dropcut.intake import Intake
from dropcut.jobs import Claim, Outcome, Report, Stage
from dropcut.logs import Logger
from dropcut.naming import shown
from dropcut.service.guard import InboxGuard
from dropcut.service.signals import Wakeup, handled
from dropcut.service.teller import Teller
from dropcut.watch import Hints
from dropcut.worker import Worker

_CHECK_SECONDS = 2.0
_LONGEST_BACK_OFF_SECONDS = 4.0
_GRACE_SECONDS = 10.0
_SLACK_SECONDS = 60.0
_MOST_FAULTS_AT_ONCE = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """How often the loop does what, in seconds."""

    rescan_seconds: float
    poll_seconds: float
    job_seconds: float


class Service:
    """A service on one inbox."""

    def __init__(  # noqa: PLR0913  # one argument for each part that is composed
        self,
        *,
        guard: InboxGuard,
        claims: Claims,
        intake: Intake,
        hints: Hints,
        make_worker: Callable[[Callable[[Report], None]], Worker],
        store: FolderStore,
        teller: Teller,
        wakeup: Wakeup,
        times: Times,
        about: Mapping[str, object],
        logger: Logger,
    ) -> None:
        """Take all parts; starts nothing."""
        self._guard, self._claims, self._intake = guard, claims, intake
        self._hints, self._store, self._teller = hints, store, teller
        self._wakeup, self._times, self._logger = wakeup, times, logger
        self._about = about
        self._worker = make_worker(self._take_report)
        self._reports: SimpleQueue[Report] = SimpleQueue()
        self._stopping = False
        self._left = 0
        self._counts = {Outcome.DONE: 0, Outcome.FAILED: 0}
        self._back_off_seconds = 0.0
        self._lost_because, self._inbox_faults = "", 0
        self._next_attach = self._next_check = self._next_scan = 0.0

    def run(
        self, *, once: bool = False, progress: Callable[[int, int], None] | None = None
    ) -> ExitCode:
        """Work until SIGTERM, or with `once` until everything there is done.

        Args:
            once: End when nothing is left to do.
            progress: Told how many pictures are done, and of how many.
        """
        with handled(self._request_stop, self._uncount):
            self._start()
            try:
                while not self._stopping and not (once and self._finished()):
                    self._tick(time.monotonic())
                    if progress:
                        progress(self._filed, self._filed + self._waiting)
                    self._wakeup.wait(self._pause_seconds(time.monotonic()))
            finally:
                self._stop()
            if progress and not self._stopping:
                progress(self._filed, self._filed + self._waiting)
        return self._exit_code(once=once)

    def _request_stop(self) -> None:
        self._stopping = True
        self._wakeup.wake()

    def _uncount(self) -> None:
        """Take back the attempt of the picture in hand, before leaving at once."""
        for claim in self._worker.in_hand:
            if claim.stage is Stage.WORK:
                with suppress(DropcutError, OSError):
                    self._store.uncount(replace(claim, attempts=claim.attempts + 1))

    def _take_report(self, report: Report) -> None:
        """Note what the worker's thread tells."""
        self._reports.put(report)
        self._wakeup.wake()

    @property
    def _filed(self) -> int:
        return sum(self._counts.values())

    @property
    def _waiting(self) -> int:
        working = self._worker.queued + len(self._worker.in_hand)
        return self._intake.waiting + working

    def _start(self) -> None:
        try:
            self._attach(time.monotonic())
        except BaseException:
            self._guard.detach()
            raise
        self._worker.start()
        self._logger.info("ready", **self._about, waiting=self._waiting)
        self._teller.ready()

    def _attach(self, now: float) -> None:
        """Take up the inbox: watch first, then scan, so that there is no gap."""
        self._guard.attach()
        self._recover()
        self._scan(now)
        self._next_check = now + _CHECK_SECONDS

    def _recover(self) -> None:
        held = self._worker.keys()
        claims = list(self._claims.recover(held))
        if claims:
            self._logger.info("taken up again", pictures=len(claims))
        for claim in claims:
            self._worker.give(claim, suspect=claim.attempts > 0)

    def _scan(self, now: float) -> None:
        self._intake.scan(now, self._teller.beat)
        times = self._times
        seconds = times.poll_seconds if self._guard.polls else times.rescan_seconds
        self._next_scan = now + seconds

    def _tick(self, now: float) -> None:
        """Do what is due."""
        self._drain_reports(now)
        try:
            self._tend_inbox(now)
        except (OSError, InboxTakenError) as error:
            self._lose_inbox(now, error)
        self._tend_worker()
        self._teller.tell(now, self._status(), well=self._is_well(now))

    def _tend_inbox(self, now: float) -> None:
        if not self._guard.attached:
            if now < self._next_attach:
                return
            self._attach(now)
        if now >= self._next_check:
            self._check(now)
        self._take_hints(now)
        if now >= self._next_scan:
            self._recover()
            self._scan(now)
        rests_until = self._worker.rests.until
        for claim in self._intake.claims(now, self._worker.has_room, rests_until):
            self._worker.give(claim)
        if self._intake.overflowed and self._intake.waiting == 0:
            self._scan(now)
        self._find_inbox_well()

    def _find_inbox_well(self) -> None:
        if self._lost_because:
            self._logger.info("working again")
        self._back_off_seconds, self._lost_because, self._inbox_faults = 0.0, "", 0

    def _check(self, now: float) -> None:
        self._next_check = now + _CHECK_SECONDS
        if not self._guard.is_sound():
            self._logger.warning("the watcher was lost and is set up anew")
            self._attach(now)

    def _take_hints(self, now: float) -> None:
        paths, lost = self._hints.take()
        if lost:
            self._logger.info("events were lost, so the inbox is scanned")
            self._next_scan = now
        self._intake.hint(paths, now)

    def _lose_inbox(self, now: float, error: Exception) -> None:
        """Wait for the inbox to come back, or for its disk to have room again."""
        self._guard.detach()
        longer = max(self._back_off_seconds * 2, 0.5)
        self._back_off_seconds = min(longer, _LONGEST_BACK_OFF_SECONDS)
        self._next_attach = now + self._back_off_seconds
        self._inbox_faults += 1
        if self._lost_because != brief(error):
            self._lost_because = brief(error)
            self._logger.warning("paused", why=self._lost_because)

    def _drain_reports(self, now: float) -> None:
        with suppress(Empty):
            while True:
                report = self._reports.get_nowait()
                if report.outcome in self._counts:
                    self._counts[report.outcome] += 1
                if report.outcome is Outcome.VANISHED:
                    self._claims.release(report.claim)
                with suppress(OSError):
                    self._see_again(report, now)

    def _see_again(self, report: Report, now: float) -> None:
        """Look at once at what was laid back into the inbox: hints may come late."""
        if report.outcome is Outcome.PUT_BACK:
            self._intake.distrust(report.claim.source, now)
        if report.outcome is Outcome.MODEL_LOST:
            self._intake.hint([str(report.claim.source)], now)

    def _tend_worker(self) -> None:
        if not self._worker.is_whole:
            raise LostError("the inference thread has died")
        seconds = self._times.job_seconds
        late = PictureError(
            Reason.TIMED_OUT,
            f"The work on this picture took longer than {seconds:g} seconds, "
            "which DROPCUT_JOB_SECONDS allows.",
        )
        self._worker.break_off(late, after_seconds=seconds)

    def _status(self) -> str:
        counts = (
            f"{self._waiting} waiting, {self._counts[Outcome.DONE]} done, "
            f"{self._counts[Outcome.FAILED]} failed"
        )
        if blocked := self._intake.blocked:
            counts += f", {blocked} may not be taken"
        if self._lost_because:
            return f"paused, {self._lost_because}: {counts}"
        if pause := self._worker.pause:
            return f"paused, {pause.reason}: {counts}"
        if (lost := self._worker.rests.all) and self._waiting:
            why = "; ".join(pause.reason for pause in lost)
            return f"paused in part, {why}: {counts}"
        names = ", ".join(shown(claim.source) for claim in self._worker.in_hand)
        return f"{names or 'idle'}: {counts}"

    def _is_well(self, now: float) -> bool:
        """Whether the thread moves on, and the inbox is scanned or waited for."""
        scanned = not self._guard.attached or now < self._next_scan + _SLACK_SECONDS
        return scanned and self._worker.is_well(self._times.job_seconds)

    def _pause_seconds(self, now: float) -> float:
        """Return how long nothing is due."""
        due = [self._next_check if self._guard.attached else self._next_attach]
        if self._guard.attached:
            due.append(self._next_scan)
            settled = self._intake.next_due_seconds()
            if settled is not None and self._worker.has_room():
                due.append(settled)
        if self._teller.next_ping is not None:
            due.append(max(self._teller.next_ping, now + 0.1))
        return max(min(due) - now, 0.01)

    def _finished(self) -> bool:
        """Whether nothing is left that could be done now."""
        pause = self._worker.pause
        faults = max(pause.faults if pause else 0, self._inbox_faults)
        if faults >= _MOST_FAULTS_AT_ONCE:
            self._logger.error("the rest is left in the inbox")
            return True
        idle = self._worker.idle
        self._drain_reports(time.monotonic())
        return idle and self._guard.attached and self._only_lost_models_left()

    def _only_lost_models_left(self) -> bool:
        """Whether all that waits does so for models that were tried often enough."""
        held = [claim.source for claim in self._worker.held]
        left = [*self._intake.paths, *held]
        lost = [self._worker.rests.of(source) for source in left]
        if not all(pause and pause.faults >= _MOST_FAULTS_AT_ONCE for pause in lost):
            return False
        if left:
            self._logger.error("the rest is left in the inbox")
        return True

    def _stop(self) -> None:
        """Take nothing more, finish the picture in hand, put back what waits."""
        self._teller.stopping()
        waiting = self._worker.stop()
        self._left = self._intake.waiting + len(waiting)
        self._guard.detach()
        self._worker.join(_GRACE_SECONDS)
        self._break_off()
        self._put_back(waiting)
        self._drain_reports(time.monotonic())
        self._logger.info("stopped", **{str(k): n for k, n in self._counts.items()})

    def _break_off(self) -> None:
        """Have a slow picture put back; if not even that works, take its count back."""
        end = time.monotonic() + _GRACE_SECONDS
        while self._worker.is_alive and time.monotonic() < end:
            self._worker.break_off(InterruptedWorkError("the service stops"))
            self._worker.join(0.2)
        if self._worker.is_alive:
            with suppress(OSError, DropcutError):
                self._uncount()

    def _put_back(self, waiting: Iterable[Claim]) -> None:
        """Return what was not begun; what was begun before keeps its count."""
        for claim in waiting:
            if claim.attempts == 0 and claim.stage is Stage.WORK:
                with suppress(OSError, DropcutError):
                    self._store.put_back(claim)

    def _exit_code(self, *, once: bool) -> ExitCode:
        undone = self._counts[Outcome.FAILED] + self._intake.blocked + self._left
        paused = self._worker.pause or self._worker.rests.all or self._lost_because
        return ExitCode.SOME_FAILED if once and (undone or paused) else ExitCode.DONE
