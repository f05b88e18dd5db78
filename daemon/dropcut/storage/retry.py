"""Lists the failed pictures and moves them back into the inbox."""

import errno
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import PurePosixPath

from dropcut.core.claims import Folders
from dropcut.core.ignored import REASON_SUFFIX
from dropcut.storage import content, posix
from dropcut.storage.free import accepted_name, free_file_name
from dropcut.storage.mirror import mirrored
from dropcut.storage.names import (
    alternatives,
    reason_name,
    temp_name,
)
from dropcut.storage.roots import GuardedFolder


class FailedPictures:
    """The failed pictures of a service."""

    def __init__(self, folders: Folders) -> None:
        """Create a view of the folders; the disk is not accessed."""
        self._inbox = GuardedFolder(folders.inbox, folders.marker)
        self._failed = GuardedFolder(folders.failed, folders.marker)

    def names(self) -> list[PurePosixPath]:
        """Return what users see in `failed/`, as paths relative to it."""
        return list(visible_files(self._failed.path))

    def retry(self, path: PurePosixPath) -> PurePosixPath:
        """Move a picture back into the inbox, then remove its reason.

        In this order, because a picture in `failed/` always has a reason. A reason file
        that a kill leaves behind is removed when the picture is processed.

        Returns:
            The picture's path in the inbox; the name is a free one if its own is taken.

        Raises:
            OSError: The picture cannot be moved, or `path` is no regular file.
        """
        folder = mirrored(self._inbox, path.parent)
        with self._failed.opened(path.parent) as failed_fd:
            status = os.stat(path.name, dir_fd=failed_fd, follow_symlinks=False)
            if not posix.is_regular(status):
                raise OSError(errno.ENXIO, f"it is {posix.kind(status)}", path.name)
            with self._inbox.opened(folder, create=True) as inbox_fd:
                name = _move_back(failed_fd, path.name, inbox_fd)
                posix.sync_folder(inbox_fd)
            with suppress(OSError):
                posix.remove(failed_fd, reason_name(path.name))
        return folder / name


def visible_files(root: os.PathLike[str]) -> Iterator[PurePosixPath]:
    """Yield everything below a folder but folders, hidden entries and reason files."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        below = PurePosixPath(os.path.relpath(folder, root))
        for name in sorted(names):
            if not name.startswith(".") and not name.endswith(REASON_SUFFIX):
                yield below / name


def _move_back(failed_fd: int, name: str, inbox_fd: int) -> str:
    """Rename to a free name; to another file system, copy and remove."""
    try:
        return _rename_free(failed_fd, name, inbox_fd, name)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
    new_name = _copy_of(failed_fd, name, inbox_fd)
    if new_name is None:
        status = os.stat(name, dir_fd=failed_fd, follow_symlinks=False)
        # The same name each time, so that a temporary file left by a kill is replaced
        temp = temp_name(f"retry-{status.st_ino:x}-{status.st_mtime_ns:x}")
        content.copy_verified(failed_fd, name, inbox_fd, temp)
        new_name = _rename_free(inbox_fd, temp, inbox_fd, name)
    posix.sync_folder(inbox_fd)
    os.unlink(name, dir_fd=failed_fd)
    return new_name


def _copy_of(failed_fd: int, name: str, inbox_fd: int) -> str | None:
    """Return the name of the copy that an earlier, killed retry has created, if any."""
    own = posix.status_at(failed_fd, name)
    for copied in alternatives(accepted_name(inbox_fd, name)):
        found = posix.status_at(inbox_fd, copied)
        if own is None or found is None:
            return None
        if own.st_mtime_ns == found.st_mtime_ns and content.has_same_content(
            failed_fd, name, inbox_fd, copied
        ):
            return copied
    raise AssertionError


def _rename_free(source_fd: int, name: str, inbox_fd: int, wanted: str) -> str:
    while True:
        free = free_file_name(
            inbox_fd, wanted, lambda other: not posix.exists(inbox_fd, other)
        )
        with suppress(FileExistsError):
            posix.rename_new(source_fd, name, inbox_fd, free)
            return free
