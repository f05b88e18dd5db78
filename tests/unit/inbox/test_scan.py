"""The inbox lists regular files, reports what it skips, and follows no links."""

import os
import socket
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest
from dropcut.core.claims import Folders, InboxFile, SkippedEntry
from dropcut.inbox.ports import SubFolder
from dropcut.inbox.scan import InboxFolder
from dropcut.storage import Claims

from ..inbox_files import drop, files


def _scanned(inbox: InboxFolder, below: str = "") -> dict[str, str]:
    return {
        str(item.path): item.reason if isinstance(item, SkippedEntry) else "found"
        for item in inbox.scan(PurePosixPath(below))
    }


def test_scan(folders: Folders, inbox: InboxFolder) -> None:
    """A scan finds regular files at any depth, with any name, but no folders."""
    names = ["b.jpg", "a/c.jpg", "a/d/e\n\udcff.jpg", "a/no-extension"]
    for name in names:
        drop(folders, name)
    (folders.inbox / "empty").mkdir()
    assert _scanned(inbox) == dict.fromkeys(names, "found")
    assert list(_scanned(inbox, "a/d")) == ["a/d/e\n\udcff.jpg"]


def test_identity(folders: Folders, inbox: InboxFolder) -> None:
    """`scan` and `entry_at` return the same identity until the file changes."""
    found = drop(folders)
    assert list(inbox.scan()) == [found]
    assert inbox.entry_at(found.path) == found
    drop(folders, data=b"changed")
    os.utime(folders.inbox / "photo.jpg", ns=(0, 1))
    assert inbox.entry_at(found.path) != found


@pytest.mark.parametrize(
    "name",
    [".hidden.jpg", "x.part", "x.raw", ".dropcut/x.jpg", "@eaDir/x.jpg", "a/.b/x.jpg"],
)
def test_ignored(folders: Folders, inbox: InboxFolder, name: str) -> None:
    """Names ignored by default or by the user are not found."""
    drop(folders, name)
    assert _scanned(inbox) == {}
    assert inbox.entry_at(PurePosixPath(name)) is None


def test_skipped(folders: Folders, inbox: InboxFolder) -> None:
    """Links, FIFOs, sockets and folders named like pictures are reported."""
    (folders.inbox / "link.jpg").symlink_to("/etc/passwd")
    (folders.inbox / "folder-link").symlink_to("/etc")
    os.mkfifo(folders.inbox / "fifo.jpg")
    (folders.inbox / "album.jpg").mkdir()
    drop(folders, "album.jpg/x.jpg")
    with socket.socket(socket.AF_UNIX) as channel:
        channel.bind(str(folders.inbox / "socket.jpg"))
        expected = {
            "album.jpg": "a folder named like a picture",
            "album.jpg/x.jpg": "found",
            "fifo.jpg": "a FIFO",
            "folder-link": "a link",
            "link.jpg": "a link",
            "socket.jpg": "a socket",
        }
        assert _scanned(inbox) == expected
    link = PurePosixPath("link.jpg")
    assert inbox.entry_at(link) == SkippedEntry(link, "a link")


def test_nothing_behind_a_link(folders: Folders, inbox: InboxFolder) -> None:
    """Files behind a link to a folder are not found."""
    (folders.failed / "x.jpg").write_bytes(b"x")
    (folders.inbox / "link").symlink_to(folders.failed)
    assert inbox.entry_at(PurePosixPath("link/x.jpg")) is None
    link = PurePosixPath("link")
    assert inbox.entry_at(link) == SkippedEntry(link, "a link")
    with pytest.raises(NotADirectoryError):
        list(inbox.scan(PurePosixPath("link")))


@pytest.mark.parametrize("path", ["nothing.jpg", "no/such/folder.jpg", "photo.jpg/x"])
def test_nothing_there(folders: Folders, inbox: InboxFolder, path: str) -> None:
    """A path where nothing exists is None, not an error."""
    drop(folders)
    assert inbox.entry_at(PurePosixPath(path)) is None


def test_folders(folders: Folders, inbox: InboxFolder) -> None:
    """A sub-folder is returned as such, unless a scan would not enter it."""
    for name in ("a/b", ".hidden", "lost+found"):
        (folders.inbox / name).mkdir(parents=True)
    for path in (PurePosixPath("a"), PurePosixPath("a/b")):
        assert inbox.entry_at(path) == SubFolder(path)
    assert inbox.entry_at(PurePosixPath(".hidden")) is None
    assert inbox.entry_at(PurePosixPath("lost+found")) is None


def test_flat_inbox(folders: Folders, claims: Claims) -> None:
    """An inbox that is not recursive skips sub-folders."""
    flat = InboxFolder(folders, claims, recursive=False, ignore=())
    drop(folders, "a/b.jpg")
    drop(folders, "c.jpg")
    assert list(_scanned(flat)) == ["c.jpg"]
    assert flat.entry_at(PurePosixPath("a/b.jpg")) is None
    assert flat.entry_at(PurePosixPath("a")) is None


def test_missing_inbox(folders: Folders, inbox: InboxFolder) -> None:
    """A missing inbox is an error, not an empty inbox."""
    folders.inbox.rmdir()
    with pytest.raises(FileNotFoundError):
        list(inbox.scan())


def test_folder_too_deep(folders: Folders, inbox: InboxFolder) -> None:
    """A folder below 64 others is reported and not entered; its neighbours are."""
    deep = "/".join("d" * 64)
    drop(folders, f"{deep}/a.jpg")
    drop(folders, f"{deep}/e/b.jpg")
    drop(folders, "z.jpg")
    assert _scanned(inbox) == {
        f"{deep}/a.jpg": "found",
        f"{deep}/e": "a folder nested too deeply",
        "z.jpg": "found",
    }


def test_check(folders: Folders, inbox: InboxFolder) -> None:
    """The check fails unless the inbox and its claims can be reached."""
    inbox.check()
    (folders.inbox / ".dropcut").rmdir()
    inbox.check()
    (folders.inbox / ".dropcut").rmdir()
    (folders.inbox / ".dropcut").write_bytes(b"a file")
    with pytest.raises(OSError, match="remove it"):
        inbox.check()
    folders.inbox.rename(folders.inbox.with_name("away"))
    with pytest.raises(FileNotFoundError):
        inbox.check()


def test_claim(folders: Folders, inbox: InboxFolder) -> None:
    """A file that was found is claimed, and is no longer found then."""
    drop(folders)
    (found,) = inbox.scan()
    assert isinstance(found, InboxFile)
    claim = inbox.claim(found)
    assert claim is not None
    assert claim.source == found.path
    assert _scanned(inbox) == {}


@pytest.fixture
def unprivileged_inbox(unprivileged: Path) -> tuple[Folders, InboxFolder]:
    """Return an inbox that is used without root's privileges."""
    names = ("inbox", "outbox", "processed", "failed")
    for name in names:
        (unprivileged / name).mkdir()
    folders = Folders(**{name: unprivileged / name for name in names})
    return folders, InboxFolder(folders, Claims(folders), recursive=True, ignore=())


def test_folder_that_may_not_be_read(
    unprivileged_inbox: tuple[Folders, InboxFolder],
) -> None:
    """An unreadable folder is reported, and its neighbours are found."""
    folders, inbox = unprivileged_inbox
    drop(folders, "locked/x.jpg")
    drop(folders, "z.jpg")
    (folders.inbox / "locked").chmod(0)
    assert _scanned(inbox) == {
        "locked": "a folder that cannot be listed (no r permission)",
        "z.jpg": "found",
    }
    assert inbox.entry_at(PurePosixPath("locked/x.jpg")) is None


def test_file_that_may_not_be_read(
    unprivileged_inbox: tuple[Folders, InboxFolder],
) -> None:
    """An unreadable picture is not claimed and stays where it is."""
    folders, inbox = unprivileged_inbox
    found = drop(folders)
    (folders.inbox / "photo.jpg").chmod(0)
    with pytest.raises(PermissionError):
        inbox.claim(found)
    assert files(folders.inbox) == ["photo.jpg"]


def test_folder_that_may_not_be_changed(
    unprivileged_inbox: tuple[Folders, InboxFolder],
) -> None:
    """A picture that cannot be moved is not claimed and leaves no record."""
    folders, inbox = unprivileged_inbox
    found = drop(folders, "a/photo.jpg")
    (folders.inbox / "a").chmod(0o500)
    with pytest.raises(PermissionError):
        inbox.claim(found)
    assert files(folders.inbox) == ["a/photo.jpg"]


@pytest.mark.parametrize("mode", [0o644, 0o444, 0o600])
def test_folder_that_may_not_be_searched(
    unprivileged_inbox: tuple[Folders, InboxFolder], mode: int
) -> None:
    """A folder that can only be listed is reported once; its neighbours are found."""
    folders, inbox = unprivileged_inbox
    for name in ("locked/x.jpg", "locked/y.jpg", "z.jpg"):
        drop(folders, name)
    (folders.inbox / "locked").chmod(mode)
    items = [(str(item.path), isinstance(item, SkippedEntry)) for item in inbox.scan()]
    assert items == [("locked", True), ("z.jpg", False)]
    assert (
        _scanned(inbox)["locked"]
        == "a folder that cannot be searched (no x permission)"
    )
    assert inbox.entry_at(PurePosixPath("locked/x.jpg")) is None


def test_check_of_an_inbox_that_is_locked(
    unprivileged_inbox: tuple[Folders, InboxFolder],
) -> None:
    """The check fails while permissions deny access to inbox or claims."""
    folders, inbox = unprivileged_inbox
    inbox.check()
    for path in (folders.inbox / ".dropcut", folders.inbox):
        path.chmod(0)
        with pytest.raises(PermissionError):
            inbox.check()
        path.chmod(0o700)
        inbox.check()


@pytest.mark.parametrize("name", ["outbox", "processed", "failed"])
@pytest.mark.parametrize("place", ["mounted", "a/mounted"])
def test_folder_that_dropcut_writes_to(folders: Folders, name: str, place: str) -> None:
    """A folder of the inbox that is the outbox, as by a mount, is never entered."""
    mixed = replace(folders, **{name: folders.inbox / place})
    inbox = InboxFolder(mixed, Claims(mixed), recursive=True, ignore=())
    found = {"a/photo.jpg": "found", "photo.jpg": "found"}
    for path in found:
        drop(folders, path)
    for below in ("own.png", "sub/own.png"):
        drop(folders, f"{place}/{below}")
        assert inbox.entry_at(PurePosixPath(f"{place}/{below}")) is None
    assert inbox.entry_at(PurePosixPath(place)) is None
    assert inbox.entry_at(PurePosixPath(place) / "sub") is None
    own = {place: "one of Dropcut's own folders, by a mount"}
    assert _scanned(inbox) == found | own
    (folders.inbox / place).rename(folders.inbox / "not mounted")
    assert "not mounted/own.png" in _scanned(inbox)


def test_path_that_is_too_long_for_one_call(
    folders: Folders, inbox: InboxFolder
) -> None:
    """A picture is found however long its path is."""
    path, above = PurePosixPath(), os.open(folders.inbox, os.O_RDONLY)
    for _ in range(21):
        path /= "x" * 200
        os.mkdir(path.name, dir_fd=above)
        below = os.open(path.name, os.O_RDONLY, dir_fd=above)
        os.close(above)
        above = below
    path /= "a.jpg"
    os.close(os.open(path.name, os.O_WRONLY | os.O_CREAT, dir_fd=above))
    os.close(above)
    (found,) = inbox.scan()
    assert found.path == path
    assert inbox.entry_at(path) == found
