"""When is a file complete? When nothing about it has changed for long enough."""

from dataclasses import dataclass

from dropcut.core.claims import FileIdentity


@dataclass(frozen=True, slots=True)
class Sighting:
    """A file as it was last seen.

    Attributes:
        identity: What `stat` said.
        since_seconds: Monotonic time from which on it is known to be so.
        quiet_seconds: How long it must stay so.
    """

    identity: FileIdentity
    since_seconds: float
    quiet_seconds: float

    @property
    def due_seconds(self) -> float:
        """Monotonic time at which it is complete, if it does not change."""
        return self.since_seconds + self.quiet_seconds


def see(
    earlier: Sighting | None,
    identity: FileIdentity,
    now_seconds: float,
    quiet_seconds: float,
) -> Sighting:
    """Return the sighting that follows from an earlier one and a new look.

    Args:
        earlier: The last sighting of the same path, if there is one.
        identity: What `stat` says now.
        now_seconds: Monotonic time of the look.
        quiet_seconds: How long a new or changed file must stay as it is.
    """
    if earlier is not None and earlier.identity == identity:
        return earlier
    return Sighting(identity, now_seconds, quiet_seconds)


def is_settled(sighting: Sighting, now_seconds: float) -> bool:
    """Whether a file that was just seen unchanged is complete."""
    return now_seconds >= sighting.due_seconds
