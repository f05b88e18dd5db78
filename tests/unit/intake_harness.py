"""An intake over an inbox in memory."""

from collections.abc import Callable
from pathlib import PurePosixPath

from dropcut.inbox.intake import Intake

from .fakes import Events, FakeInbox, logger

_ALWAYS: Callable[[], bool] = lambda: True  # noqa: E731  # a value of this type


class IntakeHarness:
    """An intake over a fake inbox."""

    def __init__(self, limit: int = 100) -> None:
        """Begin with an empty inbox."""
        self.inbox, self.events = FakeInbox(), Events()
        self.resting: dict[str, float] = {}
        log = logger(self.events)
        self.intake = Intake(self.inbox, log, settle_seconds=2, limit=limit)

    def claimed(self, now: float, room: Callable[[], bool] = _ALWAYS) -> list[str]:
        """Return the names of what is claimed at a time."""
        claims = self.intake.claims(now, room, self.rests_until)
        return [str(claim.source) for claim in claims]

    def rests_until(self, path: PurePosixPath) -> float:
        """Return the time before which a picture is to be left alone."""
        return self.resting.get(str(path.parent), 0)
