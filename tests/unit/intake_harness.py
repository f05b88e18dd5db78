"""An intake over an inbox in memory."""

from pathlib import PurePosixPath

from dropcut.core.events import Event, Skipped
from dropcut.inbox.intake import Intake

from .fakes import FakeInbox


class IntakeHarness:
    """An intake over a fake inbox, and the events that it published."""

    def __init__(self, limit: int = 100) -> None:
        """Begin with an empty inbox."""
        self.inbox = FakeInbox()
        self.events: list[Event] = []
        self.deferred: dict[str, float] = {}
        self.settled_long: dict[str, bool] = {}
        self.intake = Intake(
            self.inbox, self.events.append, settle_seconds=2, limit=limit
        )
        self.sightings = self.intake.sightings

    def claimed(self, now: float, room: int = 1000) -> list[str]:
        """Claim what has settled and return the names, `room` at most."""
        names: list[str] = []
        while len(names) < room and (path := self.sightings.next_settled(now)):
            until_seconds = self.deferred.get(str(path.parent), 0)
            if until_seconds > now:
                self.sightings.defer(path, until_seconds)
            elif claim := self.intake.claim(path, now):
                self.settled_long[str(path)] = claim.settled_long
                names.append(str(claim.source))
        return names

    @property
    def skipped(self) -> list[tuple[PurePosixPath, str]]:
        """The paths that were reported as skipped, with the reasons."""
        return [(e.path, e.reason) for e in self.events if isinstance(e, Skipped)]
