"""Folders of the inbox are mirrored even where something else has their names."""

import os
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest
from dropcut.core.claims import ClaimState, Folders
from dropcut.core.errors import Reason
from dropcut.storage import Claims, FailedPictures, FolderStore, GuardedFolder, posix
from dropcut.storage.mirror import mirrored

from ..inbox_files import claimed, drop, files, original

_KINDS = pytest.mark.parametrize("kind", ["file", "link", "fifo"])


def _block(path: Path, kind: str, folders: Folders) -> None:
    if kind == "file":
        path.write_bytes(b"theirs")
    elif kind == "link":
        path.symlink_to(folders.inbox)
    else:
        os.mkfifo(path)


def _mirrored(folders: Folders, path: str) -> str:
    return str(mirrored(GuardedFolder(folders.processed), PurePosixPath(path)))


@_KINDS
def test_mirror(folders: Folders, kind: str) -> None:
    """A folder has its own name, or the first that is a folder or free."""
    root = folders.processed
    assert _mirrored(folders, ".") == "."
    assert _mirrored(folders, "v1.0/b") == "v1.0/b"
    _block(root / "v1.0", kind, folders)
    assert _mirrored(folders, "v1.0/b") == "v1.0-2/b"
    _block(root / "v1.0-2", kind, folders)
    (root / "v1.0-3").mkdir()
    assert _mirrored(folders, "v1.0/b") == "v1.0-3/b"
    _block(root / "v1.0-3" / "b", kind, folders)
    assert _mirrored(folders, "v1.0/b/c") == "v1.0-3/b-2/c"
    assert not any((root / name).is_dir() for name in ("v1.0-4", "v1.0-3/b-2"))


def test_mirror_where_names_are_shorter(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder's name is shortened where the file system allows only short ones."""
    monkeypatch.setattr(posix, "name_limit_bytes", lambda _fd: 10)
    assert _mirrored(folders, "x" * 20) == "x" * 10
    (folders.processed / ("x" * 10)).touch()
    assert _mirrored(folders, "x" * 20) == "x" * 8 + "-2"


@_KINDS
@pytest.mark.parametrize("state", [ClaimState.PROCESSED, ClaimState.FAILED])
def test_archived_beside_a_file_with_the_name_of_the_folder(
    folders: Folders, claims: Claims, store: FolderStore, kind: str, state: ClaimState
) -> None:
    """All pictures of a folder go together into the one that has the free name."""
    target = folders.processed if state is ClaimState.PROCESSED else folders.failed
    _block(target / "Holiday", kind, folders)
    for name in ("a", "b"):
        claim = claimed(folders, claims, f"Holiday/{name}.jpg")
        if state is ClaimState.PROCESSED:
            store.archive_processed(claim)
        else:
            store.archive_failed(claim, Reason.CORRUPT, "It is broken.")
    found = [name for name in files(target) if not name.endswith(".error.json")]
    found = [name for name in found if name != "Holiday"]
    assert found == ["Holiday-2/a.jpg", "Holiday-2/b.jpg"]
    assert files(folders.inbox) == []


@pytest.mark.parametrize("apart", [False, True])
def test_kill_before_the_file_in_the_way_is_removed(
    folders: Folders,
    claims: Claims,
    store: FolderStore,
    monkeypatch: pytest.MonkeyPatch,
    *,
    apart: bool,
) -> None:
    """An original that was given a name in such a folder before a kill is found there.

    Also if the file in the way of the mirrored folder has gone since.
    """
    unlink, rename = os.unlink, posix.rename_new
    claim = claimed(folders, claims, "Holiday/a.jpg")
    (folders.processed / "Holiday").write_bytes(b"theirs")

    def killed(path: str, *, dir_fd: int | None = None) -> None:
        if path.endswith((".work", ".processed")):
            raise KeyboardInterrupt
        unlink(path, dir_fd=dir_fd)

    def linked(source_fd: int, name: str, target_fd: int, new_name: str) -> None:
        if apart and not os.path.sameopenfile(source_fd, target_fd):
            raise OSError(18, "Invalid cross-device link", name)
        if new_name == "a.jpg" and not apart:
            os.link(name, new_name, src_dir_fd=source_fd, dst_dir_fd=target_fd)
            raise KeyboardInterrupt
        rename(source_fd, name, target_fd, new_name)

    with monkeypatch.context() as patch:
        patch.setattr(posix, "rename_new", linked)
        patch.setattr(os, "unlink", killed)
        with pytest.raises(KeyboardInterrupt):
            store.archive_processed(claim)
    assert files(folders.processed) == ["Holiday", "Holiday-2/a.jpg"]
    (folders.processed / "Holiday").unlink()
    (claim,) = Claims(folders).recover()
    store.archive_processed(claim)
    assert files(folders.processed) == ["Holiday-2/a.jpg"]
    assert (folders.processed / "Holiday-2" / "a.jpg").stat().st_nlink == 1
    assert files(folders.inbox) == []


def test_recorded_folder_that_is_in_use_now(
    folders: Folders, claims: Claims, store: FolderStore
) -> None:
    """Where a copy's recorded folder is a file now, the copy is made somewhere else."""
    claim = claims.transition(
        claimed(folders, claims, "a/b.jpg"), state=ClaimState.PROCESSED
    )
    claim = claims.update_record(replace(claim, archived_as="a-2/b.jpg"))
    (folders.processed / "a-2").touch()
    store.archive_processed(claim)
    assert files(folders.processed) == ["a-2", "a/b.jpg"]
    assert files(folders.inbox) == []


def test_retry_beside_a_file_with_the_name_of_the_folder(folders: Folders) -> None:
    """A failed picture returns to the inbox where its folder's name is taken, too."""
    claims = Claims(folders)
    store = FolderStore(folders, claims, max_file_mb=1, min_free_mb=0)
    claim = claimed(folders, claims, "Holiday/a.jpg")
    store.archive_failed(claim, Reason.CORRUPT, "It is broken.")
    (folders.inbox / "Holiday").rmdir()
    drop(folders, "Holiday")
    returned = FailedPictures(folders).retry(PurePosixPath("Holiday/a.jpg"))
    assert str(returned) == "Holiday-2/a.jpg"
    assert files(folders.inbox) == ["Holiday", "Holiday-2/a.jpg"]


def test_folder_of_the_inbox_that_is_a_file_now(
    folders: Folders, claims: Claims, store: FolderStore
) -> None:
    """A picture whose folder is a file now cannot be returned, and stays claimed."""
    claim = claimed(folders, claims, "Holiday/a.jpg")
    (folders.inbox / "Holiday").rmdir()
    drop(folders, "Holiday")
    assert not store.release_to_inbox(claim)
    assert original(folders, claim).is_file()
