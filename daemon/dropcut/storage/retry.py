"""The failed pictures, and how they get back into the inbox."""

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
        """Change nothing yet."""
        self._inbox = GuardedFolder(folders.inbox, folders.marker)
        self._failed = GuardedFolder(folders.failed, folders.marker)

    def names(self) -> list[PurePosixPath]:
        """Return what lies in `failed/` for people, relative to it."""
        return list(visible_files(self._failed.path))

    def retry(self, path: PurePosixPath) -> PurePosixPath:
        """Move a picture back into the inbox, then remove its reason.

        In this order, because a picture in `failed/` always has a reason. A reason that
        a kill leaves behind is removed when the picture is processed.

        Returns:
            Where it lies in the inbox now: its name, or a free one beside it.

        Raises:
            OSError: It cannot be moved, or is no regular file: only that is a picture.
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
    """Yield all but folders that is visible below a folder, without reason files."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        below = PurePosixPath(os.path.relpath(folder, root))
        for name in sorted(names):
            if not name.startswith(".") and not name.endswith(REASON_SUFFIX):
                yield below / name


def _move_back(failed_fd: int, name: str, inbox_fd: int) -> str:
    """Rename to a free name, or copy and remove on another file system."""
    try:
        return _rename_free(failed_fd, name, inbox_fd, name)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
    new_name = _copy_of(failed_fd, name, inbox_fd)
    if new_name is None:
        status = os.stat(name, dir_fd=failed_fd, follow_symlinks=False)
        # A later try replaces the temporary file of one that was killed
        temp = temp_name(f"retry-{status.st_ino:x}-{status.st_mtime_ns:x}")
        content.copy_verified(failed_fd, name, inbox_fd, temp)
        new_name = _rename_free(inbox_fd, temp, inbox_fd, name)
    posix.sync_folder(inbox_fd)
    os.unlink(name, dir_fd=failed_fd)
    return new_name


def _copy_of(failed_fd: int, name: str, inbox_fd: int) -> str | None:
    """Return the copy that an earlier try made before it was killed."""
    own = posix.status_at(failed_fd, name)
    for copied in alternatives(accepted_name(inbox_fd, name)):
        there = posix.status_at(inbox_fd, copied)
        if own is None or there is None:
            return None
        if own.st_mtime_ns == there.st_mtime_ns and content.has_same_content(
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
