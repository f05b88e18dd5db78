"""The pictures that are worked on at this moment, and for how long each has been."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from dropcut.errors import DropcutError
from dropcut.halt import Halt
from dropcut.jobs import Claim

_SLACK_SECONDS = 60.0
_LOADING_SECONDS = 900.0  # a large model, from a slow disk, on a small machine


@dataclass(frozen=True, slots=True)
class InHand:
    """A claim that is worked on.

    Attributes:
        taken_seconds: Monotonic time at which it was taken.
        since_seconds: The same or, once it is begun, the time of that: the picture's
            own time does not run while its model is loaded.
    """

    claim: Claim
    taken_seconds: float
    since_seconds: float
    begun: bool = False
    halt: Halt = field(default_factory=Halt)


class Hands:
    """The claims in hand, as they were when they were taken. Locks nothing itself."""

    def __init__(self, now: Callable[[], float]) -> None:
        """Take the clock."""
        self._now = now
        self._held: dict[str, InHand] = {}

    def __len__(self) -> int:
        """Count them."""
        return len(self._held)

    @property
    def claims(self) -> tuple[Claim, ...]:
        """The claims; may be asked from any thread."""
        return tuple(hand.claim for hand in tuple(self._held.values()))

    def take(self, claim: Claim, now: float) -> InHand:
        """Take a claim."""
        hand = self._held[claim.key] = InHand(claim, now, now)
        return hand

    def begin(self, hand: InHand) -> None:
        """Let a picture's own time run, for its model is there."""
        begun = replace(hand, since_seconds=self._now(), begun=True)
        self._held[hand.claim.key] = begun

    def drop(self, hand: InHand) -> None:
        """Forget a claim whose work has ended."""
        del self._held[hand.claim.key]

    def busy_seconds(self) -> float:
        """How long the oldest has been worked on, since it was begun."""
        return max(map(self._age_seconds, self._held.values()), default=0.0)

    def _age_seconds(self, hand: InHand) -> float:
        return self._now() - hand.since_seconds if hand.begun else 0.0

    def are_well(self, job_seconds: float) -> bool:
        """Whether all move on, be it with a picture or with loading a model."""
        limit = job_seconds + _SLACK_SECONDS
        return all(
            self._now() - hand.since_seconds
            < (limit if hand.begun else _LOADING_SECONDS)
            for hand in self._held.values()
        )

    def break_off(self, because: DropcutError, after_seconds: float) -> None:
        """Break off the pictures that have taken so long already."""
        for hand in self._held.values():
            if self._age_seconds(hand) > after_seconds:
                hand.halt.break_off(because)
