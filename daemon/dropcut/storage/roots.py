"""The four folders themselves: never created, and never used while not mounted."""

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
        """Create an error; `problem` is what is wrong with the folder."""
        super().__init__(f"{path}: {problem}")
        self.problem = problem


class NotAFolderError(TransientError):
    """Something else is where one of Dropcut's own folders belongs."""

    def __init__(self, path: Path) -> None:
        """Create an error for the path of such a folder."""
        super().__init__(
            f"{path} is not a folder, so no picture can be processed: remove it"
        )


class GuardedFolder:
    """One of the four folders, which is used only while its file system is mounted.

    A folder that is a mount point at the start must stay one, and must have the marker:
    while a file system is not mounted, an empty folder has the same path, and pictures
    would fill the wrong disk.
    """

    def __init__(self, path: Path, marker: Path | None = None) -> None:
        """Guard the folder; `marker` is a file on its file system, relative to it."""
        self.path, self._marker, self._mounted = path, marker, False
        with suppress(OSError), posix.opened_folder(path) as folder_fd:
            self._mounted = _is_mount_point(folder_fd)

    def check(self) -> None:
        """Raise OSError if the folder is missing or its file system not mounted."""
        self.identity()

    def identity(self) -> tuple[int, int]:
        """Return device and inode of the folder currently at the path.

        Raises:
            OSError: The folder is missing, or its file system is not mounted.
        """
        with self.opened() as folder_fd:
            status = os.fstat(folder_fd)
            return status.st_dev, status.st_ino

    @contextmanager
    def opened(
        self, relative: PurePosixPath = posix.HERE, *, create: bool = False
    ) -> Iterator[int]:
        """Open a folder below; errors have its full path.

        Errors inside the block have that path too, in place of a name that Dropcut
        chose itself, which differs for each picture and means nothing to a reader.
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
                    raise MountLostError(self.path, "it does not exist") from error
                if error.filename is not None and error.errno is not None:
                    error.filename = path
                raise
            with _naming(path):
                yield folder_fd

    @contextmanager
    def opened_hidden(self, mode: int = 0o777) -> Iterator[int]:
        """Open Dropcut's own folder inside; if missing, create it with `mode`."""
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
                with _naming(str(path)):
                    yield hidden_fd
            finally:
                os.close(hidden_fd)

    def _refuse_lost(self, root_fd: int) -> None:
        """Raise MountLostError unless an open folder is on the right file system."""
        if self._mounted and not _is_mount_point(root_fd):
            raise MountLostError(self.path, "its file system is not mounted")
        if self._marker and posix.status_at(root_fd, str(self._marker)) is None:
            raise MountLostError(
                self.path,
                f"the marker file {self._marker} is missing, "
                "so its file system does not seem to be mounted",
            )


@contextmanager
def _naming(path: str) -> Iterator[None]:
    """Give errors a path in place of a name that Dropcut chose itself."""
    try:
        yield
    except OSError as error:
        name = error.filename
        own_name = name is None or (isinstance(name, str) and is_own(name))
        if own_name and error.errno is not None:
            error.filename = path
        raise


def _is_mount_point(folder_fd: int) -> bool:
    """Whether an open folder is a mount point.

    `os.path.ismount` does not notice a bind mount within one file system.
    """
    flags = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC
    parent_fd = os.open("..", flags, dir_fd=folder_fd)
    try:
        return _mount_id(folder_fd) != _mount_id(parent_fd)
    finally:
        os.close(parent_fd)


def _mount_id(file_fd: int) -> str:
    """Return the mount ID's line in `/proc/self/fdinfo`; see proc(5)."""
    lines = Path("/proc/self/fdinfo", str(file_fd)).read_text("ascii").splitlines()
    return next(line for line in lines if line.startswith("mnt_id:"))
