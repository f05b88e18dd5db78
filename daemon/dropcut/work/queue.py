"""The claims that wait in memory, and which of them is next."""

from collections import deque
from collections.abc import Callable, Iterator

from dropcut.core.claims import Claim

_MOST_DEFERRED = 8


class WorkQueue:
    """New claims, those to be tried after them, and those whose model is lost."""

    def __init__(self, ahead: int) -> None:
        """Take how many new claims may wait."""
        self._ahead = ahead
        self._fresh: deque[Claim] = deque()
        self._later: deque[Claim] = deque()
        self._held: list[Claim] = []

    def __iter__(self) -> Iterator[Claim]:
        """Yield all claims."""
        yield from (*self._fresh, *self._later, *self._held)

    def __len__(self) -> int:
        """Count all claims."""
        return len(self._fresh) + len(self._later) + len(self._held)

    @property
    def held(self) -> tuple[Claim, ...]:
        """The claims whose model is lost."""
        return tuple(self._held)

    @property
    def has_room(self) -> bool:
        """Whether another new claim may come."""
        return len(self._fresh) < self._ahead

    @property
    def is_crowded(self) -> bool:
        """Whether no more claims should be kept for later."""
        return len(self._later) >= _MOST_DEFERRED

    def add(self, claim: Claim, *, later: bool) -> None:
        """Queue a claim."""
        (self._later if later else self._fresh).append(claim)

    def hold(self, claim: Claim) -> None:
        """Keep a claim until its model may be tried again."""
        self._held.append(claim)

    def release(self, is_due: Callable[[Claim], bool]) -> None:
        """Let the held claims that are due be tried after the others."""
        due = [claim for claim in self._held if is_due(claim)]
        self._held = [claim for claim in self._held if claim not in due]
        self._later.extend(due)

    def next(self, *, later_first: bool) -> Claim | None:
        """Return the next claim that is not held."""
        part = self._next_part(later_first=later_first)
        return part[0] if part else None

    def take(self, *, later_first: bool) -> Claim:
        """Return the same, and forget it; there must be one."""
        return self._next_part(later_first=later_first).popleft()

    def _next_part(self, *, later_first: bool) -> deque[Claim]:
        later = self._later and (later_first or not self._fresh)
        return self._later if later else self._fresh

    def clear(self) -> list[Claim]:
        """Return all claims, and forget them."""
        claims = list(self)
        for part in (self._fresh, self._later, self._held):
            part.clear()
        return claims
