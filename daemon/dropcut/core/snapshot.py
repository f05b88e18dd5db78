"""What the service is doing at one moment: shown to users, and used for decisions."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dropcut.core.backoff import Backoff
from dropcut.core.errors import ExitCode, Reason

_MAX_REASONS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The service at one moment.

    Attributes:
        waiting: Known pictures that are not archived, in the inbox or claimed.
        in_progress: The printable names of the pictures that are being processed.
        done: Pictures of this run whose result is in the outbox.
        failures: Pictures of this run that failed, by reason.
        unclaimable: Pictures that cannot be claimed; tried again from time to time.
        given_up: Waiting pictures that were tried too often themselves, or whose model
            or folder was; counted only for `run --once`, once the worker is idle.
        idle: Whether the worker has nothing to do.
        attached: Whether the inbox is watched and scanned.
        inbox_backoff: Set while the inbox is unavailable.
        backoff: Set while the machine is at fault.
        partial_backoffs: One for each unavailable model or folder.
        parked: One for each claim whose back-off has not ended.
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
        """One human-readable line."""
        counts = f"{self.waiting} waiting, {self.done} done, {self.failed} failed"
        if self.unclaimable:
            counts += f", {self.unclaimable} cannot be claimed"
        if backoff := self.inbox_backoff or self.backoff:
            return f"paused, {backoff.reason}: {counts}"
        parts = (*self.partial_backoffs, *self.parked)
        if parts and self.waiting:
            reasons = list(dict.fromkeys(backoff.reason for backoff in parts))
            more = len(reasons) - _MAX_REASONS
            shown = "; ".join(reasons[:_MAX_REASONS])
            shown += f"; and {more} more" if more > 0 else ""
            return f"paused in part, {shown}: {counts}"
        return f"{', '.join(self.in_progress) or 'idle'}: {counts}"

    @property
    def gave_up(self) -> bool:
        """Whether `run --once` ends because the machine was at fault too often."""
        backoffs = (self.backoff, self.inbox_backoff)
        too_often = any(b is not None and b.exhausted for b in backoffs)
        return too_often or (self.finished and self.given_up > 0)

    @property
    def finished(self) -> bool:
        """Whether no picture is left that could be processed now."""
        return self.idle and self.attached and self.waiting == self.given_up

    @property
    def exit_code(self) -> ExitCode:
        """How `run --once` ends, if this is its last snapshot."""
        undone = self.failed or self.unclaimable or self.waiting
        paused = self.backoff or self.partial_backoffs or self.inbox_backoff
        return ExitCode.SOME_FAILED if undone or paused else ExitCode.DONE
