"""File systems of the machine, and the lock on an inbox."""

import fcntl
import os
import re
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from dropcut.core.errors import AlreadyRunningError

_REMOTE = re.compile(
    r"9p|afs|ceph|cifs|coda|davfs|fuse.*|glusterfs|lustre|ncpfs|nfs4?|prl_fs|smb3|smbfs"
    r"|vboxsf|virtiofs"
)
_MOUNT_ESCAPES = (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\"))
_TRIES, _TRY_SECONDS = 4, 0.05
_MOUNTS = Path("/proc/self/mountinfo")
_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  # the only folder that all users share


def filesystem_type(path: Path) -> str:
    """Return the type of the file system that a folder is on, such as `ext4`.

    See proc(5), `/proc/PID/mountinfo`. The deepest mount point above the folder counts,
    and of several on the same point the last, which covers the others.
    """
    deepest, fs_type = -1, "unknown"
    for line in _MOUNTS.read_text("utf-8", "surrogateescape").splitlines():
        before, _, after = line.partition(" - ")
        point = before.split()[4]
        for octal, char in _MOUNT_ESCAPES:
            point = point.replace(octal, char)
        parts = Path(point).parts
        if path.is_relative_to(point) and len(parts) >= deepest:
            deepest, fs_type = len(parts), after.split()[0]
    return fs_type


def is_remote(fs_type: str) -> bool:
    """Whether this type of file system may hide changes that others make."""
    return _REMOTE.fullmatch(fs_type) is not None


class InboxLock:
    """Ensures that at most one instance works on an inbox.

    The locked file is not in the inbox: an open file there would keep its file system
    from being unmounted. It is in shared memory, which all users and services see, is
    named after the inbox's device and inode, stays empty, and is gone after a reboot.
    """

    def __init__(self, inbox: Path) -> None:
        """Create an unlocked lock."""
        self._inbox = inbox
        self._file: int | None = None

    def acquire(self) -> None:
        """Lock the folder that is the inbox now.

        Raises:
            AlreadyRunningError: Another instance holds the lock.
            OSError: The inbox is not there.
        """
        self.release()
        status = self._inbox.stat()
        file = _open_lock_file(f"dropcut-{status.st_dev:x}-{status.st_ino:x}.lock")
        for _ in range(_TRIES):  # `dropcut status` holds the lock for a moment
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(_TRY_SECONDS)
            else:
                self._file = file
                return
        os.close(file)
        raise AlreadyRunningError(
            f"another dropcut works on {self._inbox}; "
            "stop it first, or give this one its own inbox"
        )

    def release(self) -> None:
        """Unlock the inbox."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def is_taken(inbox: Path) -> bool:
    """Whether an instance works on this inbox now."""
    lock = InboxLock(inbox)
    try:
        lock.acquire()
    except AlreadyRunningError:
        return True
    lock.release()
    return False


def _open_lock_file(name: str) -> int:
    folder = _SHARED_MEMORY if _SHARED_MEMORY.is_dir() else Path(tempfile.gettempdir())
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    with suppress(FileExistsError):
        file = os.open(folder / name, flags | os.O_CREAT | os.O_EXCL, 0o444)
        os.fchmod(file, 0o444)  # readable by every user, whatever the umask
        return file
    return os.open(folder / name, flags)
