"""Names that a file system refuses are altered, and only there."""

import errno
import os
from pathlib import Path

import pytest
from dropcut.core.claims import Folders
from dropcut.core.errors import Reason
from dropcut.storage import Claims, FailedPictures, FolderStore, posix

from ..inbox_files import claimed, files


@pytest.fixture
def _like_fat(folders: Folders, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all folders but the inbox refuse what FAT refuses."""
    create, make, rename = os.open, os.mkdir, posix.rename_new

    def refuse(name: str, folder_fd: int | None) -> None:
        place = Path(f"/proc/self/fd/{folder_fd}").resolve()
        if folder_fd and ":" in name and not place.is_relative_to(folders.inbox):
            raise OSError(errno.EINVAL, "Invalid argument", name)

    def opened(
        name: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None
    ) -> int:
        if flags & os.O_CREAT:
            refuse(name, dir_fd)
        return create(name, flags, mode, dir_fd=dir_fd)

    def made(name: str, mode: int = 0o777, *, dir_fd: int | None = None) -> None:
        refuse(name, dir_fd)
        make(name, mode, dir_fd=dir_fd)

    def renamed(source_fd: int, name: str, target_fd: int, new_name: str) -> None:
        refuse(new_name, target_fd)
        rename(source_fd, name, target_fd, new_name)

    monkeypatch.setattr(os, "open", opened)
    monkeypatch.setattr(os, "mkdir", made)
    monkeypatch.setattr(posix, "rename_new", renamed)


@pytest.mark.usefixtures("_like_fat")
def test_refused_characters(
    folders: Folders, claims: Claims, store: FolderStore
) -> None:
    """Where `:` is refused, folders and files have `_` instead, and all else works."""
    for number in range(2):
        claim = claimed(folders, claims, "a:b/12:30.jpg", b"%d" % number)
        with store.temp(claim):
            pass
        store.archive_processed(store.publish(claim))
    claim = claimed(folders, claims, "a:b/12:31.jpg")
    store.archive_failed(claim, Reason.CORRUPT, "It is broken.")
    assert files(folders.outbox) == ["a_b/12_30-2.png", "a_b/12_30.png"]
    assert files(folders.processed) == ["a_b/12_30-2.jpg", "a_b/12_30.jpg"]
    assert files(folders.failed) == ["a_b/12_31.jpg", "a_b/12_31.jpg.error.json"]
    assert '"source": "a:b/12:31.jpg"' in (
        folders.failed / "a_b" / "12_31.jpg.error.json"
    ).read_text("ascii")
    (name,) = FailedPictures(folders).names()
    assert str(FailedPictures(folders).retry(name)) == "a_b/12_31.jpg"


def test_accepted_characters(
    folders: Folders, claims: Claims, store: FolderStore
) -> None:
    """Where every character is accepted, names stay as they are."""
    claim = claimed(folders, claims, 'a:b/"*?<>|\udcff\n.jpg')
    with store.temp(claim):
        pass
    store.archive_processed(store.publish(claim))
    assert files(folders.outbox) == ['a:b/"*?<>|\udcff\n.png']
    assert files(folders.processed) == ['a:b/"*?<>|\udcff\n.jpg']
