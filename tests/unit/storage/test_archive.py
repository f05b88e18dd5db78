"""Originals are archived once and complete, without replacing a file."""

import errno
import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dropcut import __version__
from dropcut.core.claims import ClaimState, Folders
from dropcut.core.errors import Reason
from dropcut.storage import Claims, FolderStore, content
from dropcut.storage.names import temp_name

from ..inbox_files import claimed, files, original


@pytest.fixture(params=["same", "other"])
def spread(request: pytest.FixtureRequest, folders: Folders) -> Folders:
    """Return the folders, with `processed` and `failed` on this or another disk."""
    if request.param == "same":
        return folders
    elsewhere: Path = request.getfixturevalue("elsewhere")
    processed, failed = elsewhere / "processed", elsewhere / "failed"
    processed.mkdir()
    failed.mkdir()
    return replace(folders, processed=processed, failed=failed)


def _store(folders: Folders) -> tuple[Claims, FolderStore]:
    claims = Claims(folders)
    return claims, FolderStore(folders, claims, max_file_mb=1, min_free_mb=0)


def _reason(path: Path) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(path.read_bytes())
    return facts


def test_processed(spread: Folders) -> None:
    """A processed original has its own path, and its claim is gone."""
    claims, store = _store(spread)
    store.archive_processed(claimed(spread, claims, "a/photo.jpg"))
    assert files(spread.processed) == ["a/photo.jpg"]
    assert (spread.processed / "a" / "photo.jpg").read_bytes() == b"picture"
    assert files(spread.inbox) == []


def test_processed_where_the_name_is_taken(spread: Folders) -> None:
    """A processed original replaces no other with its name, not even an equal one."""
    claims, store = _store(spread)
    for data in (b"first", b"second", b"first"):
        store.archive_processed(claimed(spread, claims, data=data))
    names = ["photo-2.jpg", "photo-3.jpg", "photo.jpg"]
    assert files(spread.processed) == names
    contents = [(spread.processed / name).read_bytes() for name in names]
    assert contents == [b"second", b"first", b"first"]


def test_failed(spread: Folders) -> None:
    """A failed original has a reason file with all documented fields."""
    claims, store = _store(spread)
    claim = store.count_attempt(claimed(spread, claims, "a/ü\udcff.jpg"))
    store.archive_failed(claim, Reason.CORRUPT, "It is broken.")
    assert files(spread.failed) == ["a/ü\udcff.jpg", "a/ü\udcff.jpg.error.json"]
    facts = _reason(spread.failed / "a" / "ü\udcff.jpg.error.json")
    failed_at = facts.pop("failed_at")
    assert failed_at.endswith("+00:00")
    assert facts == {
        "reason": "corrupt",
        "message": "It is broken.",
        "claim": claim.id,
        "source": "a/ü\udcff.jpg",
        "bytes": 7,
        "sha256": hashlib.sha256(b"picture").hexdigest(),
        "attempts": 1,
        "dropcut": __version__,
    }
    assert files(spread.inbox) == []


def test_failed_where_the_name_is_taken(spread: Folders) -> None:
    """Failed originals with one name have a reason each."""
    claims, store = _store(spread)
    for data in (b"one", b"three"):
        store.archive_failed(claimed(spread, claims, data=data), Reason.CORRUPT, "x")
    assert files(spread.failed) == [
        "photo-2.jpg",
        "photo-2.jpg.error.json",
        "photo.jpg",
        "photo.jpg.error.json",
    ]
    assert _reason(spread.failed / "photo.jpg.error.json")["bytes"] == 3
    assert _reason(spread.failed / "photo-2.jpg.error.json")["bytes"] == 5


def test_orphan_reason_is_used_again(spread: Folders) -> None:
    """A reason that an interrupted run has left is replaced by the newer one."""
    claims, store = _store(spread)
    claim = claimed(spread, claims)
    store.archive_failed(claim, Reason.CORRUPT, "first words")
    (spread.failed / "photo.jpg").unlink()
    again = claimed(spread, claims)
    store.archive_failed(again, Reason.NO_SUBJECT, "other words")
    assert files(spread.failed) == ["photo.jpg", "photo.jpg.error.json"]
    facts = _reason(spread.failed / "photo.jpg.error.json")
    assert (facts["reason"], facts["message"]) == ("no-subject", "other words")


@pytest.mark.parametrize("other", ["source", "bytes", "sha256"])
def test_reason_of_a_different_file(spread: Folders, other: str) -> None:
    """A reason with another source, size or hash is another file's, and is kept."""
    claims, store = _store(spread)
    facts = {"source": "photo.jpg", "bytes": 7, "reason": "corrupt"}
    facts |= {"sha256": hashlib.sha256(b"picture").hexdigest(), other: "another"}
    (spread.failed / "photo.jpg.error.json").write_text(json.dumps(facts), "ascii")
    store.archive_failed(claimed(spread, claims), Reason.NO_SUBJECT, "x")
    assert _reason(spread.failed / "photo.jpg.error.json") == facts
    assert _reason(spread.failed / "photo-2.jpg.error.json")["reason"] == "no-subject"
    assert (spread.failed / "photo-2.jpg").is_file()


def test_reason_of_another_is_left_alone(spread: Folders) -> None:
    """A foreign file with a reason's name is kept, and the next number used."""
    (spread.failed / "photo.jpg.error.json").write_text("[1]", "ascii")
    claims, store = _store(spread)
    store.archive_failed(claimed(spread, claims), Reason.CORRUPT, "x")
    assert (spread.failed / "photo.jpg.error.json").read_text("ascii") == "[1]"
    assert (spread.failed / "photo-2.jpg").is_file()
    assert (spread.failed / "photo-2.jpg.error.json").is_file()


def test_long_name(spread: Folders) -> None:
    """A picture whose name has 255 bytes is archived with its reason."""
    name = "x" * 251 + ".jpg"
    claims, store = _store(spread)
    store.archive_failed(claimed(spread, claims, name), Reason.CORRUPT, "x")
    assert len(files(spread.failed)) == 2
    store.archive_processed(claimed(spread, claims, name))
    assert files(spread.processed) == [name]


def test_long_names_that_end_differently(spread: Folders) -> None:
    """Two long names that are shortened to one have a reason each."""
    claims, store = _store(spread)
    for number in (1, 2):
        claim = claimed(spread, claims, f"{'x' * 246}{number}.jpg", b"x" * number)
        store.archive_failed(claim, Reason.CORRUPT, f"words {number}")
    names = files(spread.failed)
    pictures = [name for name in names if name.endswith(".jpg")]
    assert len(pictures) == 2
    assert names == sorted([*pictures, *(f"{name}.error.json" for name in pictures)])
    for name in pictures:
        size_bytes = (spread.failed / name).stat().st_size
        facts = _reason(spread.failed / f"{name}.error.json")
        assert (facts["bytes"], facts["message"]) == (size_bytes, f"words {size_bytes}")


@pytest.mark.parametrize("claim_state", [ClaimState.PROCESSED, ClaimState.FAILED])
@pytest.mark.parametrize("state", ["temp", "named", "neither"])
def test_interrupted_move(
    folders: Folders, claim_state: ClaimState, state: str
) -> None:
    """A move that was interrupted after the copy is finished exactly once."""
    claims, store = _store(folders)
    claim = claims.transition(claimed(folders, claims), state=claim_state)
    target = (
        folders.processed if claim_state is ClaimState.PROCESSED else folders.failed
    )
    if state == "temp":
        (target / temp_name(claim.id)).write_bytes(b"picture")
    elif state == "named":
        (target / "photo.jpg").write_bytes(b"picture")
    if claim_state is ClaimState.FAILED:
        reason = {"source": "photo.jpg", "bytes": 7, "reason": "corrupt"}
        reason["sha256"] = hashlib.sha256(b"picture").hexdigest()
        (target / "photo.jpg.error.json").write_text(json.dumps(reason), "ascii")
    (claim,) = Claims(folders).recover()
    if claim_state is ClaimState.PROCESSED:
        store.archive_processed(claim)
        assert files(target) == ["photo.jpg"]
    else:
        store.archive_failed(claim, Reason.GAVE_UP, "the reason was lost")
        assert files(target) == ["photo.jpg", "photo.jpg.error.json"]
        assert _reason(target / "photo.jpg.error.json")["reason"] == "corrupt"
    assert (target / "photo.jpg").read_bytes() == b"picture"
    assert files(folders.inbox) == []


def test_copy_cut_off_half_way(folders: Folders, elsewhere: Path) -> None:
    """A partial copy on another file system is replaced by a complete one."""
    spread = replace(folders, processed=elsewhere)
    claims, store = _store(spread)
    claim = claimed(spread, claims)
    (elsewhere / temp_name(claim.id)).write_bytes(b"pic")
    store.archive_processed(claim)
    assert files(elsewhere) == ["photo.jpg"]
    assert (elsewhere / "photo.jpg").read_bytes() == b"picture"


def test_original_that_grows(folders: Folders, elsewhere: Path) -> None:
    """A failed original that grows while it is copied leaves one reason, its own."""
    apart = replace(folders, failed=elsewhere)
    claims, store = _store(apart)
    claim = claimed(apart, claims)

    def written_to(*_: object) -> None:
        with original(apart, claim).open("ab") as file:
            file.write(b"more")
        raise OSError(errno.EBUSY, "somebody is still writing to the original")

    for _ in range(3):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(content, "copy_verified", written_to)
            with pytest.raises(OSError, match="still writing"):
                store.archive_failed(claim, Reason.CORRUPT, "x")
    store.archive_failed(claim, Reason.CORRUPT, "x")
    assert files(elsewhere) == ["photo.jpg", "photo.jpg.error.json"]
    assert _reason(elsewhere / "photo.jpg.error.json")["bytes"] == 7 + 3 * 4


def test_missing_folder_is_not_made(folders: Folders) -> None:
    """While `processed` or `failed` is missing, the original stays claimed."""
    claims, store = _store(folders)
    claim = claimed(folders, claims)
    folders.processed.rmdir()
    folders.failed.rmdir()
    with pytest.raises(FileNotFoundError):
        store.archive_processed(claim)
    with pytest.raises(FileNotFoundError):
        store.archive_failed(claim, Reason.CORRUPT, "x")
    assert original(folders, claim).is_file()
    assert Claims(folders).recover() == [claim]


def test_failed_picture_has_no_temporary_result(folders: Folders) -> None:
    """A picture that fails has no PNG in the outbox, not even a hidden one."""
    claims, store = _store(folders)
    claim = claimed(folders, claims)
    with store.temp(claim):
        pass
    store.archive_failed(claim, Reason.NO_SUBJECT, "x")
    assert files(folders.outbox) == []
