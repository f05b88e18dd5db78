"""Results are published complete and once, without replacing a file."""

import os
from dataclasses import replace
from pathlib import PurePosixPath

import pytest
from dropcut.core.claims import Claim, ClaimState, Folders
from dropcut.core.errors import PictureError, Reason, TransientError, VanishedError
from dropcut.core.ignored import is_ignored
from dropcut.storage import Claims, FolderStore, content, posix
from dropcut.storage.names import temp_name

from ..inbox_files import claimed, files, original


def _write_temp(store: FolderStore, claim: Claim, data: bytes = b"png") -> None:
    with store.temp(claim) as sink:
        os.write(sink, data)


def test_room(folders: Folders, claims: Claims) -> None:
    """Too little space in the outbox is a transient error with both numbers."""
    FolderStore(folders, claims, max_file_mb=1, min_free_mb=0).check_room()
    greedy = FolderStore(folders, claims, max_file_mb=1, min_free_mb=10**9)
    with pytest.raises(TransientError, match=r"MiB free.*asks for 1000000000"):
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

    def read_up_to(file_fd: int, most_bytes: int) -> bytes:
        os.truncate(original(folders, claim), 3 << 20)
        data = read(file_fd, most_bytes)
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


def test_temp_is_hidden(folders: Folders, claims: Claims, store: FolderStore) -> None:
    """A result that is being written has a hidden name."""
    claim = claimed(folders, claims, "a/photo.jpg")
    with store.temp(claim):
        (name,) = files(folders.outbox)
    assert is_ignored(PurePosixPath(name).name)
    assert name == f"a/{temp_name(claim.id)}"


def test_temp_after_an_exception(
    folders: Folders, claims: Claims, store: FolderStore
) -> None:
    """A result that could not be written leaves nothing in the outbox."""
    claim = claimed(folders, claims)
    with pytest.raises(ValueError, match="broken"), store.temp(claim):
        raise ValueError("broken")
    assert files(folders.outbox) == []


def test_publish(folders: Folders, claims: Claims, store: FolderStore) -> None:
    """Publishing renames the temporary file to the claim's output name."""
    claim = claimed(folders, claims, "a/photo.jpg")
    assert not store.has_temp(claim)
    _write_temp(store, claim)
    assert store.has_temp(claim)
    claim = store.publish(claim)
    assert files(folders.outbox) == ["a/photo.png"]
    assert not store.has_temp(claim)
    assert claim.state is ClaimState.PUBLISH


def test_publish_where_the_name_was_taken(
    folders: Folders, claims: Claims, store: FolderStore
) -> None:
    """A name that is taken meanwhile is not replaced: the next one is recorded."""
    claim = claimed(folders, claims)
    _write_temp(store, claim)
    (folders.outbox / "photo.png").write_bytes(b"theirs")
    (folders.outbox / "photo-2.png").symlink_to("nowhere")
    claim = store.publish(claim)
    assert str(claim.output) == "photo-3.png"
    assert (folders.outbox / "photo.png").read_bytes() == b"theirs"
    assert (folders.outbox / "photo-3.png").read_bytes() == b"png"
    assert Claims(folders).recover() == [claim]


@pytest.mark.parametrize("state", ["temp", "published", "neither"])
def test_interrupted_publishing(
    folders: Folders, claims: Claims, store: FolderStore, state: str
) -> None:
    """After a crash, a temporary file waits for its name; without one, it has it."""
    claim = claimed(folders, claims)
    _write_temp(store, claim)
    claim = claims.transition(claim, state=ClaimState.PUBLISH)
    path = folders.outbox / temp_name(claim.id)
    if state == "published":
        path.rename(folders.outbox / "photo.png")
    elif state == "neither":
        path.unlink()
    (recovered,) = Claims(folders).recover()
    assert recovered == claim
    assert store.has_temp(recovered) is (state == "temp")


def test_temp_is_durable(
    folders: Folders,
    claims: Claims,
    store: FolderStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The name of a complete temporary file is durable before it is published."""
    claim = claimed(folders, claims, "a/photo.jpg")
    synced: list[tuple[int, list[str]]] = []

    def sync(folder: int) -> None:
        synced.append((os.fstat(folder).st_ino, os.listdir(folder)))

    with store.temp(claim):
        monkeypatch.setattr(posix, "sync_folder", sync)
    inode = (folders.outbox / "a").stat().st_ino
    assert synced == [(inode, [temp_name(claim.id)])]


def test_discarded_temp(folders: Folders, claims: Claims, store: FolderStore) -> None:
    """A discarded temporary file is gone; discarding a missing one is no error."""
    claim = claimed(folders, claims, "a/photo.jpg")
    store.discard_temp(claim)
    _write_temp(store, claim)
    (folders.outbox / "a" / "photo.png").write_bytes(b"theirs")
    store.discard_temp(claim)
    assert files(folders.outbox) == ["a/photo.png"]
    assert not store.has_temp(claim)


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


def test_missing_outbox(folders: Folders, claims: Claims, store: FolderStore) -> None:
    """A missing outbox is an error, not an outbox without the result."""
    claim = claimed(folders, claims)
    folders.outbox.rmdir()
    with pytest.raises(FileNotFoundError):
        store.has_temp(claim)
    with pytest.raises(FileNotFoundError), store.temp(claim):
        pass


def test_outbox_folder_that_is_a_link(
    folders: Folders, claims: Claims, store: FolderStore
) -> None:
    """A link among the outbox's folders does not lead a result out of it."""
    claim = claimed(folders, claims, "a/photo.jpg")
    (folders.outbox / "a").symlink_to(folders.failed)
    with pytest.raises(NotADirectoryError), store.temp(claim):
        pass
    assert files(folders.failed) == []
