"""Results are published complete and once, without replacing a file."""

import os
from dataclasses import replace
from pathlib import PurePosixPath

import pytest
from dropcut.core.claims import Claim, ClaimState, Folders
from dropcut.core.errors import PictureError, Reason, TransientError, VanishedError
from dropcut.storage import Claims, FolderStore, content

from ..inbox_files import claimed, files, original


def _write_temp(store: FolderStore, claim: Claim, data: bytes = b"png") -> None:
    with store.temp(claim) as sink:
        os.write(sink, data)


def test_room(folders: Folders, claims: Claims) -> None:
    """Too little space in the outbox is a transient error with both numbers."""
    FolderStore(folders, claims, max_file_mb=1, min_free_mb=0).check_room()
    greedy = FolderStore(folders, claims, max_file_mb=1, min_free_mb=10**9)
    with pytest.raises(TransientError, match=r"MiB free.*requires 1000000000"):
        greedy.check_room()


def test_attempts(folders: Folders, claims: Claims, store: FolderStore) -> None:
    """An attempt is counted durably before the work, and can be reverted."""
    claim = store.count_attempt(store.count_attempt(claimed(folders, claims)))
    assert [c.attempts for c in Claims(folders).recover()] == [2]
    assert store.revert_attempt(claim).attempts == 1
    assert [c.attempts for c in Claims(folders).recover()] == [1]


def test_read(folders: Folders, claims: Claims, store: FolderStore) -> None:
    """A claimed picture is read completely, up to and including the limit."""
    data = bytes(1 << 20)
    assert store.read(claimed(folders, claims, data=data)) == data


def test_too_large_is_not_read(
    folders: Folders, claims: Claims, store: FolderStore
) -> None:
    """A file beyond the limit is refused by its size, without being read."""
    claim = claimed(folders, claims)
    os.truncate(original(folders, claim), 1 << 40)
    with pytest.raises(PictureError, match=r"1048576 MiB.*allows 1") as caught:
        store.read(claim)
    assert caught.value.reason is Reason.TOO_LARGE


def test_grown_beyond_the_limit_while_it_is_read(
    folders: Folders,
    claims: Claims,
    store: FolderStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A file that grows beyond the limit while it is read is refused, however large."""
    claim = claimed(folders, claims)
    read, sizes_bytes = content.read_up_to, []

    def read_up_to(file_fd: int, max_bytes: int) -> bytes:
        os.truncate(original(folders, claim), 3 << 20)
        data = read(file_fd, max_bytes)
        sizes_bytes.append(len(data))
        return data

    monkeypatch.setattr(content, "read_up_to", read_up_to)
    with pytest.raises(PictureError, match=r"3 MiB.*allows 1") as caught:
        store.read(claim)
    assert caught.value.reason is Reason.TOO_LARGE
    assert sizes_bytes == [(1 << 20) + 1]


def test_too_large_is_archived(
    folders: Folders, claims: Claims, store: FolderStore
) -> None:
    """A file beyond the limit is archived without being hashed."""
    claim = claimed(folders, claims)
    os.truncate(original(folders, claim), 1 << 40)
    store.archive_failed(claim, Reason.TOO_LARGE, "too large")
    reason = (folders.failed / "photo.jpg.error.json").read_text("ascii")
    assert '"bytes": 1099511627776' in reason
    assert '"sha256": null' in reason


def test_link_in_place_of_the_original(
    folders: Folders, claims: Claims, store: FolderStore
) -> None:
    """A link that replaced a claimed picture is not read."""
    claim = claimed(folders, claims)
    path = original(folders, claim)
    path.rename(folders.failed / "secret")
    path.symlink_to(folders.failed / "secret")
    with pytest.raises(VanishedError, match=r"photo\.jpg"):
        store.read(claim)


def test_vanished_original(
    folders: Folders, claims: Claims, store: FolderStore
) -> None:
    """An original that was removed has vanished, whichever step comes next."""
    claim = claimed(folders, claims)
    original(folders, claim).unlink()
    for step in (
        store.read,
        store.count_attempt,
        store.archive_processed,
        store.release_to_inbox,
    ):
        with pytest.raises(VanishedError):
            step(claim)
    with pytest.raises(VanishedError):
        store.archive_failed(claim, Reason.CORRUPT, "broken")
    assert files(folders.failed) == []


def test_release_discards_the_temp(
    folders: Folders, claims: Claims, store: FolderStore
) -> None:
    """A released picture leaves no temporary file in the outbox."""
    claim = claimed(folders, claims)
    _write_temp(store, claim)
    assert store.release_to_inbox(claim)
    assert files(folders.outbox) == []
    assert files(folders.inbox) == ["photo.jpg"]


def test_release_without_an_outbox(
    folders: Folders, claims: Claims, store: FolderStore
) -> None:
    """A picture is released even while the outbox cannot be reached."""
    claim = claimed(folders, claims)
    folders.outbox.rmdir()
    folders.outbox.write_bytes(b"a file")
    assert store.release_to_inbox(claim)
    assert files(folders.inbox) == ["photo.jpg"]


def test_refresh(folders: Folders, claims: Claims, store: FolderStore) -> None:
    """Refreshing returns the claim as a half-done step has left it on disk."""
    stale = claimed(folders, claims)
    claim = claims.transition(stale, attempts=2, state=ClaimState.PUBLISH)
    claim = claims.update_record(replace(claim, output=PurePosixPath("photo-7.png")))
    assert store.refresh(stale) == claim
    original(folders, claim).unlink()
    with pytest.raises(VanishedError, match=r"photo\.jpg"):
        store.refresh(stale)
