"""When a file has settled: once it has not changed for long enough."""

from dataclasses import dataclass

from dropcut.core.claims import FileIdentity


@dataclass(frozen=True, slots=True)
class Sighting:
    """A file as it was last seen.

    Attributes:
        identity: What `stat` returned.
        due_seconds: Monotonic time at which the file has settled, unless it changes.
        maybe_incomplete: Whether the file was claimed before and its end was missing,
            so it must stay unchanged for longer.
    """

    identity: FileIdentity
    due_seconds: float
    maybe_incomplete: bool = False


def see(
    earlier: Sighting | None,
    identity: FileIdentity,
    now_seconds: float,
    quiet_seconds: float,
) -> Sighting:
    """Return the next sighting: the earlier one, unless the file is new or changed.

    The file's own age is not used: a copy may have an old mtime while it grows.

    Args:
        earlier: The last sighting of the same path, if there is one.
        identity: What `stat` returns now.
        now_seconds: Current monotonic time.
        quiet_seconds: How long a new or changed file must stay unchanged.
    """
    if earlier is not None and earlier.identity == identity:
        return earlier
    return Sighting(identity, now_seconds + quiet_seconds)


def is_settled(sighting: Sighting, now_seconds: float) -> bool:
    """Whether a file that was just seen unchanged has settled."""
    return now_seconds >= sighting.due_seconds
