"""The few POSIX calls that everything else is made of.

Folders are walked part by part without following links, names are only ever given
relative to an open folder, and nothing that exists is ever replaced.
"""

import ctypes
import errno
import hashlib
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
_RENAME_NOREPLACE = 1
_CHUNK_BYTES = 1 << 20


@contextmanager
def opened_folder(
    root: Path,
    relative: PurePosixPath = HERE,
    *,
    create: bool = False,
    check: Callable[[int], None] = lambda _root: None,
) -> Iterator[int]:
    """Open a folder below `root`; with `create`, make what is missing below it.

    The root itself is never made: below a mount point that lost its file system,
    pictures would fill the wrong disk.

    Args:
        root: Where it is.
        relative: From there on.
        create: Make what is missing.
        check: Looks at the root that was opened: what a path means may change.
    """
    folder = os.open(root, _FOLDER)
    try:
        check(folder)
        for part in relative.parts:
            child = open_child(folder, part, create=create)
            os.close(folder)
            folder = child
        yield folder
    finally:
        os.close(folder)


def open_child(folder: int, name: str, *, create: bool = False) -> int:
    """Open a folder in a folder, never through a link."""
    try:
        return os.open(name, _FOLDER, dir_fd=folder)
    except FileNotFoundError:
        if not create:
            raise
    with suppress(FileExistsError):
        os.mkdir(name, dir_fd=folder)
        sync_folder(folder)
    return os.open(name, _FOLDER, dir_fd=folder)


@contextmanager
def opened_file(folder: int, name: str) -> Iterator[int]:
    """Open a file for reading; neither follows a link nor waits for a FIFO's writer."""
    file = os.open(name, _READ, dir_fd=folder)
    try:
        yield file
    finally:
        os.close(file)


@contextmanager
def new_file(folder: int, name: str, mode: int = 0o666) -> Iterator[int]:
    """Create a file that is whole and durable at exit, and gone after an exception.

    Only for hidden names of our own: a leftover of an earlier life is replaced.
    """
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)
    file = os.open(name, _CREATE, mode, dir_fd=folder)
    try:
        try:
            yield file
            os.fsync(file)
        finally:
            os.close(file)
    except BaseException:
        with suppress(OSError):
            os.unlink(name, dir_fd=folder)
        raise


def check_writable(folder: int, name: str) -> None:
    """Raise OSError where no file can be made; trying to make one tells why."""
    if os.access(".", os.W_OK, dir_fd=folder, effective_ids=True):
        return
    with suppress(FileExistsError):
        os.close(os.open(name, _CREATE, dir_fd=folder))
        os.unlink(name, dir_fd=folder)


def identity(status: os.stat_result) -> FileIdentity:
    """Return what identifies a state of a file."""
    return FileIdentity(
        device=status.st_dev,
        inode=status.st_ino,
        size_bytes=status.st_size,
        mtime_ns=status.st_mtime_ns,
    )


def status_at(folder: int, name: str) -> os.stat_result | None:
    """Return the status of a name, not of what it links to; None if it is free."""
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None


def has_file(folder: int, name: str) -> bool:
    """Whether an ordinary file lies under a name."""
    status = status_at(folder, name)
    return status is not None and is_regular(status)


def remove(folder: int, name: str) -> None:
    """Remove a file, if there is one; a folder of its name is somebody else's."""
    with suppress(FileNotFoundError, IsADirectoryError):
        os.unlink(name, dir_fd=folder)


def is_regular(status: os.stat_result) -> bool:
    """Whether it is an ordinary file."""
    return stat.S_ISREG(status.st_mode)


def read_all(file: int, most_bytes: int = -1) -> bytes:
    """Return all bytes of an open file; no more than so many, where that is given."""
    with os.fdopen(os.dup(file), "rb") as stream:
        return stream.read(most_bytes)


def write_all(file: int, data: bytes) -> None:
    """Write all bytes; short writes are real where disks fill up."""
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


def sync_folder(folder: int) -> None:
    """Make names of a folder durable, where its file system knows how to."""
    try:
        os.fsync(folder)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise


def name_limit_bytes(folder: int) -> int:
    """Return how long a name may be on this file system."""
    try:
        return min(os.fpathconf(folder, "PC_NAME_MAX"), MAX_NAME_BYTES)
    except OSError:
        return MAX_NAME_BYTES


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def rename_new(source: int, name: str, target: int, new_name: str) -> None:
    """Rename without ever replacing: FileExistsError if the new name is taken.

    `renameat2(RENAME_NOREPLACE)`; NFS and a few others lack it: `link` + `unlink`
    there, which never replaces either; and where there are no hard links, look and
    rename, which Dropcut's being alone on its folders makes good enough.
    """
    paths = (source, os.fsencode(name), target, os.fsencode(new_name))
    if _libc().renameat2(*paths, _RENAME_NOREPLACE) == 0:
        return
    code = ctypes.get_errno()
    try:
        if code not in (errno.EINVAL, errno.ENOSYS):
            raise OSError(code, os.strerror(code), name, None, new_name)
        _link_new(source, name, target, new_name)
    except FileExistsError:
        itself = name == new_name and os.path.sameopenfile(source, target)
        if itself or not is_same_file(source, name, target, new_name):
            raise
        os.unlink(name, dir_fd=source)


def is_same_file(source: int, name: str, target: int, new_name: str) -> bool:
    """Whether two names mean one inode, as after a `link` without its `unlink`."""
    one, other = status_at(source, name), status_at(target, new_name)
    return one is not None and other is not None and os.path.samestat(one, other)


def _link_new(source: int, name: str, target: int, new_name: str) -> None:
    try:
        os.link(
            name,
            new_name,
            src_dir_fd=source,
            dst_dir_fd=target,
            follow_symlinks=False,
        )
    except OSError as error:
        if error.errno not in NO_HARD_LINKS:
            raise
        _look_and_rename(source, name, target, new_name)
        return
    try:
        os.unlink(name, dir_fd=source)
    except FileNotFoundError:
        return  # NFS may have done it, and tell so only to the first of two requests
    except OSError:
        if is_same_file(source, name, target, new_name):
            os.unlink(new_name, dir_fd=target)
        raise


def _look_and_rename(source: int, name: str, target: int, new_name: str) -> None:
    if status_at(target, new_name) is not None:
        raise FileExistsError(
            errno.EEXIST, os.strerror(errno.EEXIST), name, None, new_name
        )
    os.rename(name, new_name, src_dir_fd=source, dst_dir_fd=target)


def copy_verified(source: int, name: str, target: int, new_name: str) -> None:
    """Copy a file to a hidden name on another file system, durably, and read it back.

    Raises:
        OSError: With errno EIO, if what was read back is not what was written.
    """
    with opened_file(source, name) as original:
        with new_file(target, new_name) as copy:
            while chunk := os.read(original, _CHUNK_BYTES):
                write_all(copy, chunk)
            status = os.fstat(original)
            os.utime(copy, ns=(status.st_atime_ns, status.st_mtime_ns))
        os.lseek(original, 0, os.SEEK_SET)
        with opened_file(target, new_name) as copy:
            if digest(original) != digest(copy):
                raise OSError(errno.EIO, "the copy differs from the original", name)


def digest(file: int) -> str:
    """Return the SHA-256 of an open file, from its current position on."""
    with os.fdopen(os.dup(file), "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
