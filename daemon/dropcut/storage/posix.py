"""The POSIX calls on which the rest of the storage is built.

Folders are opened part by part without following links, names are always relative to
an open folder, and no existing file is ever replaced.
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

    The root itself is never created: if its file system is not mounted, pictures would
    fill the wrong disk.

    Args:
        root: The path of an existing folder.
        relative: The folder to open, relative to `root`.
        create: Whether to create missing folders below `root`.
        check: Called with the open root; checking its path would be a race.
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
    created = False
    with suppress(FileExistsError):
        os.mkdir(name, mode, dir_fd=folder_fd)
        created = True
        sync_folder(folder_fd)
    child_fd = os.open(name, _FOLDER, dir_fd=folder_fd)
    # By now another folder may be there, put by anyone who may write to the outer one
    if created and not os.listdir(child_fd):  # noqa: PTH208  # of an open folder
        _give_to_owner(child_fd, folder_fd)
    return child_fd


def _give_to_owner(created_fd: int, folder_fd: int) -> None:
    """Give what root has created in another user's folder to that user.

    Root may run commands on the folders of a service that runs as another user, and
    which could neither write to root's folders nor read root's records.
    """
    status = os.fstat(folder_fd)
    if os.geteuid() == 0 != status.st_uid:
        # Without the capability, or on a share, root stays the owner
        with suppress(OSError):
            os.fchown(created_fd, status.st_uid, status.st_gid)


@contextmanager
def opened_file(folder_fd: int, name: str) -> Iterator[int]:
    """Open a regular file for reading, without following a link.

    Raises:
        OSError: With errno ENXIO if it is no regular file; a FIFO does not block.
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
    """Create a file whose content is durable at exit; remove it after an exception.

    Only for Dropcut's own hidden names: a file left by an earlier run is replaced.
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
    """Create an empty file, unless the name exists; nothing is durable yet."""
    with suppress(FileExistsError):
        os.close(os.open(name, _CREATE, 0o600, dir_fd=folder_fd))


def check_writable(folder_fd: int, name: str) -> None:
    """Raise OSError if no file can be created; `name` is created to find out why."""
    if os.access(".", os.W_OK, dir_fd=folder_fd, effective_ids=True):
        return
    with suppress(FileExistsError):
        os.close(os.open(name, _CREATE, dir_fd=folder_fd))
        os.unlink(name, dir_fd=folder_fd)


def identity(status: os.stat_result) -> FileIdentity:
    """Return what changes whenever a file changes or is replaced."""
    return FileIdentity(
        device=status.st_dev,
        inode=status.st_ino,
        size_bytes=status.st_size,
        mtime_ns=status.st_mtime_ns,
    )


def status_at(folder_fd: int, name: str) -> os.stat_result | None:
    """Return the status of a name, without following a link; None if it is free."""
    try:
        return os.stat(name, dir_fd=folder_fd, follow_symlinks=False)
    except FileNotFoundError:
        return None


def exists(folder_fd: int, name: str) -> bool:
    """Whether a name is taken by anything."""
    return status_at(folder_fd, name) is not None


def has_file(folder_fd: int, name: str) -> bool:
    """Whether a name is a regular file."""
    status = status_at(folder_fd, name)
    return status is not None and is_regular(status)


def remove(folder_fd: int, name: str) -> None:
    """Remove a file if it exists; a folder of that name is not Dropcut's."""
    with suppress(FileNotFoundError, IsADirectoryError):
        os.unlink(name, dir_fd=folder_fd)


def is_regular(status: os.stat_result) -> bool:
    """Whether this is the status of a regular file."""
    return stat.S_ISREG(status.st_mode)


def kind(status: os.stat_result) -> str:
    """Return the kind of entry that has this status, such as `a FIFO`."""
    return next((name for test, name in _KINDS if test(status.st_mode)), "no file")


def write_all(file_fd: int, data: bytes) -> None:
    """Write all bytes; a single `write` may write fewer, as when a disk fills up."""
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
    """Return how long a name may be in this folder's file system."""
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
    name is looked up before the rename, which is good enough because a folder is never
    used by two instances of Dropcut.
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
    """Whether two names are the same inode, as after `link` without `unlink`."""
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
        return  # NFS may repeat a request that has already succeeded
    except OSError:
        if is_same_file(source_fd, name, target_fd, new_name):
            os.unlink(new_name, dir_fd=target_fd)
        raise
