"""The lock on an inbox and the file systems of the machine."""

import threading
from pathlib import Path

import pytest
from dropcut.core.errors import AlreadyRunningError, ExitCode, UnusableLockError
from dropcut.inbox import host
from dropcut.inbox.host import InboxLock, filesystem_type, is_locked, is_remote

from ...odd_files import ODD, make_odd
from ..inbox_files import files


def test_lock(tmp_path: Path) -> None:
    """A second instance is refused while the first holds the lock, but not later."""
    first, second = InboxLock(tmp_path), InboxLock(tmp_path)
    first.acquire()
    assert is_locked(tmp_path)
    with pytest.raises(AlreadyRunningError, match="another Dropcut") as caught:
        second.acquire()
    assert caught.value.exit_code is ExitCode.TAKEN
    first.release()
    assert not is_locked(tmp_path)
    second.acquire()
    second.release()
    second.release()


def test_lock_that_is_released(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An instance waits for a moment: `dropcut status` locks the inbox briefly."""
    monkeypatch.setattr(host, "_TRIES", 1000)
    other, lock = InboxLock(tmp_path), InboxLock(tmp_path)
    other.acquire()
    timer = threading.Timer(0.1, other.release)
    timer.start()
    lock.acquire()
    timer.join()
    monkeypatch.setattr(host, "_TRIES", 1)
    assert is_locked(tmp_path)
    lock.release()


def test_refused_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An instance that is refused has waited for a moment, but no longer."""
    waits: list[float] = []
    monkeypatch.setattr("dropcut.inbox.host.time.sleep", waits.append)
    lock = InboxLock(tmp_path)
    lock.acquire()
    with pytest.raises(AlreadyRunningError):
        InboxLock(tmp_path).acquire()
    assert 0.1 <= sum(waits) <= 1
    lock.release()


def test_lock_through_a_link(tmp_path: Path) -> None:
    """One inbox has one lock, whatever the path to it."""
    (tmp_path / "inbox").mkdir()
    (tmp_path / "link").symlink_to("inbox")
    lock = InboxLock(tmp_path / "inbox")
    lock.acquire()
    assert is_locked(tmp_path / "link")
    lock.release()


def test_lock_of_another_inbox(tmp_path: Path) -> None:
    """Two inboxes have separate locks, and a lock leaves no file in its inbox."""
    locks = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        locks.append(InboxLock(tmp_path / name))
        locks[-1].acquire()
    assert files(tmp_path) == []
    for lock in locks:
        lock.release()


def test_lock_is_acquired_again(tmp_path: Path) -> None:
    """Acquiring again releases first, and locks the folder that is there now."""
    lock = InboxLock(tmp_path)
    lock.acquire()
    lock.acquire()
    lock.release()
    assert not is_locked(tmp_path)
    with pytest.raises(FileNotFoundError):
        InboxLock(tmp_path / "nothing").acquire()


@pytest.mark.parametrize("kind", ODD)
def test_lock_that_is_something_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Whatever is in place of the lock is named, and never waited for or followed."""
    monkeypatch.setattr(host, "_SHARED_MEMORY", tmp_path)
    (tmp_path / "inbox").mkdir()
    status = (tmp_path / "inbox").stat()
    path = tmp_path / f"dropcut-{status.st_dev:x}-{status.st_ino:x}.lock"
    make_odd(path, kind)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for use in (is_locked, lambda inbox: InboxLock(inbox).acquire()):
        with pytest.raises(
            UnusableLockError, match=f"(?i){kind.removeprefix('dangling ')}"
        ) as caught:
            use(tmp_path / "inbox")
        assert str(path) in str(caught.value)
        assert caught.value.exit_code is ExitCode.TAKEN
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_lock_in_a_container(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Instances that share nothing but the inbox exclude each other in containers.

    Elsewhere nothing in the inbox stays open: its file system can be unmounted.
    """
    for name in ("inbox", "one", "two"):
        (tmp_path / name).mkdir()
    (tmp_path / "pid").touch()
    lock, other = InboxLock(tmp_path / "inbox"), InboxLock(tmp_path / "inbox")
    for held in (False, True):
        own = (tmp_path / "pid").stat().st_ino
        monkeypatch.setattr(host, "_PID_NAMESPACE", tmp_path / "pid")
        monkeypatch.setattr(host, "_FIRST_PID_NAMESPACE", own + held)
        monkeypatch.setattr(host, "_SHARED_MEMORY", tmp_path / "one")
        lock.acquire()
        opened = {link.resolve() for link in Path("/proc/self/fd").iterdir()}
        assert (tmp_path / "inbox" in opened) == held
        monkeypatch.setattr(host, "_SHARED_MEMORY", tmp_path / "two")
        assert is_locked(tmp_path / "inbox") == held
        lock.release()
    other.acquire()
    other.release()


def test_filesystem_type() -> None:
    """The file system of a path is that of the deepest mount above it."""
    assert filesystem_type(Path("/proc/self")) == "proc"
    assert filesystem_type(Path("/")) != "unknown"


def test_filesystem_type_of_unusual_mounts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Spaces in mount points are decoded, and a mount over a mount covers it."""
    table = tmp_path / "mountinfo"
    table.write_text(
        "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
        "2 1 0:40 / /mnt/my\\040share rw shared:1 - cifs //nas/x rw\n"
        "3 1 0:41 / /mnt/two rw - ext4 /dev/sdb rw\n"
        "4 1 0:42 / /mnt/two rw - fuse.sshfs host: rw\n",
        "utf-8",
    )
    monkeypatch.setattr("dropcut.settings.mounts._MOUNTS", table)
    assert filesystem_type(Path("/mnt/my share/inbox")) == "cifs"
    assert filesystem_type(Path("/mnt/two")) == "fuse.sshfs"
    assert filesystem_type(Path("/mnt/two-more")) == "ext4"


_REMOTE = "9p afs ceph cifs coda davfs fuse fuse.sshfs fuseblk glusterfs lustre ncpfs"
_REMOTE += " nfs nfs4 prl_fs smb3 smbfs vboxsf virtiofs"


@pytest.mark.parametrize("fs_type", _REMOTE.split())
def test_remote(fs_type: str) -> None:
    """Network and FUSE file systems are polled."""
    assert is_remote(fs_type)


@pytest.mark.parametrize(
    "fs_type", ["ext4", "xfs", "btrfs", "tmpfs", "overlay", "zfs", "nfsd", "unknown"]
)
def test_local(fs_type: str) -> None:
    """Local file systems are watched."""
    assert not is_remote(fs_type)
