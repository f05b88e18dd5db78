"""A move to `processed` or `failed` that was interrupted is finished, once."""

import errno
import json
import os
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest
from dropcut.core.claims import Claim, ClaimState, Folders
from dropcut.core.errors import Reason
from dropcut.core.ignored import CLAIMS
from dropcut.storage import Claims, FolderStore, content, posix
from dropcut.storage.names import record_name, temp_name

from ..inbox_files import claimed, files, original

_TARGETS = pytest.mark.parametrize("state", [ClaimState.PROCESSED, ClaimState.FAILED])
_LONG = "x" * 247 + ".jpg"


def _target(folders: Folders, state: ClaimState) -> Path:
    return folders.processed if state is ClaimState.PROCESSED else folders.failed


def _archive(store: FolderStore, claim: Claim, state: ClaimState) -> None:
    if state is ClaimState.PROCESSED:
        store.archive_processed(claim)
    else:
        store.archive_failed(claim, Reason.CORRUPT, "It is broken.")


def _pictures(folder: Path) -> list[str]:
    names = files(folder)
    pictures = [name for name in names if not name.endswith(".error.json")]
    reasons = [name for name in names if name.endswith(".error.json")]
    assert not reasons or reasons == [f"{name}.error.json" for name in pictures]
    return pictures


@_TARGETS
def test_link_without_unlink(
    folders: Folders, claims: Claims, store: FolderStore, state: ClaimState
) -> None:
    """A picture with a link in the archive that is still claimed is not doubled."""
    claim = claimed(folders, claims)
    target = _target(folders, state)
    os.link(original(folders, claim), target / "photo.jpg")
    _archive(store, claim, state)
    assert _pictures(target) == ["photo.jpg"]
    assert (target / "photo.jpg").read_bytes() == b"picture"
    assert files(folders.inbox) == []
    if state is ClaimState.FAILED:
        facts = json.loads((target / "photo.jpg.error.json").read_bytes())
        assert facts["message"] == "It is broken."


@_TARGETS
def test_link_without_unlink_under_another_name(
    folders: Folders, claims: Claims, store: FolderStore, state: ClaimState
) -> None:
    """A link is recognised under a later number; the first name's file is kept."""
    claim = claimed(folders, claims)
    target = _target(folders, state)
    (target / "photo.jpg").write_bytes(b"picture")
    os.link(original(folders, claim), target / "photo-2.jpg")
    (target / "photo.jpg.error.json").write_text("{}", "ascii")
    (target / "photo-2.jpg.error.json").write_text("{}", "ascii")
    if state is ClaimState.FAILED:
        (target / "photo-2.jpg.error.json").unlink()
    _archive(store, claim, state)
    assert _pictures(target) == ["photo-2.jpg", "photo.jpg"]
    assert (target / "photo.jpg").stat().st_nlink == 1
    assert (target / "photo-2.jpg").stat().st_nlink == 1
    assert files(folders.inbox) == []


@_TARGETS
def test_copy_with_a_long_name(
    folders: Folders, claims: Claims, state: ClaimState
) -> None:
    """A copy that got its shortened name before the crash is not made again."""
    store = FolderStore(folders, claims, max_file_mb=1, min_free_mb=0)
    target = _target(folders, state)
    _archive(store, claimed(folders, claims, _LONG), state)
    (name,) = _pictures(target)
    claim = claims.transition(claimed(folders, claims, _LONG), state=state)
    _archive(store, claim, state)
    assert _pictures(target) == [name]
    assert files(folders.inbox) == []


@_TARGETS
def test_copy_is_recognised_by_its_recorded_name(
    folders: Folders, claims: Claims, state: ClaimState
) -> None:
    """A copy has its recorded name or is made again: an equal picture is not it."""
    store = FolderStore(folders, claims, max_file_mb=1, min_free_mb=0)
    target = _target(folders, state)
    _archive(store, claimed(folders, claims), state)
    claim = claims.transition(claimed(folders, claims), state=state)
    claim = claims.update_record(replace(claim, archived_as="photo-2.jpg"))
    assert Claims(folders).recover() == [claim]
    _archive(store, claim, state)
    assert _pictures(target) == ["photo-2.jpg", "photo.jpg"]
    assert files(folders.inbox) == []


@_TARGETS
def test_recorded_name_of_another_picture(
    folders: Folders, claims: Claims, store: FolderStore, state: ClaimState
) -> None:
    """What somebody put under the recorded name is kept, and the copy made again."""
    target = _target(folders, state)
    claim = claims.transition(claimed(folders, claims), state=state)
    claim = claims.update_record(replace(claim, archived_as="photo.jpg"))
    (target / "photo.jpg").write_bytes(b"another")
    _archive(store, claim, state)
    assert (target / "photo.jpg").read_bytes() == b"another"
    assert (target / "photo-2.jpg").read_bytes() == b"picture"
    assert files(folders.inbox) == []


def test_only_the_recorded_name_is_compared(
    folders: Folders,
    claims: Claims,
    store: FolderStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A crash beside many pictures of one name and size does not read all of them."""
    for number in range(2, 30):
        (folders.processed / f"photo-{number}.jpg").write_bytes(b"PICTURE")
    (folders.processed / "photo.jpg").write_bytes(b"PICTURE")
    (folders.processed / "photo-30.jpg").write_bytes(b"picture")
    claim = claims.transition(claimed(folders, claims), state=ClaimState.PROCESSED)
    claim = claims.update_record(replace(claim, archived_as="photo-30.jpg"))
    digest, read = content.digest, []

    def counted(file_fd: int, max_bytes: int) -> str:
        read.append(os.fstat(file_fd).st_ino)
        return digest(file_fd, max_bytes)

    monkeypatch.setattr(content, "digest", counted)
    store.archive_processed(claim)
    assert len(read) == len({*read}) == 2
    assert len(files(folders.processed)) == 30
    assert files(folders.inbox) == []


@_TARGETS
def test_name_is_recorded_before_the_copy_gets_it(
    folders: Folders,
    claims: Claims,
    store: FolderStore,
    state: ClaimState,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A run that is killed before a copy gets its name has recorded that name."""
    claim = claims.transition(claimed(folders, claims), state=state)
    target = _target(folders, state)
    (target / temp_name(claim.id)).write_bytes(b"picture")
    rename = posix.rename_new

    def killed(source_fd: int, name: str, target_fd: int, new_name: str) -> None:
        if new_name == "photo.jpg":
            raise KeyboardInterrupt
        rename(source_fd, name, target_fd, new_name)

    monkeypatch.setattr(posix, "rename_new", killed)
    with pytest.raises(KeyboardInterrupt):
        _archive(store, claim, state)
    (recovered,) = Claims(folders).recover()
    assert recovered.archived_as == "photo.jpg"


@_TARGETS
def test_name_that_cannot_be_recorded(
    folders: Folders, claims: Claims, store: FolderStore, state: ClaimState
) -> None:
    """A record that cannot be written does not keep a complete copy from its name."""
    claim = claims.transition(claimed(folders, claims), state=state)
    target = _target(folders, state)
    (target / temp_name(claim.id)).write_bytes(b"picture")
    record = folders.inbox / CLAIMS / record_name(claim.id)
    record.unlink()
    record.mkdir()
    _archive(store, claim, state)
    assert _pictures(target) == ["photo.jpg"]
    assert Claims(folders).recover() == []
    assert files(folders.inbox) == []


@_TARGETS
def test_half_of_a_copy_that_was_made_again(
    folders: Folders, claims: Claims, store: FolderStore, state: ClaimState
) -> None:
    """A copy that was removed, and whose second copying was killed, is made again."""
    claim = claims.transition(claimed(folders, claims), state=state)
    target = _target(folders, state)
    (target / temp_name(claim.id)).write_bytes(b"pict")
    _archive(store, claim, state)
    assert _pictures(target) == ["photo.jpg"]
    assert (target / "photo.jpg").read_bytes() == b"picture"
    assert files(folders.inbox) == []


def test_reason_of_a_twin_is_not_replaced(
    folders: Folders,
    claims: Claims,
    store: FolderStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A reason that another thread writes by then is kept; the next name is used."""
    reason = folders.failed / "photo.jpg.error.json"
    new_file = posix.new_file

    def after_the_other(folder_fd: int, name: str) -> AbstractContextManager[int]:
        reason.write_text("{}", "ascii")
        return new_file(folder_fd, name)

    claim = claimed(folders, claims)
    monkeypatch.setattr(posix, "new_file", after_the_other)
    store.archive_failed(claim, Reason.CORRUPT, "It is broken.")
    assert reason.read_text("ascii") == "{}"
    assert (folders.failed / "photo-2.jpg").read_bytes() == b"picture"
    assert (folders.failed / "photo-2.jpg.error.json").is_file()


def test_reason_is_kept_once_the_copy_is_whole(
    folders: Folders, elsewhere: Path
) -> None:
    """The reason that an interrupted run wrote is not replaced by `gave-up`."""
    spread = replace(folders, failed=elsewhere)
    claims = Claims(spread)
    store = FolderStore(spread, claims, max_file_mb=1, min_free_mb=0)
    store.archive_failed(claimed(spread, claims), Reason.CORRUPT, "It is broken.")
    (elsewhere / "photo.jpg").unlink()
    claim = claims.transition(claimed(spread, claims), state=ClaimState.FAILED)
    (elsewhere / temp_name(claim.id)).write_bytes(b"picture")
    store.archive_failed(claim, Reason.GAVE_UP, "The reason was lost in a crash.")
    assert _pictures(elsewhere) == ["photo.jpg"]
    facts = json.loads((elsewhere / "photo.jpg.error.json").read_bytes())
    assert (facts["reason"], facts["message"]) == ("corrupt", "It is broken.")


@_TARGETS
def test_copy_that_is_removed_at_the_last_moment(
    folders: Folders,
    claims: Claims,
    store: FolderStore,
    monkeypatch: pytest.MonkeyPatch,
    state: ClaimState,
) -> None:
    """The original is not removed if its copy, just renamed, has been removed."""
    claim = claims.transition(claimed(folders, claims), state=state)
    target = _target(folders, state)
    (target / temp_name(claim.id)).write_bytes(b"picture")

    def remove(_: int) -> None:
        (target / "photo.jpg").unlink(missing_ok=True)

    with monkeypatch.context() as patch:
        patch.setattr(posix, "sync_folder", remove)
        with pytest.raises(FileNotFoundError):
            _archive(store, claim, state)
    (claim,) = Claims(folders).recover()
    _archive(store, claim, state)
    assert _pictures(target) == ["photo.jpg"]


def test_reason_that_cannot_be_renamed(
    folders: Folders,
    claims: Claims,
    store: FolderStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An original is not taken to `failed` before its reason is there."""
    rename = posix.rename_new

    def refuse(source_fd: int, name: str, target_fd: int, new_name: str) -> None:
        if new_name.endswith(".error.json"):
            raise OSError(errno.EXDEV, "Invalid cross-device link", name)
        rename(source_fd, name, target_fd, new_name)

    claim = claimed(folders, claims)
    with monkeypatch.context() as patch:
        patch.setattr(posix, "rename_new", refuse)
        with pytest.raises(OSError, match="cross-device"):
            store.archive_failed(claim, Reason.CORRUPT, "It is broken.")
    (claim,) = Claims(folders).recover()
    assert claim.state is ClaimState.WORK
    store.archive_failed(claim, Reason.CORRUPT, "It is broken.")
    reason = json.loads((folders.failed / "photo.jpg.error.json").read_text("ascii"))
    assert reason["reason"] == "corrupt"
