"""While the machine is at fault: what waits, why, and until when."""

from dataclasses import dataclass
from pathlib import PurePosixPath

from dropcut.core.profiles import ModelKey, Profiles

_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Backoff:
    """Why no picture is worked on, or none of one model.

    Attributes:
        faults: How often it was tried in vain since it last went well.
        since_seconds: Monotonic time of the last fault.
        until_seconds: Monotonic time of the next try.
    """

    reason: str
    faults: int
    since_seconds: float
    until_seconds: float


def next_backoff(earlier: Backoff | None, reason: str, now_seconds: float) -> Backoff:
    """Return the pause that follows one more fault: each is twice as long."""
    faults = earlier.faults + 1 if earlier else 1
    seconds = min(_FIRST_PAUSE_SECONDS * 2 ** (faults - 1), _LONGEST_PAUSE_SECONDS)
    return Backoff(reason, faults, now_seconds, now_seconds + seconds)


class ModelBackoffs:
    """The models that are lost: each rests for itself, and is tried now and then.

    Written by one thread at a time; others may read at any time, as a pause is never
    changed and neither is the dictionary.
    """

    def __init__(self, profiles: Profiles) -> None:
        """Take what tells a picture's model."""
        self._profiles = profiles
        self._pauses: dict[ModelKey, Backoff] = {}

    @property
    def all(self) -> tuple[Backoff, ...]:
        """The pause of each lost model."""
        return tuple(self._pauses.values())

    def of(self, source: PurePosixPath) -> Backoff | None:
        """Return the pause of a picture's model, if that is lost."""
        pauses = self._pauses
        return pauses.get(self._key(source)) if pauses else None

    def until(self, source: PurePosixPath) -> float:
        """Return the monotonic time at which a picture may be tried, 0 for always."""
        pause = self.of(source)
        return pause.until_seconds if pause else 0.0

    def prolong(
        self, source: PurePosixPath, reason: str, now_seconds: float
    ) -> Backoff:
        """Let the model of a picture rest, for longer each time."""
        pause = next_backoff(self.of(source), reason, now_seconds)
        self._pauses = {**self._pauses, self._key(source): pause}
        return pause

    def end(self, source: PurePosixPath) -> None:
        """Note that a picture's model is there again."""
        key = self._key(source)
        self._pauses = {k: pause for k, pause in self._pauses.items() if k != key}

    def _key(self, source: PurePosixPath) -> ModelKey:
        return self._profiles.of(source).model_key
