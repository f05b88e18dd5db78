"""The interfaces that the intake and the supervisor need."""

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
    """Reports which paths may have changed. These are only hints: some may be lost."""

    def start(self) -> None:
        """Start watching.

        Raises:
            OSError: The folder cannot be watched.
        """

    def stop(self) -> None:
        """Stop, and wait until no more hints can arrive."""

    def healthy(self) -> bool:
        """Whether events for the folder currently at the path would arrive."""


class Inbox(Protocol):
    """The inbox as the intake sees it. A missing inbox raises `OSError`."""

    def scan(self, below: PurePosixPath) -> Iterator[InboxFile | SkippedEntry]:
        """Yield every entry below a folder, except what is ignored."""

    def entry_at(
        self, path: PurePosixPath
    ) -> InboxFile | SkippedEntry | SubFolder | None:
        """Return what is at a path now; None if it is ignored or nothing is there."""

    def check(self) -> None:
        """Raise OSError if no picture can be claimed from the inbox at all."""

    def claim(self, file: InboxFile) -> Claim | None:
        """Claim a settled picture; None if it has changed or is gone.

        Raises:
            OSError: The picture cannot be read or moved, or its result cannot have a
                place in the outbox.
        """
