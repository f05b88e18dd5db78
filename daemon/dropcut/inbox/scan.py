"""The inbox: lists its entries without following links, and claims pictures."""

import os
import re
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import PurePosixPath

from dropcut.core.claims import Claim, Folders, InboxFile, SkippedEntry
from dropcut.core.errors import NO_USABLE_FILE
from dropcut.core.ignored import is_ignored, is_ignored_folder
from dropcut.inbox.ports import SubFolder
from dropcut.storage import posix
from dropcut.storage.claims import Claims
from dropcut.storage.roots import GuardedFolder

_MAX_DEPTH = 64
_PICTURE_SUFFIX = re.compile(
    r"\.(avif|gif|hei[cf]|jpe?g|png|tiff?|webp)", re.IGNORECASE
)


class InboxFolder:
    """The inbox on disk."""

    def __init__(
        self,
        folders: Folders,
        claims: Claims,
        *,
        recursive: bool,
        ignore: Sequence[str],
    ) -> None:
        """Create a view of the inbox; `ignore` contains patterns of names to ignore."""
        self._root, self._claims = GuardedFolder(folders.inbox, folders.marker), claims
        self._own = (folders.outbox, folders.processed, folders.failed)
        self._recursive, self._ignore = recursive, ignore

    def scan(
        self, below: PurePosixPath = posix.HERE
    ) -> Iterator[InboxFile | SkippedEntry]:
        """Yield every entry below a folder, except what is ignored."""
        with self._root.opened(below) as folder:
            yield from self._walk(folder, below)

    def _walk(
        self, folder: int, below: PurePosixPath
    ) -> Iterator[InboxFile | SkippedEntry]:
        for name in sorted(os.listdir(folder)):
            try:
                status = posix.status_at(folder, name)
            except PermissionError:
                reason = "a folder that cannot be searched (no x permission)"
                yield SkippedEntry(below, reason)
                return
            if status is None:
                continue
            if not stat.S_ISDIR(status.st_mode):
                if entry := self._entry(below / name, status):
                    yield entry
            elif self._enters(name):
                yield from self._enter(folder, below / name)

    def _enter(
        self, folder: int, path: PurePosixPath
    ) -> Iterator[InboxFile | SkippedEntry]:
        if _PICTURE_SUFFIX.fullmatch(path.suffix):
            yield SkippedEntry(path, "a folder named like a picture")
        if len(path.parts) > _MAX_DEPTH:
            yield SkippedEntry(path, "a folder nested too deeply")
            return
        try:
            child = posix.open_child(folder, path.name)
        except PermissionError:
            yield SkippedEntry(path, "a folder that cannot be listed (no r permission)")
        except OSError:
            return  # it was removed or replaced; otherwise the next scan finds it
        else:
            try:
                if self._is_own(os.fstat(child)):
                    yield SkippedEntry(path, "one of Dropcut's own folders, by a mount")
                else:
                    yield from self._walk(child, path)
            finally:
                os.close(child)

    def _is_own(self, status: os.stat_result) -> bool:
        """Whether a folder of the inbox is one that Dropcut writes to.

        Paths cannot show this if one folder is a bind mount of the other, which may be
        mounted while the service is running.
        """
        for own in self._own:
            with suppress(OSError):
                if os.path.samestat(own.stat(), status):
                    return True
        return False

    def _enters(self, name: str) -> bool:
        return self._recursive and not is_ignored_folder(name, self._ignore)

    def _entry(
        self, path: PurePosixPath, status: os.stat_result
    ) -> InboxFile | SkippedEntry | None:
        """Classify an entry that is not a folder; None if it is ignored."""
        if is_ignored(path.name, self._ignore):
            return None
        if posix.is_regular(status):
            return InboxFile(path, posix.identity(status))
        return SkippedEntry(path, posix.kind(status))

    def entry_at(
        self, path: PurePosixPath
    ) -> InboxFile | SkippedEntry | SubFolder | None:
        """Return what is at a path now; None if it is ignored or nothing is there."""
        if not all(self._enters(part) for part in path.parent.parts):
            return None
        try:
            for above in path.parents[:-1]:
                with self._root.opened(above) as folder:
                    if self._is_own(os.fstat(folder)):
                        return None
            with self._root.opened(path.parent) as folder:
                status = posix.status_at(folder, path.name)
        except OSError as error:
            if error.errno in NO_USABLE_FILE:
                return None
            raise
        if status is None:
            return None
        if stat.S_ISDIR(status.st_mode):
            enters = self._enters(path.name) and not self._is_own(status)
            return SubFolder(path) if enters else None
        return self._entry(path, status)

    def check(self) -> None:
        """Raise OSError if inbox, claims or outbox cannot be reached."""
        self._claims.check()

    def claim(self, file: InboxFile) -> Claim | None:
        """Claim a settled picture by moving it out of the inbox."""
        return self._claims.claim(file)
