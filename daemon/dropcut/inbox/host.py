"""The types of file systems, and the lock on an inbox."""

import fcntl
import os
import re
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from dropcut.core.errors import (
    AlreadyRunningError,
    UnusableLockError,
    is_transient,
)
from dropcut.settings.mounts import mount_of, mounts
from dropcut.storage import posix

_REMOTE = re.compile(
    r"9p|afs|ceph|cifs|coda|davfs|fuse.*|glusterfs|lustre|ncpfs|nfs4?|prl_fs|smb3|smbfs"
    r"|vboxsf|virtiofs"
)
_TRIES, _TRY_SECONDS = 4, 0.05
_PID_NAMESPACE, _FIRST_PID_NAMESPACE = Path("/proc/self/ns/pid"), 0xEFFFFFFC
_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  # the only folder all users can share


def filesystem_type(path: Path) -> str:
    """Return the type of the file system that a folder is on, such as `ext4`."""
    mount = mount_of(path, mounts())
    return mount.fs_type if mount else "unknown"


def is_remote(fs_type: str) -> bool:
    """Whether this type of file system may not report changes made elsewhere."""
    return _REMOTE.fullmatch(fs_type) is not None


class InboxLock:
    """Ensures that at most one instance uses an inbox.

    The locked file is not in the inbox: an open file there would keep its file system
    from being unmounted. The file is in shared memory, which all users and services
    see; it is named after the inbox's device and inode, stays empty, and is gone after
    a reboot.

    A container has its own shared memory, but shares its inbox with other containers,
    and nobody unmounts the inbox inside the container. There, the folder itself is
    locked as well; elsewhere its lock is only tried and released.
    """

    def __init__(self, inbox: Path) -> None:
        """Create a lock that is not yet acquired."""
        self._inbox = inbox
        self._locked: list[int] = []

    def acquire(self) -> None:
        """Lock the folder currently at the inbox's path.

        Raises:
            AlreadyRunningError: Another instance holds the lock.
            UnusableLockError: Something else is in the place of the lock file.
            OSError: The inbox is not there.
        """
        self.release()
        folder = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
        try:
            self._locked.append(os.open(self._inbox, folder))
            status = os.fstat(self._locked[0])
            name = f"dropcut-{status.st_dev:x}-{status.st_ino:x}.lock"
            self._locked.append(_open_lock_file(name, self._inbox))
            for file_fd in self._locked:
                _lock(file_fd, self._inbox)
        except BaseException:
            self.release()
            raise
        if not _in_container():
            os.close(self._locked.pop(0))

    def release(self) -> None:
        """Unlock the inbox."""
        while self._locked:
            os.close(self._locked.pop())


def is_locked(inbox: Path) -> bool:
    """Whether an instance is using this inbox.

    Raises:
        UnusableLockError: Something else is in the place of the lock file.
        OSError: The inbox is not there.
    """
    lock = InboxLock(inbox)
    try:
        lock.acquire()
    except UnusableLockError:
        raise
    except AlreadyRunningError:
        return True
    lock.release()
    return False


def _lock(file_fd: int, inbox: Path) -> None:
    for _ in range(_TRIES):  # `dropcut status` holds the lock only for a moment
        with suppress(BlockingIOError):
            return fcntl.flock(file_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        time.sleep(_TRY_SECONDS)
    raise AlreadyRunningError(
        f"another Dropcut is already using {inbox}; "
        "stop it first, or use a different inbox"
    )


def _in_container() -> bool:
    """Whether the PID namespace is not the machine's own, whose number is fixed.

    See `PROC_PID_INIT_INO` in the kernel source.
    """
    with suppress(OSError):
        return _PID_NAMESPACE.stat().st_ino != _FIRST_PID_NAMESPACE
    return False


def _open_lock_file(name: str, inbox: Path) -> int:
    """Open the lock file; any user may have put something else in its place."""
    folder = _SHARED_MEMORY if _SHARED_MEMORY.is_dir() else Path(tempfile.gettempdir())
    path = folder / name
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    with suppress(FileExistsError):
        file_fd = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o444)
        os.fchmod(file_fd, 0o444)  # readable by every user, whatever the umask
        return file_fd
    try:
        status = path.lstat()
        if posix.is_regular(status):
            file_fd = os.open(path, flags)
            status = os.fstat(file_fd)
            if posix.is_regular(status):
                return file_fd
            os.close(file_fd)
        problem = f"is {posix.kind(status)}"
    except OSError as error:
        if is_transient(error):
            raise
        problem = f"cannot be used: {error.strerror}"
    raise UnusableLockError(f"the lock of {inbox}, {path}, {problem}; remove it")
