"""The bounded memory of pictures that wait, are deferred, or cannot be claimed."""

from collections.abc import Set as AbstractSet
from dataclasses import replace
from pathlib import PurePosixPath

from dropcut.core.backoff import Backoff, BackoffPolicy
from dropcut.core.claims import FileIdentity, InboxFile
from dropcut.inbox.settle import Sighting, is_settled, see

_INCOMPLETE_FACTOR = 10
_MAX_WAIT_SECONDS = 60.0


class Sightings:
    """The pictures that were seen in the inbox, in the order of the first sighting.

    Attributes:
        overflowed: Whether a picture did not fit, so only a scan will find it.
    """

    def __init__(self, settle_seconds: float, limit: int) -> None:
        """Create an empty memory for up to `limit` pictures of each kind."""
        self._settle_seconds, self._limit = settle_seconds, limit
        self._waiting: dict[PurePosixPath, Sighting] = {}
        # Deferred pictures are kept apart, so that they take no place from pictures
        # that can be processed.
        self._deferred: dict[PurePosixPath, Sighting] = {}
        self._unclaimable: dict[PurePosixPath, tuple[FileIdentity, Backoff]] = {}
        self._backoff_policy = BackoffPolicy(
            first_seconds=settle_seconds, longest_seconds=_MAX_WAIT_SECONDS
        )
        self.overflowed = False

    def __len__(self) -> int:
        """Count the pictures that wait or are deferred."""
        return len(self._waiting) + len(self._deferred)

    @property
    def paths(self) -> list[PurePosixPath]:
        """The pictures that wait or are deferred."""
        return [*self._waiting, *self._deferred]

    @property
    def unclaimable(self) -> AbstractSet[PurePosixPath]:
        """The pictures that could not be claimed at the last try."""
        return self._unclaimable.keys()

    def next_due_seconds(self) -> float | None:
        """Return the monotonic time at which the next picture may have settled."""
        sightings = (*self._waiting.values(), *self._deferred.values())
        return min((s.due_seconds for s in sightings), default=None)

    def observe(self, file: InboxFile, now_seconds: float) -> None:
        """Remember a file, unless it is unchanged and its back-off has not ended."""
        identity, backoff = self._unclaimable.get(file.path, (None, None))
        unchanged = identity == file.identity
        if backoff and unchanged and now_seconds < backoff.until_seconds:
            return
        deferred = self._deferred.get(file.path)
        if deferred and deferred.identity == file.identity:
            return
        self._deferred.pop(file.path, None)
        earlier = self._waiting.get(file.path)
        if earlier is None and len(self._waiting) >= self._limit:
            self.overflowed = True
            return
        self._waiting[file.path] = see(
            earlier, file.identity, now_seconds, self._settle_seconds
        )

    def observe_incomplete(self, file: InboxFile, now_seconds: float) -> None:
        """Remember a file whose end was missing; the limit does not apply here."""
        self.forget(file.path)
        due_seconds = now_seconds + self._settle_seconds * _INCOMPLETE_FACTOR
        self._waiting[file.path] = Sighting(
            file.identity, due_seconds, maybe_incomplete=True
        )

    def next_settled(self, now_seconds: float) -> PurePosixPath | None:
        """Return the settled picture that was seen first, if there is one."""
        due = [p for p, s in self._deferred.items() if is_settled(s, now_seconds)]
        for path in due:
            self._waiting[path] = self._deferred.pop(path)
        # A generator, not a list: thousands of pictures may wait at each call.
        settled = (p for p, s in self._waiting.items() if is_settled(s, now_seconds))
        return next(settled, None)

    def settled(self, path: PurePosixPath, now_seconds: float) -> Sighting | None:
        """Return the sighting of a picture, if it has settled."""
        sighting = self._waiting.get(path)
        return sighting if sighting and is_settled(sighting, now_seconds) else None

    def defer(self, path: PurePosixPath, until_seconds: float) -> None:
        """Leave a waiting picture alone until the given monotonic time."""
        sighting = self._waiting.pop(path)
        if len(self._deferred) >= self._limit:
            self.overflowed = True
            return
        self._deferred[path] = replace(sighting, due_seconds=until_seconds)

    def set_unclaimable(
        self, path: PurePosixPath, reason: str, now_seconds: float
    ) -> None:
        """Note that a waiting picture could not be claimed; each try waits longer."""
        identity = self._waiting.pop(path).identity
        _, earlier = self._unclaimable.get(path, (None, None))
        if len(self._unclaimable) >= self._limit:
            self._unclaimable.clear()
        backoff = self._backoff_policy.after_fault(earlier, reason, now_seconds)
        self._unclaimable[path] = identity, backoff

    def forget(self, path: PurePosixPath) -> None:
        """Forget a picture, whether it waits, is deferred or is unclaimable."""
        self._waiting.pop(path, None)
        self._deferred.pop(path, None)
        self._unclaimable.pop(path, None)
