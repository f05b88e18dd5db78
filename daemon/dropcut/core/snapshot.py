"""What the service does at one moment, for all who show it or decide by it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dropcut.core.backoff import Backoff
from dropcut.core.errors import ExitCode, Reason

_MOST_REASONS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The service at one moment.

    Attributes:
        waiting: Pictures of the inbox that are known and not archived, wherever they
            are now.
        in_progress: The names of those that are worked on, printable.
        done: Pictures of this run whose result is in the outbox.
        failures: Pictures of this run that failed, by reason.
        unclaimable: Pictures that cannot be claimed, and are tried again now and then.
        given_up: How many of the waiting ones were tried too often, or their model or
            folder was; counted for `run --once` alone, once the worker is idle.
        idle: Whether the worker has nothing to do.
        attached: Whether the inbox is watched and scanned.
        inbox_backoff: While the inbox is unavailable.
        backoff: While the machine is at fault.
        partial_backoffs: One for each unavailable model or folder.
        parked: Why each claim waits that is not to be tried now.
    """

    waiting: int = 0
    in_progress: tuple[str, ...] = ()
    done: int = 0
    failures: Mapping[Reason, int] = field(default_factory=dict)
    unclaimable: int = 0
    given_up: int = 0
    idle: bool = True
    attached: bool = True
    inbox_backoff: Backoff | None = None
    backoff: Backoff | None = None
    partial_backoffs: tuple[Backoff, ...] = ()
    parked: tuple[Backoff, ...] = ()

    @property
    def failed(self) -> int:
        """How many pictures of this run failed."""
        return sum(self.failures.values())

    @property
    def archived(self) -> int:
        """How many pictures of this run are done or failed."""
        return self.done + self.failed

    @property
    def status_line(self) -> str:
        """One line for people."""
        counts = f"{self.waiting} waiting, {self.done} done, {self.failed} failed"
        if self.unclaimable:
            counts += f", {self.unclaimable} cannot be claimed"
        if backoff := self.inbox_backoff or self.backoff:
            return f"paused, {backoff.reason}: {counts}"
        parts = (*self.partial_backoffs, *self.parked)
        if parts and self.waiting:
            reasons = list(dict.fromkeys(backoff.reason for backoff in parts))
            more = len(reasons) - _MOST_REASONS
            told = "; ".join(reasons[:_MOST_REASONS])
            told += f"; and {more} more" if more > 0 else ""
            return f"paused in part, {told}: {counts}"
        return f"{', '.join(self.in_progress) or 'idle'}: {counts}"

    @property
    def gave_up(self) -> bool:
        """Whether `run --once` ends because the machine was at fault too often."""
        backoffs = (self.backoff, self.inbox_backoff)
        too_often = any(b is not None and b.exhausted for b in backoffs)
        return too_often or (self.finished and self.given_up > 0)

    @property
    def finished(self) -> bool:
        """Whether nothing is left that could be done now."""
        return self.idle and self.attached and self.waiting == self.given_up

    @property
    def exit_code(self) -> ExitCode:
        """How `run --once` ends, if this is its last snapshot."""
        undone = self.failed or self.unclaimable or self.waiting
        paused = self.backoff or self.partial_backoffs or self.inbox_backoff
        return ExitCode.SOME_FAILED if undone or paused else ExitCode.DONE
