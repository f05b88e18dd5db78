"""What the intake needs of the inbox and of its watcher."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Protocol

from dropcut.core.claims import Claim, InboxFile, SkippedEntry


class Watcher(Protocol):
    """Tells which paths of the inbox may have changed. Hints only: some get lost."""

    def start(self) -> None:
        """Begin to watch.

        Raises:
            OSError: The folder cannot be watched.
        """
        ...

    def stop(self) -> None:
        """Stop, and wait until no more hints come."""
        ...

    def healthy(self) -> bool:
        """Whether events of the inbox as it is now would arrive."""
        ...


class Inbox(Protocol):
    """The inbox as the intake sees it. A missing inbox is an `OSError`."""

    def scan(self, below: PurePosixPath) -> Iterator[InboxFile | SkippedEntry]:
        """Yield what lies below a folder; the ignored is left out."""
        ...

    def look(self, path: PurePosixPath) -> InboxFile | SkippedEntry | None:
        """Say what a path is now; None for nothing, a folder or the ignored."""
        ...

    def is_folder(self, path: PurePosixPath) -> bool:
        """Whether a path is a folder that a scan would enter."""
        ...

    def check(self) -> None:
        """Raise OSError if the inbox itself cannot be worked on."""
        ...

    def claim(self, found: InboxFile, *, settled_long: bool) -> Claim | None:
        """Take a settled picture; None when it has changed or gone meanwhile.

        Raises:
            OSError: It cannot be read or moved, or has no place in the outbox.
        """
        ...
