"""The folders that were given: they are never made, and never below a lost mount."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

from dropcut.core.errors import TransientError
from dropcut.storage import posix
from dropcut.storage.names import is_own


class MountLostError(TransientError):
    """The file system of a folder is not mounted, or the folder is missing."""

    def __init__(self, path: Path, problem: str) -> None:
        """Describe what is wrong with which folder."""
        super().__init__(f"{path}: {problem}")
        self.problem = problem


class NotAFolderError(TransientError):
    """Something else lies where one of Dropcut's own folders belongs."""

    def __init__(self, path: Path) -> None:
        """Name the path."""
        super().__init__(
            f"{path} is not a folder, so no picture can be claimed: remove it"
        )


class GuardedFolder:
    """One of the four folders.

    One that is a mount point at the start must stay one, and with a marker that must
    lie in it: while its file system is away, an empty folder of the same name lies
    there, and pictures would fill the wrong disk.
    """

    def __init__(self, path: Path, marker: Path | None = None) -> None:
        """Take a folder, and the name of a file that tells that it is the right one."""
        self.path, self._marker = path, marker
        self._mounted = _is_mounted(path)

    def check(self) -> None:
        """Raise OSError while the folder, or its file system, is not there."""
        self.identity()

    def identity(self) -> tuple[int, int]:
        """Return device and inode of the folder that is there now.

        Raises:
            OSError: It, or its file system, is not there.
        """
        with self.opened() as folder:
            status = os.fstat(folder)
            return status.st_dev, status.st_ino

    @contextmanager
    def opened(
        self, relative: PurePosixPath = posix.HERE, *, create: bool = False
    ) -> Iterator[int]:
        """Open a folder below; errors name the whole path.

        So do those of what is done in it, in place of a name of Dropcut's own: that is
        another one for each picture, and tells a person nothing.
        """
        opening = posix.opened_folder(
            self.path, relative, create=create, check=self._refuse_lost
        )
        try:
            folder = opening.__enter__()
        except MountLostError:
            raise
        except OSError as error:
            if self._marker and not self.path.exists():
                raise MountLostError(self.path, "it is not there") from error
            if error.filename is not None and error.errno is not None:
                error.filename = str(self.path / relative)
            raise
        try:
            yield folder
        except OSError as error:
            if error.errno is not None and _says_nothing(error.filename):
                error.filename = str(self.path / relative)
            raise
        finally:
            opening.__exit__(None, None, None)

    def _refuse_lost(self, root: int) -> None:
        """Raise LostMountError unless the open folder is on the right file system."""
        if self._mounted and not _is_mount_point(root):
            raise MountLostError(self.path, "its file system is not mounted")
        if self._marker and posix.status_at(root, str(self._marker)) is None:
            why = f"it has no file {self._marker}, so its file system is not mounted"
            raise MountLostError(self.path, why)


def _says_nothing(name: object) -> bool:
    return name is None or (isinstance(name, str) and is_own(name))


def _is_mounted(path: Path) -> bool:
    with suppress(OSError), posix.opened_folder(path) as folder:
        return _is_mount_point(folder)
    return False


def _is_mount_point(folder: int) -> bool:
    """Whether something is mounted on an open folder.

    `os.path.ismount` does not see a bind mount of the same file system.
    """
    parent = os.open("..", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=folder)
    try:
        return _mount_id(folder) != _mount_id(parent)
    finally:
        os.close(parent)


def _mount_id(file: int) -> str:
    """Return the line of proc(5), `/proc/PID/fdinfo`, that tells the mount."""
    lines = Path("/proc/self/fdinfo", str(file)).read_text("ascii").splitlines()
    return next(line for line in lines if line.startswith("mnt_id:"))
