"""The pictures that are worked on at this moment, and for how long each has been."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from dropcut.core.cancel import CancelScope
from dropcut.core.claims import Claim
from dropcut.core.errors import DropcutError

_SLACK_SECONDS = 60.0
_LOADING_SECONDS = 900.0  # a large model, from a slow disk, on a small machine


@dataclass(frozen=True, slots=True)
class Job:
    """A claim that is worked on.

    Attributes:
        taken_seconds: Monotonic time at which it was taken.
        since_seconds: The same or, once its model is there, the time of that.
    """

    claim: Claim
    scope: CancelScope
    taken_seconds: float
    since_seconds: float
    begun: bool = False


class InProgress:
    """The claims in hand, as they were when they were taken. Locks nothing itself."""

    def __init__(self, now: Callable[[], float]) -> None:
        """Take the clock."""
        self._now = now
        self._held: dict[str, Job] = {}

    def __len__(self) -> int:
        """Count them."""
        return len(self._held)

    @property
    def claims(self) -> tuple[Claim, ...]:
        """The claims; may be asked from any thread."""
        return tuple(hand.claim for hand in tuple(self._held.values()))

    def take(self, claim: Claim, now: float) -> Job:
        """Take a claim."""
        hand = self._held[claim.key] = Job(claim, CancelScope(self._now), now, now)
        return hand

    def begin(self, hand: Job) -> None:
        """Note that a picture's model is there."""
        begun = replace(hand, since_seconds=self._now(), begun=True)
        self._held[hand.claim.key] = begun

    def drop(self, hand: Job) -> None:
        """Forget a claim whose work has ended, unless it was taken anew meanwhile."""
        held = self._held.get(hand.claim.key)
        if held and held.scope is hand.scope:
            del self._held[hand.claim.key]

    def busy_seconds(self) -> float:
        """How much time of its own the slowest one has taken."""
        own = (hand.scope.active_seconds for hand in self._held.values())
        return max(own, default=0.0)

    def are_well(self, job_seconds: float) -> bool:
        """Whether all move on, be it with a picture or with loading a model.

        One of them may have to wait for all the others, with each for its whole time.
        """
        limit = job_seconds * max(len(self._held), 1) + _SLACK_SECONDS
        return all(
            self._now() - hand.since_seconds
            < (limit if hand.begun else _LOADING_SECONDS)
            for hand in self._held.values()
        )

    def cancel(self, because: DropcutError, after_seconds: float) -> None:
        """Break off the pictures that have taken so much of their own time already."""
        for hand in self._held.values():
            if hand.scope.active_seconds >= after_seconds:
                hand.scope.cancel(because)
