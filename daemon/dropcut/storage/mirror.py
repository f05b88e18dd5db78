"""Where a folder of the inbox is mirrored in another of the four folders.

It has the same path there. If a part of that path is taken by something other than a
folder, such as a file or a link, that part is replaced by the next free name.
"""

import os
import stat
from functools import partial
from pathlib import PurePosixPath

from dropcut.storage import posix
from dropcut.storage.free import free_folder_name
from dropcut.storage.roots import GuardedFolder


def mirrored(root: GuardedFolder, folder: PurePosixPath) -> PurePosixPath:
    """Return the path of a folder's mirror relative to `root`; it may not exist yet.

    The result is the same as long as no name along the path is taken or freed.
    """
    if not folder.parts:
        return folder
    with root.opened() as root_fd:
        return _below(root_fd, posix.HERE, folder.parts)


def _below(
    folder_fd: int, path: PurePosixPath, parts: tuple[str, ...]
) -> PurePosixPath:
    """Return the mirror of `parts` below an open folder, whose path is `path`."""
    name = free_folder_name(folder_fd, parts[0], partial(_is_usable, folder_fd))
    path, rest = path / name, parts[1:]
    if not rest:
        return path
    try:
        child_fd = posix.open_child(folder_fd, name)
    except OSError:  # if the folder exists, opening the mirror raises the same error
        return path.joinpath(*rest)
    try:
        return _below(child_fd, path, rest)
    finally:
        os.close(child_fd)


def _is_usable(folder_fd: int, name: str) -> bool:
    """Whether a name is free, or that of a folder."""
    status = posix.status_at(folder_fd, name)
    return status is None or stat.S_ISDIR(status.st_mode)
