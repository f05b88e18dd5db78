"""Free names in an open folder that its file system accepts."""

import errno
import re
from collections.abc import Callable

from dropcut.storage import posix
from dropcut.storage.names import free_name, split_name, temp_name

# What FAT, exFAT, NTFS and SMB do not allow in a name, and what is not UTF-8
_PROBLEMATIC = re.compile(r'[\x00-\x1f"*:<>?\\|\x7f\ud800-\udfff]')
_REFUSALS = (errno.EINVAL, errno.EILSEQ)


def free_file_name(
    folder_fd: int, name: str, is_free: Callable[[str], bool], *, spare_bytes: int = 0
) -> str:
    """Return a name for a file: the wanted one, or a similar one that is free.

    Args:
        folder_fd: The open folder.
        name: The wanted name; characters that the file system refuses are replaced.
        is_free: Whether a name is free.
        spare_bytes: How much shorter than the longest possible name it must be.
    """
    limit_bytes = posix.name_limit_bytes(folder_fd) - spare_bytes
    stem, suffix = split_name(accepted_name(folder_fd, name), limit_bytes)
    return free_name(stem, suffix, is_free, limit_bytes)


def free_folder_name(folder_fd: int, name: str, is_free: Callable[[str], bool]) -> str:
    """Return a name for a folder in the same way; it has no suffix."""
    limit_bytes = posix.name_limit_bytes(folder_fd)
    return free_name(accepted_name(folder_fd, name), "", is_free, limit_bytes)


def accepted_name(folder_fd: int, name: str) -> str:
    """Return a name, with `_` for characters that the folder's file system refuses.

    To find out, a file is created: looking up a refused name just does not find it.
    """
    problematic = "".join(sorted({*_PROBLEMATIC.findall(name)}))
    if not problematic:
        return name
    try:
        posix.touch(folder_fd, temp_name(problematic))
        posix.remove(folder_fd, temp_name(problematic))
    except OSError as error:
        if error.errno in _REFUSALS:
            return _PROBLEMATIC.sub("_", name)
    return name
