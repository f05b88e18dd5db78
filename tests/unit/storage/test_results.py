"""Results get their names complete and once, whatever people do to the outbox."""

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest
from dropcut.core.claims import Claim, ClaimState, Folders
from dropcut.core.ignored import CLAIMS, is_ignored, is_ignored_folder
from dropcut.storage import Claims, FolderStore, posix, records
from dropcut.storage.names import note_name, temp_name

from ...requiring import require
from ..inbox_files import claimed, files


def _write_temp(store: FolderStore, claim: Claim, data: bytes = b"png") -> None:
    with store.temp(claim) as sink:
        os.write(sink, data)


def _hidden(folders: Folders, claim: Claim) -> Path:
    return folders.outbox / CLAIMS / temp_name(claim.id)


def _killed_before_the_name(
    store: FolderStore, claim: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Write a result, and be killed when it is about to get its name."""

    def kill(*_: object) -> None:
        raise KeyboardInterrupt

    _write_temp(store, claim)
    with monkeypatch.context() as patch:
        patch.setattr(posix, "rename_new", kill)
        with pytest.raises(KeyboardInterrupt):
            store.publish(claim)


def test_temp_is_hidden(folders: Folders, claims: Claims, store: FolderStore) -> None:
    """A result that is being written is in a hidden folder that nothing lists."""
    claim = claimed(folders, claims, "a/photo.jpg")
    with store.temp(claim):
        (name,) = files(folders.outbox)
    assert is_ignored(PurePosixPath(name).name)
    assert is_ignored_folder(PurePosixPath(name).parent.name)
    assert name == f"{CLAIMS}/{temp_name(claim.id)}"


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
    _write_temp(store, claim)
    claim = store.publish(claim)
    assert files(folders.outbox) == ["a/photo.png"]
    assert claim.state is ClaimState.PUBLISH
    assert store.resume(claim) == claim
    assert files(folders.outbox) == ["a/photo.png"]


def test_publish_where_the_name_was_taken(
    folders: Folders, claims: Claims, store: FolderStore
) -> None:
    """A name that has been taken since is not replaced: the next one is recorded."""
    claim = claimed(folders, claims)
    _write_temp(store, claim)
    (folders.outbox / "photo.png").write_bytes(b"theirs")
    (folders.outbox / "photo-2.png").symlink_to("nowhere")
    claim = store.publish(claim)
    assert str(claim.output) == "photo-3.png"
    assert (folders.outbox / "photo.png").read_bytes() == b"theirs"
    assert (folders.outbox / "photo-3.png").read_bytes() == b"png"
    assert Claims(folders).recover() == [claim]


def test_interrupted_publishing(
    folders: Folders,
    claims: Claims,
    store: FolderStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After a kill, a complete result gets its name."""
    _killed_before_the_name(store, claimed(folders, claims, "a/b.jpg"), monkeypatch)
    (claim,) = Claims(folders).recover()
    assert claim.state is ClaimState.PUBLISH
    assert store.resume(claim) == claim
    assert files(folders.outbox) == ["a/b.png"]


@pytest.mark.parametrize("sweep", ["hidden folder", "hidden file"])
def test_result_that_was_swept_away(
    folders: Folders,
    claims: Claims,
    store: FolderStore,
    monkeypatch: pytest.MonkeyPatch,
    sweep: str,
) -> None:
    """A result that was removed before it got its name is to be made again."""
    claim = store.count_attempt(claimed(folders, claims))
    _killed_before_the_name(store, claim, monkeypatch)
    hidden = _hidden(folders, claim)
    shutil.rmtree(hidden.parent) if sweep == "hidden folder" else hidden.unlink()
    (claim,) = Claims(folders).recover()
    claim = store.resume(claim)
    assert (claim.state, claim.attempts) == (ClaimState.WORK, 0)
    _write_temp(store, claim)
    claim = store.publish(claim)
    assert files(folders.outbox) == ["photo.png"]


def test_result_that_is_removed_at_once(
    folders: Folders, claims: Claims, store: FolderStore
) -> None:
    """A result that is removed before it is published is an error, not published."""
    claim = claimed(folders, claims)
    _write_temp(store, claim)
    _hidden(folders, claim).unlink()
    with pytest.raises(FileNotFoundError, match="a result was removed") as caught:
        store.publish(claim)
    assert caught.value.filename == str(folders.outbox / CLAIMS)
    assert Claims(folders).recover() == [claim]


def _same(_result: Path) -> None:
    """Leave a result as it is."""


def _copied_by_a_person(result: Path) -> None:
    copy = result.with_name("copy")
    shutil.copy2(result, copy)
    copy.rename(result)


def _touched(result: Path) -> None:
    os.utime(result, ns=(0, 0))


@pytest.mark.parametrize("change", [_same, _copied_by_a_person, _touched])
def test_published_result_is_recognised_after_a_power_cut(
    folders: Folders,
    claims: Claims,
    store: FolderStore,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Path], None],
) -> None:
    """A named result of the recorded size, and inode or age, is not made again."""
    claim = claimed(folders, claims)
    _write_temp(store, claim)
    store.publish(claim)
    change(folders.outbox / "photo.png")
    monkeypatch.setattr(records, "_BOOT_ID", folders.inbox / "no such file")
    (claim,) = Claims(folders).recover()
    assert store.resume(claim) == claim
    assert files(folders.outbox) == ["photo.png"]


@pytest.mark.parametrize("there", [None, b"their", b"their picture"])
def test_note_is_not_believed_after_a_power_cut(
    folders: Folders,
    claims: Claims,
    store: FolderStore,
    monkeypatch: pytest.MonkeyPatch,
    there: bytes | None,
) -> None:
    """When the machine was started again, only the result itself is evidence."""
    claim = claimed(folders, claims)
    _write_temp(store, claim)
    store.publish(claim)
    result = folders.outbox / "photo.png"
    result.unlink()
    if there:
        result.write_bytes(there)
    other = folders.failed.parent / "boot"
    other.write_text("another boot", "ascii")
    monkeypatch.setattr(records, "_BOOT_ID", other)
    (claim,) = Claims(folders).recover()
    assert store.resume(claim).state is ClaimState.WORK


def test_note_of_an_earlier_result_is_removed(
    folders: Folders,
    claims: Claims,
    store: FolderStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A note outlives neither a power cut nor the next result of its picture."""
    claim = claimed(folders, claims)
    (folders.inbox / CLAIMS / note_name(claim.id)).touch()
    _killed_before_the_name(store, claim, monkeypatch)
    _hidden(folders, claim).unlink()
    (claim,) = Claims(folders).recover()
    assert store.resume(claim).state is ClaimState.WORK


def test_note_is_removed_with_its_claim(
    folders: Folders, claims: Claims, store: FolderStore
) -> None:
    """No note is left behind, neither by an archived picture nor by a kill."""
    claim = claimed(folders, claims)
    _write_temp(store, claim)
    claim = store.publish(claim)
    assert (folders.inbox / CLAIMS / note_name(claim.id)).exists()
    store.archive_processed(claim)
    (folders.inbox / CLAIMS / note_name("0-0")).touch()
    assert Claims(folders).recover() == []
    assert files(folders.inbox) == []


def test_result_taken_away_at_once(
    folders: Folders, claims: Claims, store: FolderStore
) -> None:
    """A result that somebody takes away once it was published is not repeated."""
    claim = claimed(folders, claims, "a/photo.jpg")
    _write_temp(store, claim)
    store.publish(claim)
    shutil.rmtree(folders.outbox / "a")
    (claim,) = Claims(folders).recover()
    assert store.resume(claim) == claim
    assert files(folders.outbox) == []


@pytest.mark.parametrize("state", ["temp", "both", "published", "neither"])
def test_publishing_of_an_earlier_version(
    folders: Folders, claims: Claims, store: FolderStore, state: str
) -> None:
    """What an earlier version has left in the mirrored folder is taken up."""
    claim = claims.transition(
        claimed(folders, claims, "a/b.jpg"), attempts=1, state=ClaimState.PUBLISH
    )
    temp, result = (
        folders.outbox / "a" / temp_name(claim.id),
        folders.outbox / "a/b.png",
    )
    temp.parent.mkdir()
    if state in {"temp", "both"}:
        temp.write_bytes(b"png")
    if state == "both":
        result.hardlink_to(temp)
    if state == "published":
        result.write_bytes(b"png")
    resumed = store.resume(claim)
    if state == "neither":
        assert (resumed.state, resumed.attempts) == (ClaimState.WORK, 0)
    else:
        assert resumed == claim
        assert files(folders.outbox) == ["a/b.png"]
        assert result.stat().st_nlink == 1


def test_evidence_that_cannot_be_recorded(
    folders: Folders,
    claims: Claims,
    store: FolderStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A full disk below the claims does not keep a result from being published."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    claim = claimed(folders, claims)
    _write_temp(store, claim)
    monkeypatch.setattr("dropcut.storage.results.write_record", full)
    claim = store.publish(claim)
    assert claim.result is None
    assert store.resume(claim) == claim
    assert files(folders.outbox) == ["photo.png"]


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
    inode = (folders.outbox / CLAIMS).stat().st_ino
    assert synced == [(inode, [temp_name(claim.id)])]


def test_discarded_temp(folders: Folders, claims: Claims, store: FolderStore) -> None:
    """A discarded temporary file is gone; discarding a missing one is no error."""
    claim = claimed(folders, claims, "a/photo.jpg")
    store.discard_temp(claim)
    _write_temp(store, claim)
    (folders.outbox / "a").mkdir()
    (folders.outbox / "a" / "photo.png").write_bytes(b"theirs")
    (folders.outbox / "a" / temp_name(claim.id)).write_bytes(b"an earlier version's")
    store.discard_temp(claim)
    assert files(folders.outbox) == ["a/photo.png"]


def test_missing_outbox(folders: Folders, claims: Claims, store: FolderStore) -> None:
    """A missing outbox is an error, not an outbox without the result."""
    claim = claims.transition(claimed(folders, claims), state=ClaimState.PUBLISH)
    folders.outbox.rmdir()
    with pytest.raises(FileNotFoundError):
        store.resume(claim)
    with pytest.raises(FileNotFoundError), store.temp(claim):
        pass
    assert Claims(folders).recover() == [claim]


@pytest.mark.parametrize("kind", ["link", "file"])
def test_hidden_folder_that_is_none(
    folders: Folders, claims: Claims, store: FolderStore, kind: str
) -> None:
    """A link in place of the hidden folder is not followed; the problem is named."""
    hidden = folders.outbox / CLAIMS
    hidden.symlink_to(folders.failed) if kind == "link" else hidden.touch()
    with pytest.raises(OSError, match=r"outbox/\.dropcut is not a folder") as caught:
        store.count_attempt(claimed(folders, claims))
    assert "remove it" in str(caught.value)
    assert files(folders.failed) == []


@pytest.mark.parametrize("kind", ["link", "file"])
def test_outbox_folder_that_is_none(
    folders: Folders, claims: Claims, store: FolderStore, kind: str
) -> None:
    """A link or a file in place of a folder is left alone: the folder gets a free name.

    It does also if that has happened since the picture was claimed.
    """
    claim = claimed(folders, claims, "a/photo.jpg")
    place = folders.outbox / "a"
    place.symlink_to(folders.failed) if kind == "link" else place.touch()
    claim = store.count_attempt(claim)
    _write_temp(store, claim)
    claim = store.publish(claim)
    assert str(claim.output) == "a-2/photo.png"
    assert (folders.outbox / "a-2" / "photo.png").read_bytes() == b"png"
    later = claimed(folders, claims, "a/later.jpg")
    assert str(later.output) == "a-2/later.png"
    assert files(folders.failed) == []


def test_folder_with_a_group_of_its_own(
    folders: Folders, claims: Claims, store: FolderStore
) -> None:
    """A result in a set-group-id folder gets that folder's group."""
    place = folders.outbox / "a"
    place.mkdir()
    groups = [12345] if os.geteuid() == 0 else os.getgroups()
    other = next((group for group in groups if group != os.getegid()), None)
    require(other is not None, "this user has only one group")
    assert other is not None
    os.chown(place, -1, other)
    place.chmod(0o2775)
    claim = claimed(folders, claims, "a/photo.jpg")
    _write_temp(store, claim)
    claim = store.publish(claim)
    assert (place / "photo.png").stat().st_gid == other
    assert files(folders.outbox) == ["a/photo.png"]
    (folders.inbox / CLAIMS / note_name(claim.id)).unlink()
    assert store.resume(claim) == claim


def test_folder_with_default_rights_of_its_own(
    folders: Folders, claims: Claims, store: FolderStore
) -> None:
    """A result in a folder with a default ACL gets the rights that it hands down."""
    place = folders.outbox / "a"
    place.mkdir()
    entries = ((1, 7, -1), (2, 6, 12345), (4, 5, -1), (16, 7, -1), (32, 0, -1))
    acl = (2).to_bytes(4, "little") + b"".join(
        tag.to_bytes(2, "little")
        + rights.to_bytes(2, "little")
        + (who % (1 << 32)).to_bytes(4, "little")
        for tag, rights, who in entries
    )
    try:
        os.setxattr(place, "system.posix_acl_default", acl)
    except OSError as error:
        pytest.skip(f"this file system has no ACLs: {error}")
    claim = claimed(folders, claims, "a/photo.jpg")
    _write_temp(store, claim)
    store.publish(claim)
    inherited = os.getxattr(place / "photo.png", "system.posix_acl_access")
    assert (12345).to_bytes(4, "little") in inherited
    assert files(folders.outbox) == ["a/photo.png"]


def test_folder_on_another_file_system(
    folders: Folders,
    claims: Claims,
    store: FolderStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where a rename is not possible, a hidden copy is made and renamed."""
    rename = posix.rename_new

    def apart(source_fd: int, name: str, target_fd: int, new_name: str) -> None:
        if not os.path.sameopenfile(source_fd, target_fd):
            raise OSError(18, "Invalid cross-device link")
        rename(source_fd, name, target_fd, new_name)

    claim = claimed(folders, claims, "a/photo.jpg")
    _write_temp(store, claim)
    (folders.outbox / "a").mkdir()
    (folders.outbox / "a" / "photo.png").write_bytes(b"theirs")
    with monkeypatch.context() as patch:
        patch.setattr(posix, "rename_new", apart)
        claim = store.publish(claim)
    assert files(folders.outbox) == ["a/photo-2.png", "a/photo.png"]
    assert (folders.outbox / claim.output).read_bytes() == b"png"
    (folders.inbox / CLAIMS / note_name(claim.id)).unlink()
    assert store.resume(claim) == claim


@pytest.mark.parametrize("age_days", [0, 2])
def test_stale_temps_are_removed(
    folders: Folders, claims: Claims, store: FolderStore, age_days: int
) -> None:
    """Recovery removes results whose claims are gone, but not another service's."""
    gone, kept = claimed(folders, claims), claimed(folders, claims, "kept.jpg")
    for claim in (gone, kept, replace(kept, id="0-0")):
        _write_temp(store, claim)
        then_ns = _hidden(folders, claim).stat().st_mtime_ns
        then_ns -= age_days * 24 * 3600 * 10**9
        os.utime(_hidden(folders, claim), ns=(then_ns, then_ns))
    (folders.outbox / CLAIMS / "theirs").touch()
    next((folders.inbox / CLAIMS).glob(f"{gone.id}.0.*")).unlink()
    assert Claims(folders).recover() == [kept]
    left = ["theirs", temp_name(kept.id), *([] if age_days else [temp_name("0-0")])]
    assert files(folders.outbox / CLAIMS) == sorted(left)


@pytest.mark.parametrize("data", [b"abc", b"png"])
def test_file_of_somebody_else_in_its_place(
    folders: Folders,
    claims: Claims,
    store: FolderStore,
    monkeypatch: pytest.MonkeyPatch,
    data: bytes,
) -> None:
    """While the temporary file is left, another file is no result, of any content."""
    _killed_before_the_name(store, claimed(folders, claims), monkeypatch)
    theirs = folders.outbox / "photo.png"
    theirs.write_bytes(data)
    if data == b"png":
        os.utime(theirs, (1, 1))
    (claim,) = Claims(folders).recover()
    claim = store.resume(claim)
    assert str(claim.output) == "photo-2.png"
    assert (folders.outbox / "photo-2.png").read_bytes() == b"png"
    assert theirs.read_bytes() == data
    assert files(folders.outbox) == ["photo-2.png", "photo.png"]
