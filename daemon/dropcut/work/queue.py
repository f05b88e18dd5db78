"""The claims that wait in memory, and which of them comes next."""

from collections import deque
from collections.abc import Callable, Iterator

from dropcut.core.claims import Claim

_MAX_DEFERRED = 8


class WorkQueue:
    """New claims, deferred claims, which come after them, and parked claims.

    Attributes:
        parked: The claims whose back-off has not ended.
    """

    def __init__(self, ahead: int) -> None:
        """Create an empty queue that has room for `ahead` new claims."""
        self._ahead = ahead
        self._new: deque[Claim] = deque()
        self._deferred: deque[Claim] = deque()
        self.parked: tuple[Claim, ...] = ()

    def __iter__(self) -> Iterator[Claim]:
        """Yield all claims."""
        yield from (*self._new, *self._deferred, *self.parked)

    def __len__(self) -> int:
        """Count all claims."""
        return len(self._new) + len(self._deferred) + len(self.parked)

    @property
    def has_room(self) -> bool:
        """Whether another new claim fits."""
        return len(self._new) < self._ahead

    @property
    def is_crowded(self) -> bool:
        """Whether no more claims should be deferred."""
        return len(self._deferred) + len(self.parked) >= _MAX_DEFERRED

    def push(self, claim: Claim, *, deferred: bool = False) -> None:
        """Queue a claim; a deferred one comes after all new ones."""
        (self._deferred if deferred else self._new).append(claim)

    def park(self, claim: Claim) -> None:
        """Keep a claim until `unpark` finds that it is due."""
        self.parked += (claim,)

    def unpark(self, is_due: Callable[[Claim], bool]) -> None:
        """Defer the parked claims that are due."""
        due = [claim for claim in self.parked if is_due(claim)]
        self.parked = tuple(claim for claim in self.parked if claim not in due)
        self._deferred.extend(due)

    def peek(self, *, deferred_first: bool) -> Claim | None:
        """Return the next claim that is not parked."""
        part = self._next_part(deferred_first=deferred_first)
        return part[0] if part else None

    def pop(self, *, deferred_first: bool) -> Claim:
        """Remove and return the claim that `peek` returned."""
        return self._next_part(deferred_first=deferred_first).popleft()

    def _next_part(self, *, deferred_first: bool) -> deque[Claim]:
        deferred = self._deferred and (deferred_first or not self._new)
        return self._deferred if deferred else self._new

    def clear(self) -> list[Claim]:
        """Remove and return all claims."""
        claims = list(self)
        self._new.clear()
        self._deferred.clear()
        self.parked = ()
        return claims
