"""The lock, the file systems and the processors of the machine."""

import threading
import time
from pathlib import Path

import pytest
from dropcut.core.claims import Folders
from dropcut.core.errors import AlreadyRunningError, ExitCode
from dropcut.inbox import host
from dropcut.inbox.host import InboxLock, filesystem_type, is_remote, is_taken
from dropcut.storage import FailedPictures

from ..dropping import files


def test_lock(tmp_path: Path) -> None:
    """A second instance is refused while the first has the inbox, and not after."""
    first, second = InboxLock(tmp_path), InboxLock(tmp_path)
    first.acquire()
    assert is_taken(tmp_path)
    with pytest.raises(AlreadyRunningError, match="another dropcut") as caught:
        second.acquire()
    assert caught.value.exit_code is ExitCode.TAKEN
    first.release()
    assert not is_taken(tmp_path)
    second.acquire()
    second.release()
    second.release()


def test_lock_that_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An instance waits for a moment: `dropcut status` may only be asking."""
    monkeypatch.setattr(host, "_TRIES", 1000)
    asking, lock = InboxLock(tmp_path), InboxLock(tmp_path)
    asking.acquire()
    timer = threading.Timer(0.1, asking.release)
    timer.start()
    lock.acquire()
    timer.join()
    monkeypatch.setattr(host, "_TRIES", 1)
    assert is_taken(tmp_path)
    lock.release()


def test_lock_is_refused_soon(tmp_path: Path) -> None:
    """An instance that is refused has waited for a moment and no more."""
    lock = InboxLock(tmp_path)
    lock.acquire()
    start = time.monotonic()
    with pytest.raises(AlreadyRunningError):
        InboxLock(tmp_path).acquire()
    assert 0.1 <= time.monotonic() - start <= 5
    lock.release()


def test_lock_through_a_link(tmp_path: Path) -> None:
    """One inbox has one lock, whatever path leads to it."""
    (tmp_path / "inbox").mkdir()
    (tmp_path / "link").symlink_to("inbox")
    lock = InboxLock(tmp_path / "inbox")
    lock.acquire()
    assert is_taken(tmp_path / "link")
    lock.release()


def test_lock_of_another_inbox(tmp_path: Path) -> None:
    """Two inboxes do not lock each other, and a lock leaves nothing in its inbox."""
    locks = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        locks.append(InboxLock(tmp_path / name))
        locks[-1].acquire()
    assert files(tmp_path) == []
    for lock in locks:
        lock.release()


def test_lock_is_taken_anew(tmp_path: Path) -> None:
    """Acquiring twice holds the lock once, of the inbox that is there now."""
    lock = InboxLock(tmp_path)
    lock.acquire()
    lock.acquire()
    lock.release()
    assert not is_taken(tmp_path)
    with pytest.raises(FileNotFoundError):
        InboxLock(tmp_path / "nothing").acquire()


def test_filesystem_type() -> None:
    """The type of a file system is that of the innermost mount above a path."""
    assert filesystem_type(Path("/proc/self")) == "proc"
    assert filesystem_type(Path("/")) != "unknown"


def test_filesystem_type_of_odd_mounts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Spaces in mount points and mounts over mounts are understood."""
    table = tmp_path / "mountinfo"
    table.write_text(
        "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
        "2 1 0:40 / /mnt/my\\040share rw shared:1 - cifs //nas/x rw\n"
        "3 1 0:41 / /mnt/two rw - ext4 /dev/sdb rw\n"
        "4 1 0:42 / /mnt/two rw - fuse.sshfs host: rw\n",
        "utf-8",
    )
    monkeypatch.setattr(host, "_MOUNTS", table)
    assert filesystem_type(Path("/mnt/my share/inbox")) == "cifs"
    assert filesystem_type(Path("/mnt/two")) == "fuse.sshfs"
    assert filesystem_type(Path("/mnt/two-more")) == "ext4"


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs"])
def test_remote(kind: str) -> None:
    """Network and FUSE file systems are polled."""
    assert is_remote(kind)


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "tmpfs", "overlay", "zfs"])
def test_local(kind: str) -> None:
    """Local file systems are watched."""
    assert not is_remote(kind)


def _fail(folders: Folders, name: str) -> None:
    path = folders.failed / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"failed")
    (path.parent / f"{path.name}.error.json").write_text("{}", "ascii")


def test_failed_names(folders: Folders) -> None:
    """The failed pictures are listed without their reasons and hidden files."""
    for name in ("b.jpg", "a/c.jpg", ".dropcut-x.part"):
        _fail(folders, name)
    assert [str(p) for p in FailedPictures(folders).names()] == ["b.jpg", "a/c.jpg"]


def test_retry(folders: Folders) -> None:
    """A retried picture lies in the inbox again, and its reason is gone."""
    _fail(folders, "a/c.jpg")
    failed = FailedPictures(folders)
    (path,) = failed.names()
    assert failed.retry(path) == path
    assert files(folders.inbox) == ["a/c.jpg"]
    assert files(folders.failed) == []


def test_retry_where_the_name_is_taken(folders: Folders) -> None:
    """A retried picture replaces no new one of its name."""
    _fail(folders, "c.jpg")
    (folders.inbox / "c.jpg").write_bytes(b"new")
    failed = FailedPictures(folders)
    assert str(failed.retry(failed.names()[0])) == "c-2.jpg"
    assert (folders.inbox / "c.jpg").read_bytes() == b"new"
    assert (folders.inbox / "c-2.jpg").read_bytes() == b"failed"


def test_retry_from_another_file_system(folders: Folders, elsewhere: Path) -> None:
    """A retried picture crosses file systems whole."""
    apart = Folders(
        inbox=folders.inbox,
        outbox=folders.outbox,
        processed=folders.processed,
        failed=elsewhere,
    )
    _fail(apart, "a/c.jpg")
    failed = FailedPictures(apart)
    failed.retry(failed.names()[0])
    assert files(folders.inbox) == ["a/c.jpg"]
    assert files(elsewhere) == []
