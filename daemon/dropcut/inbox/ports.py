"""What the intake needs from the inbox, and the supervisor from a watcher."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Protocol

from dropcut.core.claims import Claim, InboxFile, SkippedEntry


@dataclass(frozen=True, slots=True)
class SubFolder:
    """A folder of the inbox that a scan enters."""

    path: PurePosixPath


class Watcher(Protocol):
    """Reports which paths may have changed. These are only hints: some get lost."""

    def start(self) -> None:
        """Start watching.

        Raises:
            OSError: The folder cannot be watched.
        """

    def stop(self) -> None:
        """Stop, and wait until no more hints can arrive."""

    def healthy(self) -> bool:
        """Whether events of the folder that is there now would arrive."""


class Inbox(Protocol):
    """The inbox as the intake sees it. A missing inbox raises `OSError`."""

    def scan(self, below: PurePosixPath) -> Iterator[InboxFile | SkippedEntry]:
        """Yield every entry below a folder, except what is ignored."""

    def entry_at(
        self, path: PurePosixPath
    ) -> InboxFile | SkippedEntry | SubFolder | None:
        """Return what a path is now; None if it is ignored or nothing is there."""

    def check(self) -> None:
        """Raise OSError if nothing at all can be claimed from the inbox."""

    def claim(self, file: InboxFile) -> Claim | None:
        """Claim a settled picture; None if it has changed or is gone.

        Raises:
            OSError: It cannot be read or moved, or has no place in the outbox.
        """
