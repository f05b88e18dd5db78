"""The main loop, which supervises inbox and worker and reacts to signals."""

import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from dropcut.core.claims import ClaimState
from dropcut.core.errors import (
    DropcutError,
    ExitCode,
    InterruptedWorkError,
    PictureError,
    Reason,
    WorkerDiedError,
)
from dropcut.core.events import (
    GaveUpWaiting,
    ServiceReady,
    ServiceStopped,
    ServiceStopping,
    SnapshotTaken,
)
from dropcut.core.reports import Outcome
from dropcut.core.snapshot import Snapshot
from dropcut.core.text import printable
from dropcut.events.heartbeat import HeartbeatTimer
from dropcut.events.mailbox import Mailbox
from dropcut.events.stream import EventStream
from dropcut.inbox.supervisor import InboxSupervisor
from dropcut.service.signals import Wakeup, handled
from dropcut.storage import FolderStore
from dropcut.work import Worker, WorkerStatus

_GRACE_SECONDS = 10.0


class Service:
    """A service on one inbox."""

    def __init__(  # noqa: PLR0913  # one argument for each part that is composed
        self,
        *,
        inbox: InboxSupervisor,
        worker: Worker,
        reports: Mailbox,
        store: FolderStore,
        heartbeat: HeartbeatTimer,
        stream: EventStream,
        wakeup: Wakeup,
        job_seconds: float,
        about: Mapping[str, object],
    ) -> None:
        """Create a service that is not started yet.

        `about` is what the log's `ready` line says of the settings.
        """
        self._inbox, self._worker, self._reports = inbox, worker, reports
        self._store, self._heartbeat, self._stream = store, heartbeat, stream
        self._wakeup, self._job_seconds, self._about = wakeup, job_seconds, about
        self._stopping = self._once = False
        self._done, self._failures, self._interrupted = 0, Counter[Reason](), 0
        self._published: Snapshot | None = None

    def run(self, *, once: bool = False) -> ExitCode:
        """Process pictures until SIGTERM or, with `once`, until none is left."""
        self._once = once
        with handled(self._request_stop, self._revert_attempts):
            self._start()
            try:
                self._loop()
            finally:
                end = self._stop()
        return end.exit_code if once else ExitCode.DONE

    def _request_stop(self) -> None:
        self._stopping = True
        self._wakeup.wake()

    def _revert_attempts(self) -> None:
        """Take back the attempts of the pictures in progress, before the process exits.

        Runs in a signal handler, so it must take no lock.
        """
        for claim in self._worker.in_progress:
            if claim.state is ClaimState.WORK:
                with suppress(DropcutError, OSError):
                    self._store.revert_attempt(
                        replace(claim, attempts=claim.attempts + 1)
                    )

    def _start(self) -> None:
        try:
            self._inbox.start(time.monotonic())
        except BaseException:
            self._inbox.detach()
            raise
        self._worker.start()
        waiting = self._snapshot(self._worker.status()).waiting
        self._stream.publish(ServiceReady(waiting=waiting, about=self._about))

    def _loop(self) -> None:
        while not self._stopping:
            snapshot = self._tick(time.monotonic())
            if self._once and snapshot.gave_up:
                self._stream.publish(GaveUpWaiting(pictures=snapshot.waiting or None))
            if self._once and (snapshot.finished or snapshot.gave_up):
                return
            now, due = time.monotonic(), self._inbox.next_due_seconds()
            if self._heartbeat.next_due is not None:
                due = min(due, max(self._heartbeat.next_due, now + 0.1))
            self._wakeup.wait(max(due - now, 0.01))

    def _tick(self, now: float) -> Snapshot:
        """Do what is due."""
        self._drain_reports(now)
        self._inbox.tick(now)
        status = self._worker.status()
        if not status.all_alive:
            raise WorkerDiedError("a worker thread has died")
        late = PictureError(
            Reason.TIMED_OUT,
            "Processing this picture took longer than the "
            f"{self._job_seconds:g} seconds that DROPCUT_JOB_SECONDS allows.",
        )
        self._worker.cancel(late, after_seconds=self._job_seconds)
        if status.healthy and self._inbox.healthy(now):
            self._heartbeat.beat()
        return self._snapshot(status)

    def _drain_reports(self, now: float) -> None:
        for report in self._reports.drain():
            if report.outcome is Outcome.DONE:
                self._done += 1
            elif report.outcome is Outcome.FAILED and report.reason:
                self._failures[report.reason] += 1
            elif report.outcome is Outcome.INTERRUPTED:
                self._interrupted += 1
            self._inbox.on_report(report, now)

    def _snapshot(self, status: WorkerStatus, *, returned: int = 0) -> Snapshot:
        """Return the state of the service, and publish it if it has changed.

        Args:
            status: Taken before the reports are drained here, so that if the worker is
                idle, all its pictures are counted.
            returned: How many claims left the queue without being processed.
        """
        self._drain_reports(time.monotonic())
        seen, given_up = self._inbox.sightings, 0
        if self._once and status.idle:
            waits = [*map(self._worker.partial_backoff, seen.paths), *status.parked]
            given_up = sum(b is not None and b.exhausted for b in waits)
        claimed = status.queued + len(status.in_progress) + returned
        claimed += self._interrupted  # other than 0 only while the service stops
        snapshot = Snapshot(
            waiting=len(seen) + claimed,
            in_progress=tuple(printable(claim.source) for claim in status.in_progress),
            done=self._done,
            failures=dict(self._failures),
            unclaimable=len(seen.unclaimable),
            given_up=given_up,
            idle=status.idle,
            attached=self._inbox.attached,
            inbox_backoff=self._inbox.backoff,
            backoff=status.backoff,
            partial_backoffs=status.partial_backoffs,
            parked=status.parked,
        )
        if snapshot != self._published:
            self._published = snapshot
            self._stream.publish(SnapshotTaken(snapshot=snapshot))
        return snapshot

    def _stop(self) -> Snapshot:
        """Claim nothing more, finish the jobs, return queued claims to the inbox.

        A job that takes too long is cancelled, so its picture is not blamed. If it does
        not end in time even then, its attempt is taken back here.
        """
        self._stream.publish(ServiceStopping())
        waiting = self._worker.stop()
        self._inbox.detach()
        ended = self._worker.join(_GRACE_SECONDS)
        end_seconds = time.monotonic() + _GRACE_SECONDS
        while not ended and time.monotonic() < end_seconds:
            self._worker.cancel(InterruptedWorkError("the service is stopping"))
            ended = self._worker.join(0.2)
        if not ended:
            self._revert_attempts()
        for claim in waiting:
            # In the inbox the count of attempts would be lost, so a claim that has any
            # stays claimed
            if claim.attempts == 0 and claim.state is ClaimState.WORK:
                with suppress(OSError, DropcutError):
                    self._store.release_to_inbox(claim)
        end = self._snapshot(self._worker.status(), returned=len(waiting))
        self._stream.publish(ServiceStopped(done=end.done, failed=end.failed))
        return end
