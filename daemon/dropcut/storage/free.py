"""Free names in an open folder, which its file system accepts."""

import errno
import re
from collections.abc import Callable

from dropcut.storage import posix
from dropcut.storage.names import free_name, split_name, temp_name

# What FAT, exFAT, NTFS and SMB refuse in a name, and what is no UTF-8
_PECULIAR = re.compile(r'[\x00-\x1f"*:<>?\\|\x7f\ud800-\udfff]')
_REFUSALS = (errno.EINVAL, errno.EILSEQ)


def free_file_name(
    folder_fd: int, name: str, is_free: Callable[[str], bool], *, spare_bytes: int = 0
) -> str:
    """Return the name of a file, or another one beside it that is free.

    Args:
        folder_fd: The open folder.
        name: The wanted name; what is no name there is altered.
        is_free: Whether a name is free.
        spare_bytes: How much shorter than possible the name must be.
    """
    limit_bytes = posix.name_limit_bytes(folder_fd) - spare_bytes
    stem, suffix = split_name(accepted_name(folder_fd, name), limit_bytes)
    return free_name(stem, suffix, is_free, limit_bytes)


def free_folder_name(folder_fd: int, name: str, is_free: Callable[[str], bool]) -> str:
    """Do the same for a folder, whose name has no suffix."""
    limit_bytes = posix.name_limit_bytes(folder_fd)
    return free_name(accepted_name(folder_fd, name), "", is_free, limit_bytes)


def accepted_name(folder_fd: int, name: str) -> str:
    """Return a name without the characters that the file system of a folder refuses.

    Looking a name up does not tell: such a name is just not found.
    """
    peculiar = "".join(sorted({*_PECULIAR.findall(name)}))
    if not peculiar:
        return name
    try:
        posix.touch(folder_fd, temp_name(peculiar))
        posix.remove(folder_fd, temp_name(peculiar))
    except OSError as error:
        if error.errno in _REFUSALS:
            return _PECULIAR.sub("_", name)
    return name
