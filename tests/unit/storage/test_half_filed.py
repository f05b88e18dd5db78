"""A filing that was cut off anywhere in its middle is finished, once."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from dropcut.core.claims import Claim, ClaimState, Folders
from dropcut.core.errors import Reason
from dropcut.storage import Claims, FolderStore
from dropcut.storage.names import temp_name

from ..dropping import claimed, files, original

_TARGETS = pytest.mark.parametrize("state", [ClaimState.PROCESSED, ClaimState.FAILED])
_LONG = "x" * 247 + ".jpg"


def _target(folders: Folders, state: ClaimState) -> Path:
    return folders.processed if state is ClaimState.PROCESSED else folders.failed


def _file(store: FolderStore, claim: Claim, state: ClaimState) -> None:
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
    """A picture whose link was made but not unlinked is filed, and is not doubled."""
    claim = claimed(folders, claims)
    target = _target(folders, state)
    os.link(original(folders, claim), target / "photo.jpg")
    _file(store, claim, state)
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
    """A half-made link is recognised behind a taken name, and that file left alone."""
    claim = claimed(folders, claims)
    target = _target(folders, state)
    (target / "photo.jpg").write_bytes(b"picture")
    os.link(original(folders, claim), target / "photo-2.jpg")
    (target / "photo.jpg.error.json").write_text("{}", "ascii")
    (target / "photo-2.jpg.error.json").write_text("{}", "ascii")
    if state is ClaimState.FAILED:
        (target / "photo-2.jpg.error.json").unlink()
    _file(store, claim, state)
    assert _pictures(target) == ["photo-2.jpg", "photo.jpg"]
    assert (target / "photo.jpg").stat().st_nlink == 1
    assert (target / "photo-2.jpg").stat().st_nlink == 1
    assert files(folders.inbox) == []


@_TARGETS
def test_copy_with_a_long_name(
    folders: Folders, claims: Claims, state: ClaimState
) -> None:
    """A copy that got its shortened name before the crash is not made a second time."""
    store = FolderStore(folders, claims, max_file_mb=1, min_free_mb=0)
    target = _target(folders, state)
    _file(store, claimed(folders, claims, _LONG), state)
    (name,) = _pictures(target)
    claim = claims.advance(claimed(folders, claims, _LONG), state=state)
    _file(store, claim, state)
    assert _pictures(target) == [name]
    assert files(folders.inbox) == []


def test_reason_is_kept_once_the_copy_is_whole(
    folders: Folders, elsewhere: Path
) -> None:
    """The reason that a life noted before it copied is not lost to a later guess."""
    spread = replace(folders, failed=elsewhere)
    claims = Claims(spread)
    store = FolderStore(spread, claims, max_file_mb=1, min_free_mb=0)
    store.archive_failed(claimed(spread, claims), Reason.CORRUPT, "It is broken.")
    (elsewhere / "photo.jpg").unlink()
    claim = claims.advance(claimed(spread, claims), state=ClaimState.FAILED)
    (elsewhere / temp_name(claim.key)).write_bytes(b"picture")
    store.archive_failed(claim, Reason.GAVE_UP, "The reason was lost in a crash.")
    assert _pictures(elsewhere) == ["photo.jpg"]
    facts = json.loads((elsewhere / "photo.jpg.error.json").read_bytes())
    assert (facts["reason"], facts["message"]) == ("corrupt", "It is broken.")
