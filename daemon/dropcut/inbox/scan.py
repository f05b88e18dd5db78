"""The inbox: what lies in it, and taking pictures out of it."""

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from dropcut.core.claims import Claim, Folders, InboxFile, SkippedEntry
from dropcut.core.ignored import is_ignored, is_ignored_folder
from dropcut.storage import posix
from dropcut.storage.claims import Claims
from dropcut.storage.roots import GuardedFolder

_KINDS = (
    (stat.S_ISLNK, "a link"),
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
_DEEPEST = 64
_NOT_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EACCES, errno.EPERM)
_PICTURE_SUFFIXES = frozenset(
    [
        ".jpg",
        ".jpeg",
        ".png",
        ".webp",
        ".tif",
        ".tiff",
        ".gif",
        ".avif",
        ".heic",
        ".heif",
    ]
)


class InboxFolder:
    """Looks into the inbox without following links."""

    def __init__(
        self,
        folders: Folders,
        claims: Claims,
        *,
        recursive: bool,
        ignore: Sequence[str],
    ) -> None:
        """Take the folders, the inbox's claims, and what is to be left alone."""
        self._root, self._claims = GuardedFolder(folders.inbox, folders.marker), claims
        self._recursive, self._ignore = recursive, ignore

    def scan(
        self, below: PurePosixPath = posix.HERE
    ) -> Iterator[InboxFile | SkippedEntry]:
        """Yield every file below a folder, and what is left alone but worth a word."""
        with self._root.opened(below) as folder:
            yield from self._walk(folder, below)

    def _walk(
        self, folder: int, below: PurePosixPath
    ) -> Iterator[InboxFile | SkippedEntry]:
        with os.scandir(folder) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                try:
                    status = posix.status_at(folder, entry.name)
                except PermissionError:
                    yield SkippedEntry(below, "a folder that may not be searched")
                    return
                if status is None:
                    continue
                if not stat.S_ISDIR(status.st_mode):
                    yield from self._judge(below / entry.name, status)
                elif self._enters(entry.name):
                    yield from self._enter(folder, below / entry.name)

    def _enter(
        self, folder: int, path: PurePosixPath
    ) -> Iterator[InboxFile | SkippedEntry]:
        if path.suffix.lower() in _PICTURE_SUFFIXES:
            yield SkippedEntry(path, "a folder named like a picture")
        if len(path.parts) > _DEEPEST:
            yield SkippedEntry(path, "a folder too deep")
            return
        try:
            child = posix.open_child(folder, path.name)
        except PermissionError:
            yield SkippedEntry(path, "a folder that may not be read")
        except OSError:
            return
        else:
            try:
                yield from self._walk(child, path)
            finally:
                os.close(child)

    def _enters(self, name: str) -> bool:
        return self._recursive and not is_ignored_folder(name, self._ignore)

    def _judge(
        self, path: PurePosixPath, status: os.stat_result
    ) -> Iterator[InboxFile | SkippedEntry]:
        if is_ignored(path.name, self._ignore):
            return
        if posix.is_regular(status):
            yield InboxFile(path, posix.identity(status))
        else:
            kinds = (kind for test, kind in _KINDS if test(status.st_mode))
            yield SkippedEntry(path, next(kinds, "no ordinary file"))

    def look(self, path: PurePosixPath) -> InboxFile | SkippedEntry | None:
        """Say what a path is now."""
        status = self._status(path)
        if status is None or stat.S_ISDIR(status.st_mode):
            return None
        return next(self._judge(path, status), None)

    def is_folder(self, path: PurePosixPath) -> bool:
        """Whether a path is a folder that a scan would enter."""
        status = self._status(path)
        return (
            status is not None
            and stat.S_ISDIR(status.st_mode)
            and self._enters(path.name)
        )

    def _status(self, path: PurePosixPath) -> os.stat_result | None:
        parents = path.parent.parts
        if parents and not all(self._enters(part) for part in parents):
            return None
        try:
            with self._root.opened(path.parent) as folder:
                return posix.status_at(folder, path.name)
        except OSError as error:
            if error.errno in _NOT_THERE:
                return None
            raise

    def check(self) -> None:
        """Raise OSError if inbox, claims or outbox cannot be reached."""
        self._claims.check()

    def claim(self, found: InboxFile, *, settled_long: bool) -> Claim | None:
        """Take a settled picture out of the inbox."""
        return self._claims.take(found, settled_long=settled_long)
