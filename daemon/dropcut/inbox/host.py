"""What the machine is: its file systems, processors and the lock on an inbox."""

import fcntl
import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from dropcut.core.errors import AlreadyRunningError

_REMOTE = frozenset(
    [
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "9p",
        "virtiofs",
        "vboxsf",
        "prl_fs",
        "afs",
        "ceph",
        "glusterfs",
        "lustre",
        "ncpfs",
        "coda",
        "davfs",
    ]
)
_TRIES, _TRY_SECONDS = 4, 0.05
_MOUNTS = Path("/proc/self/mountinfo")
_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  # the one folder that every user shares


def filesystem_type(path: Path) -> str:
    """Return the type of the file system that a folder is on, such as `ext4`."""
    best, kind = -1, "unknown"
    for line in _MOUNTS.read_text("utf-8", "surrogateescape").splitlines():
        before, _, after = line.partition(" - ")
        point = Path(_unescaped(before.split()[4]))
        if path.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), after.split()[0]
    return kind


def _unescaped(point: str) -> str:
    for code, char in (("040", " "), ("011", "\t"), ("012", "\n"), ("134", "\\")):
        point = point.replace(f"\\{code}", char)
    return point


def is_remote(kind: str) -> bool:
    """Whether changes by others may go unnoticed on this type of file system."""
    return kind in _REMOTE or kind.startswith("fuse")


class InboxLock:
    """At most one instance works on an inbox.

    The locked file is not in the inbox: an open file there would keep its file system
    from being unmounted. It lies in shared memory, which all users and services see,
    is named after the inbox's device and inode, stays empty, and goes with a reboot.
    """

    def __init__(self, inbox: Path) -> None:
        """Name the inbox; nothing is locked yet."""
        self._inbox = inbox
        self._file: int | None = None

    def acquire(self) -> None:
        """Lock the inbox that is there now.

        Raises:
            InboxTakenError: Another instance has it.
            OSError: The inbox is not there.
        """
        self.release()
        status = self._inbox.stat()
        file = _opened_lock(f"dropcut-{status.st_dev:x}-{status.st_ino:x}.lock")
        if not _locked(file):
            os.close(file)
            raise AlreadyRunningError(
                f"another dropcut works on {self._inbox}; "
                "stop it first, or give this one its own inbox"
            )
        self._file = file

    def release(self) -> None:
        """Let others have the inbox."""
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


def _locked(file: int) -> bool:
    """Lock a file; waits for a moment, in which `dropcut status` may only be asking."""
    for _ in range(_TRIES):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_TRY_SECONDS)
        else:
            return True
    return False


def _opened_lock(name: str) -> int:
    folder = _SHARED_MEMORY if _SHARED_MEMORY.is_dir() else Path(tempfile.gettempdir())
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    with suppress(FileExistsError):
        file = os.open(folder / name, flags | os.O_CREAT | os.O_EXCL, 0o444)
        os.fchmod(file, 0o444)  # for every user, whatever the umask
        return file
    return os.open(folder / name, flags)
