"""Measuring work, without the time in which everything stood still."""


class Stopwatch:
    """Adds up the time between looks, which must be more frequent than the gap.

    Of a longer time only the gap counts: nobody looked, so a machine was suspended or
    moved, or a container paused, and the work stood still as well.
    """

    def __init__(self, now_seconds: float, *, gap_seconds: float = 10.0) -> None:
        """Start at a monotonic time."""
        self._seen_seconds, self._gap_seconds = now_seconds, gap_seconds
        self._elapsed_seconds = 0.0

    def look(self, now_seconds: float) -> float:
        """Return the seconds since the start."""
        passed = now_seconds - self._seen_seconds
        self._elapsed_seconds += min(passed, self._gap_seconds)
        self._seen_seconds = now_seconds
        return self._elapsed_seconds
