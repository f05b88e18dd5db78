"""Hints and scans become settled pictures, and settled pictures become claims.

What lies here is only a memory of what was seen: the inbox itself is the queue. It is
bounded, and whatever does not fit is found by the next scan.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from dropcut.core.claims import Claim, InboxFile, SkippedEntry
from dropcut.core.errors import describe, is_transient
from dropcut.core.text import printable
from dropcut.inbox import settle
from dropcut.inbox.ports import Inbox

if TYPE_CHECKING:
    from dropcut.events.log import Logger

_PATIENCE = 10
_LONGEST_WAIT_SECONDS = 60
_BEAT_ITEMS = 256


class Intake:
    """The pictures of the inbox that are not claimed yet."""

    def __init__(
        self,
        inbox: Inbox,
        logger: "Logger",
        *,
        settle_seconds: float,
        limit: int = 10_000,
    ) -> None:
        """Take the inbox, and how many pictures are remembered at once."""
        self._inbox, self._logger = inbox, logger
        self._settle_seconds, self._limit = settle_seconds, limit
        self._seen: dict[PurePosixPath, settle.Sighting] = {}
        self._doubted: set[PurePosixPath] = set()
        self._named: dict[PurePosixPath, str] = {}
        self._blocked: dict[PurePosixPath, settle.Sighting] = {}
        self._resting: dict[PurePosixPath, settle.Sighting] = {}
        self.overflowed = False

    @property
    def waiting(self) -> int:
        """How many pictures are known, and wait to be claimed."""
        return len(self._seen) + len(self._resting)

    @property
    def paths(self) -> list[PurePosixPath]:
        """The pictures that wait to be claimed."""
        return [*self._seen, *self._resting]

    @property
    def blocked(self) -> int:
        """How many pictures could not be taken, and are tried again now and then."""
        return len(self._blocked)

    def scan(self, now_seconds: float, beat: Callable[[], None] = lambda: None) -> None:
        """Look at everything in the inbox.

        Args:
            now_seconds: Monotonic time.
            beat: Called now and then: a share with many files takes its time.

        Raises:
            OSError: The inbox is not there.
        """
        self.overflowed = False
        gone = set(self._blocked)
        for number, item in enumerate(self._inbox.scan(PurePosixPath())):
            gone.discard(item.path)
            self._see(item, now_seconds)
            if number % _BEAT_ITEMS == 0:
                beat()
        for path in gone:
            self._blocked.pop(path, None)

    def hint(self, paths: Iterable[str], now_seconds: float) -> None:
        """Look at paths that may have changed."""
        for path in map(PurePosixPath, paths):
            if self._inbox.is_folder(path):
                with suppress(FileNotFoundError, NotADirectoryError, PermissionError):
                    for item in self._inbox.scan(path):
                        self._see(item, now_seconds)
            else:
                self._look(path, now_seconds)

    def wait_longer(self, path: PurePosixPath, now_seconds: float) -> None:
        """Wait longer for a picture that was put back because its end is missing."""
        self._doubted.add(path)
        self._drop(path)
        self._look(path, now_seconds)

    def claims(
        self,
        now_seconds: float,
        room: Callable[[], bool],
        rests_until: Callable[[PurePosixPath], float] = lambda _: 0,
    ) -> Iterable[Claim]:
        """Claim settled pictures, oldest sighting first, while there is room.

        Args:
            now_seconds: Monotonic time.
            room: Whether another one may be claimed.
            rests_until: Monotonic time before which a picture is to be left alone.
        """
        self._wake(now_seconds)
        while room() and (path := self._first_settled(now_seconds)):
            if (until_seconds := rests_until(path)) > now_seconds:
                self._rest(path, now_seconds, until_seconds)
                continue
            self._look(path, now_seconds)
            sighting = self._seen.get(path)
            if sighting and settle.is_settled(sighting, now_seconds):
                claim = self._claim(path, sighting, now_seconds)
                if claim:
                    yield claim

    def _first_settled(self, now_seconds: float) -> PurePosixPath | None:
        """Return the picture that was seen first of those that are complete.

        No list of all is made: there may be thousands, at each look.
        """
        settled = (
            path
            for path, sighting in self._seen.items()
            if settle.is_settled(sighting, now_seconds)
        )
        return next(settled, None)

    def next_due_seconds(self) -> float | None:
        """Return the monotonic time at which the next picture may be complete."""
        sightings = (*self._seen.values(), *self._resting.values())
        return min((s.due_seconds for s in sightings), default=None)

    def _rest(
        self, path: PurePosixPath, now_seconds: float, until_seconds: float
    ) -> None:
        """Leave a picture alone for a while, and make its place free for others."""
        identity = self._seen.pop(path).identity
        if len(self._resting) >= self._limit:
            self.overflowed = True
            return
        self._resting[path] = settle.Sighting(
            identity, now_seconds, until_seconds - now_seconds
        )

    def _wake(self, now_seconds: float) -> None:
        """Take up the pictures that have rested for long enough."""
        awake = [
            p for p, s in self._resting.items() if settle.is_settled(s, now_seconds)
        ]
        for path in awake:
            self._seen[path] = self._resting.pop(path)

    def _look(self, path: PurePosixPath, now_seconds: float) -> None:
        item = self._inbox.look(path)
        if item is None:
            self._drop(path)
            self._doubted.discard(path)
        else:
            self._see(item, now_seconds)

    def _see(self, item: InboxFile | SkippedEntry, now_seconds: float) -> None:
        if isinstance(item, SkippedEntry):
            self._drop(item.path)
            self._name_once(item.path, item.reason)
        elif not self._is_blocked(item, now_seconds):
            self._remember(item, now_seconds)

    def _is_blocked(self, item: InboxFile, now_seconds: float) -> bool:
        """Whether it is too early to try a picture again that could not be taken."""
        blocked = self._blocked.get(item.path)
        same = blocked is not None and blocked.identity == item.identity
        return same and not settle.is_settled(self._blocked[item.path], now_seconds)

    def _remember(self, item: InboxFile, now_seconds: float) -> None:
        resting = self._resting.get(item.path)
        if resting is not None and resting.identity == item.identity:
            return
        self._resting.pop(item.path, None)
        earlier = self._seen.get(item.path)
        if earlier is None and len(self._seen) >= self._limit:
            self.overflowed = True
            return
        if earlier is not None and earlier.identity != item.identity:
            self._doubted.discard(item.path)
        patience = _PATIENCE if item.path in self._doubted else 1
        self._seen[item.path] = settle.see(
            earlier, item.identity, now_seconds, self._settle_seconds * patience
        )

    def _claim(
        self, path: PurePosixPath, sighting: settle.Sighting, now_seconds: float
    ) -> Claim | None:
        found, settled_long = InboxFile(path, sighting.identity), path in self._doubted
        try:
            claim = self._inbox.claim(found, settled_long=settled_long)
        except OSError as error:
            if is_transient(error):
                raise
            self._inbox.check()
            self._postpone(path, now_seconds, error)
            return None
        self._drop(path)
        self._doubted.discard(path)
        self._named.pop(path, None)
        if claim is None:
            self._look(path, now_seconds)
        return claim

    def _postpone(
        self, path: PurePosixPath, now_seconds: float, error: OSError
    ) -> None:
        """Leave a picture that cannot be taken for later, and say so once."""
        sighting = self._seen.pop(path)
        earlier = self._blocked.get(path)
        wait = earlier.quiet_seconds * 2 if earlier else self._settle_seconds
        if len(self._blocked) >= self._limit:
            self._blocked.clear()
        self._blocked[path] = settle.Sighting(
            sighting.identity, now_seconds, min(wait, _LONGEST_WAIT_SECONDS)
        )
        self._name_once(path, f"it cannot be taken: {describe(error)}")

    def _drop(self, path: PurePosixPath) -> None:
        for known in (self._seen, self._resting, self._blocked):
            known.pop(path, None)

    def _name_once(self, path: PurePosixPath, kind: str) -> None:
        if self._named.get(path) == kind:
            return
        if len(self._named) >= self._limit:
            self._named.clear()
        self._named[path] = kind
        self._logger.warning("left alone", name=printable(path), why=kind)
