"""The POSIX calls that the rest of the storage is built from.

Folders are walked part by part without following links, names are only ever given
relative to an open folder, and nothing that exists is ever replaced.
"""

import ctypes
import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path, PurePosixPath

from dropcut.core.claims import FileIdentity
from dropcut.core.errors import NO_HARD_LINKS
from dropcut.storage.names import MAX_NAME_BYTES

HERE = PurePosixPath()

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_KINDS = (
    (stat.S_ISREG, "a file"),
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISLNK, "a link"),
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
_RENAME_NOREPLACE = 1


@contextmanager
def opened_folder(
    root: Path,
    relative: PurePosixPath = HERE,
    *,
    create: bool = False,
    check: Callable[[int], None] = lambda _root: None,
) -> Iterator[int]:
    """Open a folder below `root`; with `create`, make missing folders below it.

    The root itself is never made: below a mount point that lost its file system,
    pictures would fill the wrong disk.

    Args:
        root: Where to start.
        relative: The folder, from there on.
        create: Make missing folders.
        check: Called with the open root: what a path leads to may change meanwhile.
    """
    folder_fd = os.open(root, _FOLDER)
    try:
        check(folder_fd)
        for part in relative.parts:
            child_fd = open_child(folder_fd, part, create=create)
            os.close(folder_fd)
            folder_fd = child_fd
        yield folder_fd
    finally:
        os.close(folder_fd)


def open_child(
    folder_fd: int, name: str, *, create: bool = False, mode: int = 0o777
) -> int:
    """Open a folder inside a folder, never through a link."""
    try:
        return os.open(name, _FOLDER, dir_fd=folder_fd)
    except FileNotFoundError:
        if not create:
            raise
    made = False
    with suppress(FileExistsError):
        os.mkdir(name, mode, dir_fd=folder_fd)
        made = True
        sync_folder(folder_fd)
    child_fd = os.open(name, _FOLDER, dir_fd=folder_fd)
    # Whoever may write to the outer folder may have put another one there meanwhile
    if made and not os.listdir(child_fd):  # noqa: PTH208  # of an open folder
        _give_to_owner(child_fd, folder_fd)
    return child_fd


def _give_to_owner(made_fd: int, folder_fd: int) -> None:
    """Give what root has made in a folder of another user to that user.

    A command that root runs is for a service that is another user, which could neither
    write to root's folders nor read root's records.
    """
    status = os.fstat(folder_fd)
    if os.geteuid() == 0 != status.st_uid:
        with suppress(
            OSError
        ):  # without the capability, or on a share, it stays root's
            os.fchown(made_fd, status.st_uid, status.st_gid)


@contextmanager
def opened_file(folder_fd: int, name: str) -> Iterator[int]:
    """Open a regular file for reading, without following a link.

    Raises:
        OSError: With errno ENXIO, if it is something else; a FIFO is not waited for.
    """
    file_fd = os.open(name, _READ, dir_fd=folder_fd)
    try:
        status = os.fstat(file_fd)
        if not is_regular(status):
            raise OSError(errno.ENXIO, f"it is {kind(status)}", name)
        yield file_fd
    finally:
        os.close(file_fd)


@contextmanager
def new_file(folder_fd: int, name: str, mode: int = 0o666) -> Iterator[int]:
    """Create a file that is complete and durable at exit, and gone after an exception.

    Only for Dropcut's own hidden names: a leftover of an earlier run is replaced.
    """
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder_fd)
    file_fd = os.open(name, _CREATE, mode, dir_fd=folder_fd)
    try:
        try:
            _give_to_owner(file_fd, folder_fd)
            yield file_fd
            os.fsync(file_fd)
        finally:
            os.close(file_fd)
    except BaseException:
        with suppress(OSError):
            os.unlink(name, dir_fd=folder_fd)
        raise


def touch(folder_fd: int, name: str) -> None:
    """Create an empty file; neither it nor its name is durable yet."""
    with suppress(FileExistsError):
        os.close(os.open(name, _CREATE, 0o600, dir_fd=folder_fd))


def check_writable(folder_fd: int, name: str) -> None:
    """Raise OSError if no file can be created; creating one shows why."""
    if os.access(".", os.W_OK, dir_fd=folder_fd, effective_ids=True):
        return
    with suppress(FileExistsError):
        os.close(os.open(name, _CREATE, dir_fd=folder_fd))
        os.unlink(name, dir_fd=folder_fd)


def identity(status: os.stat_result) -> FileIdentity:
    """Return what tells one state of a file from another."""
    return FileIdentity(
        device=status.st_dev,
        inode=status.st_ino,
        size_bytes=status.st_size,
        mtime_ns=status.st_mtime_ns,
    )


def status_at(folder_fd: int, name: str) -> os.stat_result | None:
    """Return the status of a name, not of a link's target; None if the name is free."""
    try:
        return os.stat(name, dir_fd=folder_fd, follow_symlinks=False)
    except FileNotFoundError:
        return None


def exists(folder_fd: int, name: str) -> bool:
    """Whether anything has a name."""
    return status_at(folder_fd, name) is not None


def has_file(folder_fd: int, name: str) -> bool:
    """Whether a name is a regular file."""
    status = status_at(folder_fd, name)
    return status is not None and is_regular(status)


def remove(folder_fd: int, name: str) -> None:
    """Remove a file if there is one; a folder with its name is somebody else's."""
    with suppress(FileNotFoundError, IsADirectoryError):
        os.unlink(name, dir_fd=folder_fd)


def is_regular(status: os.stat_result) -> bool:
    """Whether a status is a regular file's."""
    return stat.S_ISREG(status.st_mode)


def kind(status: os.stat_result) -> str:
    """Return what a status is of, such as `a FIFO`."""
    return next((name for test, name in _KINDS if test(status.st_mode)), "no file")


def write_all(file_fd: int, data: bytes) -> None:
    """Write all bytes: when a disk fills up, `write` writes fewer than it is given."""
    view = memoryview(data)
    while view:
        view = view[os.write(file_fd, view) :]


def sync_folder(folder_fd: int) -> None:
    """Make the names in a folder durable, if its file system supports that."""
    try:
        os.fsync(folder_fd)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise


def name_limit_bytes(folder_fd: int) -> int:
    """Return how long a name may be on this file system."""
    try:
        return min(os.fpathconf(folder_fd, "PC_NAME_MAX"), MAX_NAME_BYTES)
    except OSError:
        return MAX_NAME_BYTES


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def rename_new(source_fd: int, name: str, target_fd: int, new_name: str) -> None:
    """Rename without ever replacing: FileExistsError if the new name is taken.

    Uses `renameat2(RENAME_NOREPLACE)`. NFS and a few other file systems lack it: there
    `link` and `unlink` are used, which never replace either. Without hard links, the
    name is looked up before a rename, which is good enough because only one Dropcut
    works on its folders.
    """
    paths = (source_fd, os.fsencode(name), target_fd, os.fsencode(new_name))
    if _libc().renameat2(*paths, _RENAME_NOREPLACE) == 0:
        return
    code = ctypes.get_errno()
    try:
        if code not in (errno.EINVAL, errno.ENOSYS):
            raise OSError(code, os.strerror(code), name, None, new_name)
        _link_new(source_fd, name, target_fd, new_name)
    except FileExistsError:
        itself = name == new_name and os.path.sameopenfile(source_fd, target_fd)
        if itself or not is_same_file(source_fd, name, target_fd, new_name):
            raise
        os.unlink(name, dir_fd=source_fd)


def is_same_file(source_fd: int, name: str, target_fd: int, new_name: str) -> bool:
    """Whether two names are one inode, as after a `link` without its `unlink`."""
    one, other = status_at(source_fd, name), status_at(target_fd, new_name)
    return one is not None and other is not None and os.path.samestat(one, other)


def _link_new(source_fd: int, name: str, target_fd: int, new_name: str) -> None:
    try:
        os.link(
            name,
            new_name,
            src_dir_fd=source_fd,
            dst_dir_fd=target_fd,
            follow_symlinks=False,
        )
    except OSError as error:
        if error.errno not in NO_HARD_LINKS:
            raise
        if status_at(target_fd, new_name) is not None:
            text = os.strerror(errno.EEXIST)
            raise FileExistsError(errno.EEXIST, text, name, None, new_name) from error
        os.rename(name, new_name, src_dir_fd=source_fd, dst_dir_fd=target_fd)
        return
    try:
        os.unlink(name, dir_fd=source_fd)
    except FileNotFoundError:
        return  # NFS may have repeated a request that had already succeeded
    except OSError:
        if is_same_file(source_fd, name, target_fd, new_name):
            os.unlink(new_name, dir_fd=target_fd)
        raise
