"""Turns hints and scans into settled pictures, and settled pictures into claims."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import PurePosixPath

from dropcut.core.claims import Claim, InboxFile, SkippedEntry
from dropcut.core.errors import describe, is_transient
from dropcut.core.events import Publish, ScanFinished, Skipped
from dropcut.inbox.ports import Inbox, SubFolder
from dropcut.inbox.sightings import Sightings

_HEARTBEAT_ENTRIES = 256


class Intake:
    """The pictures of the inbox that are not claimed yet.

    Attributes:
        sightings: Only a memory of what was seen; the inbox itself is the queue. The
            memory is bounded; the next scan finds pictures that do not fit.
    """

    def __init__(
        self,
        inbox: Inbox,
        publish: Publish,
        *,
        settle_seconds: float,
        limit: int = 10_000,
    ) -> None:
        """Create an intake that remembers at most `limit` pictures at once."""
        self._inbox, self._publish, self._limit = inbox, publish, limit
        self.sightings = Sightings(settle_seconds, limit)
        self._reported: dict[PurePosixPath, str] = {}

    def scan(
        self, now_seconds: float, heartbeat: Callable[[], None] = lambda: None
    ) -> None:
        """List the whole inbox.

        Args:
            now_seconds: Current monotonic time.
            heartbeat: Called regularly: listing a share with many files takes time.

        Raises:
            OSError: The inbox is not there.
        """
        self.sightings.overflowed = False
        gone, entries = set(self.sightings.unclaimable), 0
        for entries, entry in enumerate(self._inbox.scan(PurePosixPath()), 1):
            gone.discard(entry.path)
            self._observe(entry, now_seconds)
            if entries % _HEARTBEAT_ENTRIES == 1:
                heartbeat()
        for path in gone:
            self.sightings.forget(path)
        self._publish(ScanFinished(entries=entries))

    def hint(self, paths: Iterable[str], now_seconds: float) -> None:
        """Look at paths that may have changed."""
        for path in paths:
            self._look_at(PurePosixPath(path), now_seconds)

    def wait_longer(self, path: PurePosixPath, now_seconds: float) -> None:
        """Wait longer for a picture that was returned because its end was missing."""
        entry = self._inbox.entry_at(path)
        if isinstance(entry, InboxFile):
            self.sightings.observe_incomplete(entry, now_seconds)

    def claim(self, path: PurePosixPath, now_seconds: float) -> Claim | None:
        """Claim a settled picture; None if it changed, is gone or cannot be claimed.

        Raises:
            OSError: The machine is at fault, or the inbox cannot be reached.
        """
        # The picture may have changed without a hint. It may change at any moment, so
        # `Inbox.claim` checks it twice more, before and after the rename.
        self._look_at(path, now_seconds)
        sighting = self.sightings.settled(path, now_seconds)
        if sighting is None:
            return None
        try:
            claim = self._inbox.claim(InboxFile(path, sighting.identity))
        except OSError as error:
            if is_transient(error):
                raise
            self._inbox.check()  # if the inbox is unreachable, that is the cause
            reason = f"it cannot be claimed: {describe(error)}"
            self.sightings.set_unclaimable(path, reason, now_seconds)
            self._report_once(path, reason)
            return None
        self.sightings.forget(path)
        self._reported.pop(path, None)
        if claim is None:
            self._look_at(path, now_seconds)
            return None
        return replace(claim, settled_long=sighting.maybe_incomplete)

    def _look_at(self, path: PurePosixPath, now_seconds: float) -> None:
        entry = self._inbox.entry_at(path)
        if isinstance(entry, InboxFile | SkippedEntry):
            self._observe(entry, now_seconds)
            return
        self.sightings.forget(path)
        if isinstance(entry, SubFolder):
            with suppress(FileNotFoundError, NotADirectoryError, PermissionError):
                for below in self._inbox.scan(path):
                    self._observe(below, now_seconds)

    def _observe(self, entry: InboxFile | SkippedEntry, now_seconds: float) -> None:
        if isinstance(entry, InboxFile):
            self.sightings.observe(entry, now_seconds)
        else:
            self.sightings.forget(entry.path)
            self._report_once(entry.path, entry.reason)

    def _report_once(self, path: PurePosixPath, reason: str) -> None:
        if self._reported.get(path) == reason:
            return
        if len(self._reported) >= self._limit:
            self._reported.clear()
        self._reported[path] = reason
        self._publish(Skipped(path=path, reason=reason))
