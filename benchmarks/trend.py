"""Whether something that is counted again and again grows."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

_LEAST = 8


@dataclass(frozen=True, slots=True)
class Slope:
    """The straight line through some points, by least squares.

    Attributes:
        rise: How much is added for each step.
        doubt: Two standard errors: the true rise is as far off in one of twenty runs.
    """

    rise: float
    doubt: float

    @property
    def surely(self) -> float:
        """The least that it rises, all doubt granted."""
        return self.rise - self.doubt


def slope(steps: Sequence[float], values: Sequence[float]) -> Slope | None:
    """Fit a line; none goes through too few points."""
    if len(values) < _LEAST:
        return None
    line = statistics.linear_regression(steps, values)
    off = (
        value - line.intercept - line.slope * step
        for step, value in zip(steps, values, strict=True)
    )
    variance = math.fsum(error * error for error in off) / (len(values) - 2)
    middle = statistics.fmean(steps)
    spread = math.fsum((step - middle) ** 2 for step in steps)
    return Slope(line.slope, 2 * math.sqrt(variance / spread))


def grows(counts: Sequence[int]) -> bool:
    """Whether each third of the counts is wholly above the third before it.

    A step is no growth: some things are made when they are first needed.
    """
    third = len(counts) // 3
    if not third:
        return False
    first, second = counts[:third], counts[third : 2 * third]
    last = counts[2 * third :]
    return max(first) < min(second) and max(second) < min(last)
