"""The folders that were given: they are never made, and never below a lost mount."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from dropcut.files import posix


class Root:
    """One of the four folders.

    One that is a mount point at the start must stay one: while its file system is away,
    an empty folder of the same name lies there, and pictures would fill the wrong disk.
    """

    def __init__(self, path: Path) -> None:
        """Take a folder that exists."""
        self.path = path
        self._mounted = os.path.ismount(path)

    def check(self) -> None:
        """Raise OSError while the folder's file system is not mounted."""
        if self._mounted and not os.path.ismount(self.path):
            raise OSError(
                errno.ENODEV, "its file system is not mounted", str(self.path)
            )

    @contextmanager
    def opened(
        self, relative: PurePosixPath = posix.HERE, *, create: bool = False
    ) -> Iterator[int]:
        """Open a folder below; errors name the whole path."""
        self.check()
        opening = posix.opened_folder(self.path, relative, create=create)
        try:
            folder = opening.__enter__()
        except OSError as error:
            if error.filename is not None and error.errno is not None:
                error.filename = str(self.path / relative)
            raise
        try:
            yield folder
        finally:
            opening.__exit__(None, None, None)
