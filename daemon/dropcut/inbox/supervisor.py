"""Keeps the inbox: takes it up, scans it, claims from it, waits while it is lost."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePosixPath

from dropcut.core.errors import AlreadyRunningError, describe, is_transient
from dropcut.core.reports import Outcome, Report
from dropcut.events.heartbeat import Teller
from dropcut.events.log import Logger
from dropcut.inbox.connection import InboxConnection
from dropcut.inbox.intake import Intake
from dropcut.inbox.watch import PathHints
from dropcut.storage import Claims
from dropcut.work import Worker

_CHECK_SECONDS = 2.0
_LONGEST_BACK_OFF_SECONDS = 4.0
_SLACK_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """How often the whole inbox is looked at, with events and without."""

    rescan_seconds: float
    poll_seconds: float


class InboxSupervisor:
    """Gives the worker whatever the inbox holds.

    Attributes:
        lost_because: Why the inbox is lost; nothing while it is there.
        faults: How often it was tried in vain since it was there.
    """

    def __init__(  # noqa: PLR0913  # one argument for each part that is composed
        self,
        *,
        guard: InboxConnection,
        claims: Claims,
        intake: Intake,
        hints: PathHints,
        worker: Worker,
        teller: Teller,
        looks: Looks,
        logger: Logger,
    ) -> None:
        """Take all parts; takes up nothing yet."""
        self._guard, self._claims, self._intake = guard, claims, intake
        self._hints, self._worker, self._teller = hints, worker, teller
        self._looks, self._logger = looks, logger
        self.unavailable_reason, self.faults = "", 0
        self._back_off_seconds = 0.0
        self._next_attach = self._next_check = self._next_scan = 0.0

    @property
    def attached(self) -> bool:
        """Whether there is an inbox to work on."""
        return self._guard.attached

    @property
    def waiting(self) -> int:
        """How many pictures are known, and wait to be claimed."""
        return self._intake.waiting

    @property
    def blocked(self) -> int:
        """How many pictures could not be taken, and are tried again now and then."""
        return self._intake.blocked

    @property
    def paths(self) -> list[PurePosixPath]:
        """The pictures that wait to be claimed."""
        return self._intake.paths

    def start(self, now: float) -> None:
        """Take up the inbox or, where the machine is at fault, begin to wait for it.

        Raises:
            InboxTakenError: Another instance works on it.
            OSError: It cannot be worked on, and that will not change by itself.
        """
        try:
            self.attach(now)
        except OSError as error:
            if not is_transient(error):
                raise
            self._lose(now, error)

    def attach(self, now: float) -> None:
        """Take up the inbox: watch first, then scan, so that there is no gap.

        Raises:
            InboxTakenError: Another instance works on it.
            OSError: It is not there, or cannot be worked on.
        """
        self._guard.attach()
        self._recover()
        self._scan(now)
        self._next_check = now + _CHECK_SECONDS

    def detach(self) -> None:
        """Let go of the inbox."""
        self._guard.detach()

    def _recover(self) -> None:
        held = self._worker.keys()
        claims = list(self._claims.recover(held))
        if claims:
            self._logger.info("taken up again", pictures=len(claims))
        for claim in claims:
            self._worker.give(claim, suspect=claim.attempts > 0)

    def _scan(self, now: float) -> None:
        self._intake.scan(now, self._teller.beat)
        looks = self._looks
        seconds = looks.poll_seconds if self._guard.polls else looks.rescan_seconds
        self._next_scan = now + seconds

    def tend(self, now: float) -> None:
        """Do what is due; where the inbox is lost, wait for it to come back."""
        try:
            self._tend(now)
        except (OSError, AlreadyRunningError) as error:
            self._lose(now, error)

    def _tend(self, now: float) -> None:
        if not self._guard.attached:
            if now < self._next_attach:
                return
            self.attach(now)
        if now >= self._next_check:
            self._check(now)
        self._take_hints(now)
        if now >= self._next_scan:
            self._recover()
            self._scan(now)
        self._claim(now)
        if self._intake.overflowed and self._intake.waiting == 0:
            self._scan(now)
        self._find_well()

    def _check(self, now: float) -> None:
        self._next_check = now + _CHECK_SECONDS
        if not self._guard.is_sound():
            self._logger.warning("the watcher was lost and is set up anew")
            self.attach(now)

    def _take_hints(self, now: float) -> None:
        paths, lost = self._hints.take()
        if lost:
            self._logger.info("events were lost, so the inbox is scanned")
            self._next_scan = now
        self._intake.hint(paths, now)

    def _claim(self, now: float) -> None:
        rests_until = self._worker.rests.until
        for claim in self._intake.claims(now, self._worker.has_room, rests_until):
            self._worker.give(claim)

    def _find_well(self) -> None:
        if self.unavailable_reason:
            self._logger.info("working again")
        self._back_off_seconds, self.unavailable_reason, self.faults = 0.0, "", 0

    def _lose(self, now: float, error: Exception) -> None:
        """Wait for the inbox to come back, or for its disk to have room again."""
        self._guard.detach()
        longer = max(self._back_off_seconds * 2, 0.5)
        self._back_off_seconds = min(longer, _LONGEST_BACK_OFF_SECONDS)
        self._next_attach = now + self._back_off_seconds
        self.faults += 1
        if self.unavailable_reason != describe(error):
            self.unavailable_reason = describe(error)
            self._logger.warning("paused", why=self.unavailable_reason)

    def hear(self, report: Report, now: float) -> None:
        """Do what follows for the inbox from how the work on a picture ended."""
        if report.outcome is Outcome.VANISHED:
            self._claims.release(report.claim)
        with suppress(OSError):
            self._see_again(report, now)

    def _see_again(self, report: Report, now: float) -> None:
        """Look at once at what was laid back into the inbox: hints may come late."""
        if report.outcome is Outcome.PUT_BACK:
            self._intake.wait_longer(report.claim.source, now)
        if report.outcome is Outcome.MODEL_UNAVAILABLE:
            self._intake.hint([str(report.claim.source)], now)

    def is_well(self, now: float) -> bool:
        """Whether the inbox is scanned when it should be, or waited for."""
        return not self._guard.attached or now < self._next_scan + _SLACK_SECONDS

    def next_due(self) -> float:
        """Return the monotonic time at which something is to be done."""
        if not self._guard.attached:
            return self._next_attach
        due = [self._next_check, self._next_scan]
        if self._worker.has_room():
            settled = self._intake.next_due_seconds()
            due += [settled] if settled is not None else []
        return min(due)
