"""The main loop: it supervises keeper and worker, and answers the signals."""

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace

from dropcut.core.claims import Claim, ClaimState
from dropcut.core.errors import (
    DropcutError,
    ExitCode,
    InterruptedWorkError,
    PictureError,
    Reason,
    WorkerDiedError,
)
from dropcut.core.events import GaveUpWaiting, ServiceReady, ServiceStopped
from dropcut.core.reports import Outcome
from dropcut.core.text import printable
from dropcut.events.heartbeat import Teller
from dropcut.events.mailbox import Mailbox
from dropcut.events.stream import EventStream
from dropcut.inbox.supervisor import InboxSupervisor
from dropcut.service.signals import Wakeup, handled
from dropcut.storage import FolderStore
from dropcut.work import Worker

_GRACE_SECONDS = 10.0
_MOST_FAULTS_AT_ONCE = 5
_FLUSH_SECONDS = 5.0  # a log that nobody reads does not keep the service from ending


class Service:
    """A service on one inbox."""

    def __init__(  # noqa: PLR0913  # one argument for each part that is composed
        self,
        *,
        keeper: InboxSupervisor,
        worker: Worker,
        reports: Mailbox,
        store: FolderStore,
        teller: Teller,
        wakeup: Wakeup,
        job_seconds: float,
        about: Mapping[str, object],
        stream: EventStream,
    ) -> None:
        """Take all parts; starts nothing."""
        self._keeper, self._worker, self._reports = keeper, worker, reports
        self._store, self._teller, self._wakeup = store, teller, wakeup
        self._job_seconds, self._about, self._stream = job_seconds, about, stream
        self._stopping = False
        self._left = 0
        self._counts = {Outcome.DONE: 0, Outcome.FAILED: 0}

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
        """Take back the attempts of the pictures in hand, before leaving at once."""
        for claim in self._worker.in_progress:
            if claim.state is ClaimState.WORK:
                with suppress(DropcutError, OSError):
                    self._store.revert_attempt(
                        replace(claim, attempts=claim.attempts + 1)
                    )

    @property
    def _filed(self) -> int:
        return sum(self._counts.values())

    @property
    def _waiting(self) -> int:
        working = self._worker.queued + len(self._worker.in_progress)
        return self._keeper.waiting + working

    def _start(self) -> None:
        try:
            self._keeper.start(time.monotonic())
        except BaseException:
            self._keeper.detach()
            raise
        self._worker.start()
        self._stream.publish(ServiceReady(waiting=self._waiting, about=self._about))
        self._teller.ready()

    def _tick(self, now: float) -> None:
        """Do what is due."""
        self._drain_reports(now)
        self._keeper.tick(now)
        self._tend_worker()
        self._teller.tell(now, self._status(), well=self._is_well(now))

    def _drain_reports(self, now: float) -> None:
        for report in self._reports.take():
            if report.outcome in self._counts:
                self._counts[report.outcome] += 1
            self._keeper.on_report(report, now)

    def _tend_worker(self) -> None:
        if not self._worker.is_whole:
            raise WorkerDiedError("a thread that works on pictures has died")
        seconds = self._job_seconds
        late = PictureError(
            Reason.TIMED_OUT,
            f"The work on this picture took longer than {seconds:g} seconds, "
            "which DROPCUT_JOB_SECONDS allows.",
        )
        self._worker.cancel(late, after_seconds=seconds)

    def _status(self) -> str:
        counts = (
            f"{self._waiting} waiting, {self._counts[Outcome.DONE]} done, "
            f"{self._counts[Outcome.FAILED]} failed"
        )
        if unclaimable := self._keeper.unclaimable:
            counts += f", {unclaimable} cannot be claimed"
        if lost := self._keeper.backoff:
            return f"paused, {lost.reason}: {counts}"
        if pause := self._worker.pause:
            return f"paused, {pause.reason}: {counts}"
        if (rests := self._worker.rests.all) and self._waiting:
            why = "; ".join(pause.reason for pause in rests)
            return f"paused in part, {why}: {counts}"
        names = ", ".join(printable(claim.source) for claim in self._worker.in_progress)
        return f"{names or 'idle'}: {counts}"

    def _is_well(self, now: float) -> bool:
        """Whether the thread moves on, and the inbox is scanned or waited for."""
        return self._keeper.healthy(now) and self._worker.is_well(self._job_seconds)

    def _pause_seconds(self, now: float) -> float:
        """Return how long nothing is due."""
        due = self._keeper.next_due_seconds()
        if self._teller.next_ping is not None:
            due = min(due, max(self._teller.next_ping, now + 0.1))
        return max(due - now, 0.01)

    def _finished(self) -> bool:
        """Whether nothing is left that could be done now."""
        backoffs = (self._worker.pause, self._keeper.backoff)
        faults = max(backoff.faults if backoff else 0 for backoff in backoffs)
        if faults >= _MOST_FAULTS_AT_ONCE:
            self._stream.publish(GaveUpWaiting(pictures=self._waiting))
            return True
        idle = self._worker.idle
        self._drain_reports(time.monotonic())
        return idle and self._keeper.attached and self._only_lost_models_left()

    def _only_lost_models_left(self) -> bool:
        """Whether all that waits does so for models that were tried often enough."""
        held = [claim.source for claim in self._worker.held]
        left = [*self._keeper.paths, *held]
        lost = [self._worker.rests.of(source) for source in left]
        if not all(pause and pause.faults >= _MOST_FAULTS_AT_ONCE for pause in lost):
            return False
        if left:
            self._stream.publish(GaveUpWaiting(pictures=len(left)))
        return True

    def _stop(self) -> None:
        """Take nothing more, finish the pictures in hand, put back what waits."""
        self._teller.stopping()
        waiting = self._worker.stop()
        self._left = self._keeper.waiting + len(waiting)
        self._keeper.detach()
        self._worker.join(_GRACE_SECONDS)
        self._break_off()
        self._put_back(waiting)
        self._drain_reports(time.monotonic())
        done, failed = self._counts[Outcome.DONE], self._counts[Outcome.FAILED]
        self._stream.publish(ServiceStopped(done=done, failed=failed))
        self._stream.close(_FLUSH_SECONDS)

    def _break_off(self) -> None:
        """Have a slow picture put back; if not even that works, take its count back."""
        end = time.monotonic() + _GRACE_SECONDS
        while self._worker.is_alive and time.monotonic() < end:
            self._worker.cancel(InterruptedWorkError("the service stops"))
            self._worker.join(0.2)
        if self._worker.is_alive:
            with suppress(OSError, DropcutError):
                self._uncount()

    def _put_back(self, waiting: Iterable[Claim]) -> None:
        """Return what was not begun; what was begun before keeps its count."""
        for claim in waiting:
            if claim.attempts == 0 and claim.state is ClaimState.WORK:
                with suppress(OSError, DropcutError):
                    self._store.release_to_inbox(claim)

    def _exit_code(self, *, once: bool) -> ExitCode:
        undone = self._counts[Outcome.FAILED] + self._keeper.unclaimable + self._left
        halted = self._worker.pause or self._worker.rests.all
        paused = halted or self._keeper.backoff
        return ExitCode.SOME_FAILED if once and (undone or paused) else ExitCode.DONE
