"""Exponential back-off: how long to wait before the next try after a fault."""

from dataclasses import dataclass

_MAX_FAULTS_AT_ONCE = 5


@dataclass(frozen=True, slots=True)
class Backoff:
    """A wait before the next try.

    Attributes:
        reason: Why the last try failed.
        faults: How many tries have failed in a row.
        since_seconds: Monotonic time of the last fault.
        until_seconds: Monotonic time at which the next try may start.
    """

    reason: str
    faults: int
    since_seconds: float
    until_seconds: float

    @property
    def exhausted(self) -> bool:
        """Whether enough tries have failed in a row for `run --once` to give up."""
        return self.faults >= _MAX_FAULTS_AT_ONCE


@dataclass(frozen=True, slots=True, kw_only=True)
class BackoffPolicy:
    """Doubles the wait after each fault, from `first_seconds` to `longest_seconds`."""

    first_seconds: float
    longest_seconds: float

    def after_fault(
        self, earlier: Backoff | None, reason: str, now_seconds: float
    ) -> Backoff:
        """Return the back-off after one more fault.

        Args:
            earlier: The back-off in force when the fault happened, if there was one.
            reason: Why the try failed.
            now_seconds: Current monotonic time.
        """
        faults = earlier.faults + 1 if earlier else 1
        doublings = min(faults - 1, 64)  # many more would overflow a float
        wait_seconds = min(self.first_seconds * 2.0**doublings, self.longest_seconds)
        return Backoff(reason, faults, now_seconds, now_seconds + wait_seconds)
