"""What lies in `failed/`, and its way back into the inbox."""

import errno
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import PurePosixPath

from dropcut.core.claims import Folders
from dropcut.core.ignored import REASON_SUFFIX
from dropcut.storage import posix
from dropcut.storage.names import alternatives, reason_name, temp_name
from dropcut.storage.roots import GuardedFolder


class FailedPictures:
    """The failed pictures of a service."""

    def __init__(self, folders: Folders) -> None:
        """Take the folders."""
        self._inbox = GuardedFolder(folders.inbox, folders.marker)
        self._failed = GuardedFolder(folders.failed, folders.marker)

    def names(self) -> list[PurePosixPath]:
        """Return the failed pictures, relative to `failed/`."""
        return list(regular_files(self._failed.path))

    def retry(self, path: PurePosixPath) -> PurePosixPath:
        """Move a picture back into the inbox, and drop its reason.

        Returns:
            Where it lies in the inbox now: its name, or a free one beside it.
        """
        with (
            self._failed.opened(path.parent) as failed,
            self._inbox.opened(path.parent, create=True) as inbox,
        ):
            name = _move_back(failed, path.name, inbox)
            posix.sync_folder(inbox)
            posix.remove(failed, reason_name(path.name))
        return path.with_name(name)


def regular_files(root: os.PathLike[str]) -> Iterator[PurePosixPath]:
    """Yield the visible files below a folder that are no reason files, sorted."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        below = PurePosixPath(os.path.relpath(folder, root))
        for name in sorted(names):
            if not name.startswith(".") and not name.endswith(REASON_SUFFIX):
                yield below / name


def _move_back(failed: int, name: str, inbox: int) -> str:
    """Rename to a free name, or copy and remove on another file system."""
    try:
        return _rename_free(failed, name, inbox, name)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
    new_name = _copy_of(failed, name, inbox) or _copied(failed, name, inbox)
    posix.sync_folder(inbox)
    os.unlink(name, dir_fd=failed)
    return new_name


def _copied(failed: int, name: str, inbox: int) -> str:
    """Copy to a free name, through a draft that a later try replaces."""
    status = os.stat(name, dir_fd=failed, follow_symlinks=False)
    draft = temp_name(f"retry-{status.st_ino:x}-{status.st_mtime_ns:x}")
    posix.copy_verified(failed, name, inbox, draft)
    return _rename_free(inbox, draft, inbox, name)


def _copy_of(failed: int, name: str, inbox: int) -> str | None:
    """Return the copy that an earlier try has made, and was killed after."""
    own = posix.status_at(failed, name)
    for path in alternatives(PurePosixPath(name)):
        there = posix.status_at(inbox, path.name)
        if own is None or there is None:
            return None
        alike = (own.st_size, own.st_mtime_ns) == (there.st_size, there.st_mtime_ns)
        if alike and _digest(failed, name) == _digest(inbox, path.name):
            return path.name
    raise AssertionError


def _digest(folder: int, name: str) -> str:
    with posix.opened_file(folder, name) as file:
        return posix.digest(file)


def _rename_free(source: int, name: str, inbox: int, wanted: str) -> str:
    for path in alternatives(PurePosixPath(wanted)):
        with suppress(FileExistsError):
            posix.rename_new(source, name, inbox, path.name)
            return path.name
    raise AssertionError
