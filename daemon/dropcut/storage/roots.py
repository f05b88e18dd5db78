"""The four given folders: they are never made, and never below a lost mount."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path, PurePosixPath

from dropcut.core.errors import NOT_A_FOLDER, TransientError
from dropcut.core.ignored import CLAIMS
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
            f"{path} is not a folder, so no picture can be worked on: remove it"
        )


class GuardedFolder:
    """One of the four folders, which must be on the file system where it should be.

    A folder that is a mount point at the start must stay one, and a marker must be in
    it: while the file system is away, an empty folder has the same path, and pictures
    would fill the wrong disk.
    """

    def __init__(self, path: Path, marker: Path | None = None) -> None:
        """Guard a folder; `marker` is a file that only the right folder has."""
        self.path, self._marker, self._mounted = path, marker, False
        with suppress(OSError), posix.opened_folder(path) as folder_fd:
            self._mounted = _is_mount_point(folder_fd)

    def check(self) -> None:
        """Raise OSError while the folder, or its file system, is not there."""
        self.identity()

    def identity(self) -> tuple[int, int]:
        """Return device and inode of the folder that is there now.

        Raises:
            OSError: It, or its file system, is not there.
        """
        with self.opened() as folder_fd:
            status = os.fstat(folder_fd)
            return status.st_dev, status.st_ino

    @contextmanager
    def opened(
        self, relative: PurePosixPath = posix.HERE, *, create: bool = False
    ) -> Iterator[int]:
        """Open a folder below; errors have its whole path.

        So have errors inside the block in place of a name that Dropcut made up: that
        differs for each picture, and is of no use to a reader.
        """
        path = str(self.path / relative)
        with ExitStack() as stack:
            opening = posix.opened_folder(
                self.path, relative, create=create, check=self._refuse_lost
            )
            try:
                folder_fd = stack.enter_context(opening)
            except OSError as error:
                lost = isinstance(error, MountLostError)
                if self._marker and not lost and not self.path.exists():
                    raise MountLostError(self.path, "it is not there") from error
                if error.filename is not None and error.errno is not None:
                    error.filename = path
                raise
            try:
                yield folder_fd
            except OSError as error:
                name = error.filename
                made_up = name is None or (isinstance(name, str) and is_own(name))
                if made_up and error.errno is not None:
                    error.filename = path
                raise

    @contextmanager
    def opened_hidden(self, mode: int = 0o777) -> Iterator[int]:
        """Open Dropcut's own folder inside; it is made, with a mode, if missing."""
        path = self.path / CLAIMS
        with self.opened() as root_fd:
            try:
                hidden_fd = posix.open_child(root_fd, CLAIMS, create=True, mode=mode)
            except OSError as error:
                if error.errno in NOT_A_FOLDER:
                    raise NotAFolderError(path) from error
                error.filename = str(path)
                raise
            try:
                yield hidden_fd
            finally:
                os.close(hidden_fd)

    def _refuse_lost(self, root_fd: int) -> None:
        """Raise MountLostError unless an open folder is on the right file system."""
        if self._mounted and not _is_mount_point(root_fd):
            raise MountLostError(self.path, "its file system is not mounted")
        if self._marker and posix.status_at(root_fd, str(self._marker)) is None:
            problem = (
                f"it has no file {self._marker}, so its file system is not mounted"
            )
            raise MountLostError(self.path, problem)


def _is_mount_point(folder_fd: int) -> bool:
    """Whether something is mounted on an open folder.

    `os.path.ismount` does not see a bind mount of the same file system.
    """
    flags = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC
    parent_fd = os.open("..", flags, dir_fd=folder_fd)
    try:
        return _mount_id(folder_fd) != _mount_id(parent_fd)
    finally:
        os.close(parent_fd)


def _mount_id(file_fd: int) -> str:
    """Return the line of proc(5), `/proc/PID/fdinfo`, with the id of the mount."""
    lines = Path("/proc/self/fdinfo", str(file_fd)).read_text("ascii").splitlines()
    return next(line for line in lines if line.startswith("mnt_id:"))
