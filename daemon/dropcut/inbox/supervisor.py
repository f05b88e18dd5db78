"""Supervises the inbox: attaches, scans, claims, and waits while it is unavailable."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from dropcut.core.backoff import Backoff, BackoffPolicy
from dropcut.core.errors import AlreadyRunningError, describe, is_transient
from dropcut.core.events import (
    ClaimsRecovered,
    EventsOverflowed,
    Paused,
    Publish,
    Resumed,
    WatcherLost,
)
from dropcut.core.reports import Outcome, Report
from dropcut.inbox.connection import InboxConnection
from dropcut.inbox.intake import Intake
from dropcut.inbox.watch import PathHints
from dropcut.storage import Claims
from dropcut.work import Worker

_CHECK_SECONDS = 2.0
_CLAIMS_FIRST_SECONDS = 0.5
_SCAN_SLACK_SECONDS = 60.0
_BACKOFF_POLICY = BackoffPolicy(first_seconds=0.5, longest_seconds=4.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanIntervals:
    """How often the whole inbox is listed: if events arrive, and if it is polled."""

    rescan_seconds: float
    poll_seconds: float


class InboxSupervisor:
    """Submits the pictures of the inbox to the worker.

    Attributes:
        sightings: The pictures that wait to be claimed.
        backoff: Why the inbox is unavailable and when the next try is; None while the
            inbox is available.
    """

    def __init__(  # noqa: PLR0913  # one argument for each part
        self,
        *,
        connection: InboxConnection,
        claims: Claims,
        intake: Intake,
        hints: PathHints,
        worker: Worker,
        scan_intervals: ScanIntervals,
        publish: Publish,
        heartbeat: Callable[[], None],
    ) -> None:
        """Create a detached supervisor; `heartbeat` is called during long scans."""
        self._connection, self._claims, self._intake = connection, claims, intake
        self.sightings = intake.sightings
        self._hints, self._worker = hints, worker
        self._scan_intervals = scan_intervals
        self._publish, self._heartbeat = publish, heartbeat
        self.backoff: Backoff | None = None
        self._next_check = self._next_scan = 0.0

    @property
    def attached(self) -> bool:
        """Whether the inbox is available, locked and watched."""
        return self._connection.attached

    def start(self, now: float) -> None:
        """Attach to the inbox or, if the machine is at fault, start waiting for it.

        Raises:
            AlreadyRunningError: Another instance is using the inbox.
            OSError: The inbox cannot be used, and that will not change by itself.
        """
        try:
            self._attach(now)
        except OSError as error:
            if not is_transient(error):
                raise
            self._wait_for_inbox(now, error)

    def detach(self) -> None:
        """Stop watching and unlock the inbox."""
        self._connection.detach()

    def tick(self, now: float) -> None:
        """Do what is due; if the inbox is unavailable, retry after each back-off."""
        try:
            if not self.attached:
                if self.backoff and now < self.backoff.until_seconds:
                    return
                self._attach(now)
            elif now >= self._next_check:
                self._next_check = now + _CHECK_SECONDS
                if not self._connection.healthy():
                    self._publish(WatcherLost())
                    self._attach(now)
            self._take_hints(now)
            if now >= self._next_scan:
                self._scan(now)
            self._claim_settled(now)
            if self.sightings.overflowed and not self.sightings:
                self._scan(now)
        except (OSError, AlreadyRunningError) as error:
            self._wait_for_inbox(now, error)
        else:
            if self.backoff:
                self._publish(Resumed(faults=self.backoff.faults))
            self.backoff = None

    def on_report(self, report: Report, now: float) -> None:
        """Update claims and intake after work on a picture has ended."""
        source = report.claim.source
        # Look at a returned picture at once: its event may come late.
        with suppress(OSError):
            match report.outcome:
                case Outcome.VANISHED:
                    self._claims.release(report.claim)
                case Outcome.PUT_BACK:
                    self._intake.wait_longer(source, now)
                case Outcome.MODEL_UNAVAILABLE | Outcome.POSTPONED:
                    self._intake.hint([str(source)], now)
                case _:
                    pass

    def healthy(self, now: float) -> bool:
        """Whether the inbox is detached, or scans are not much overdue."""
        return not self.attached or now < self._next_scan + _SCAN_SLACK_SECONDS

    def next_due_seconds(self) -> float:
        """Return the monotonic time of the next thing to do."""
        if not self.attached:
            return self.backoff.until_seconds if self.backoff else 0.0
        due = [self._next_check, self._next_scan]
        if self._worker.has_room():
            settled = self.sightings.next_due_seconds()
            due += [settled] if settled is not None else []
        return min(due)

    def _attach(self, now: float) -> None:
        # First watch, then scan, so that a picture that arrives in between is noticed
        self._connection.attach()
        self._scan(now)
        self._next_check = now + _CHECK_SECONDS

    def _take_hints(self, now: float) -> None:
        paths, overflowed = self._hints.drain()
        if overflowed:
            self._publish(EventsOverflowed())
            self._next_scan = now
        self._intake.hint(paths, now)

    def _scan(self, now: float) -> None:
        """Recover claims that no worker has, then list the whole inbox."""
        recovered = list(self._claims.recover(self._worker.status().claim_ids))
        if recovered:
            self._publish(ClaimsRecovered(pictures=len(recovered)))
        for claim in recovered:
            self._worker.submit(claim, deferred=claim.attempts > 0)
        self._intake.scan(now, self._heartbeat)
        intervals = self._scan_intervals
        polls = self._connection.polls
        seconds = intervals.poll_seconds if polls else intervals.rescan_seconds
        self._next_scan = now + seconds

    def _claim_settled(self, now: float) -> None:
        while self._worker.has_room() and (path := self.sightings.next_settled(now)):
            backoff = self._worker.partial_backoff(path)
            # Claims that wait for the same model or folder are tried first: a picture
            # that is claimed too early may have to stay claimed
            until = backoff.until_seconds + _CLAIMS_FIRST_SECONDS if backoff else now
            if until > now:
                self.sightings.defer(path, until)
            elif claim := self._intake.claim(path, now):
                self._worker.submit(claim)

    def _wait_for_inbox(self, now: float, error: Exception) -> None:
        """Detach, and start or prolong the wait until the inbox can be used again."""
        self._connection.detach()
        reason = describe(error)
        if self.backoff is None or self.backoff.reason != reason:
            self._publish(Paused(reason=reason))
        self.backoff = _BACKOFF_POLICY.after_fault(self.backoff, reason, now)
