"""Reasons that an interrupted run wrote for pictures that do not fail later."""

import json
from dataclasses import replace

from dropcut.core.claims import Claim, ClaimState, Folders
from dropcut.core.errors import Reason
from dropcut.core.ignored import CLAIMS
from dropcut.storage import Claims, FolderStore
from dropcut.storage.names import record_name, temp_name

from ..inbox_files import claimed, files


def _failing_interrupted(folders: Folders, claims: Claims, store: FolderStore) -> Claim:
    """Return a claim of the second run, whose reason the first run has left."""
    claim = replace(claimed(folders, claims), attempts=0)
    store.archive_failed(claim, Reason.TRUNCATED, "It is not whole.")
    (folders.failed / "photo.jpg").unlink()
    second = claimed(folders, claims)
    for name in (second.id, f"{second.id}-reason"):
        (folders.failed / temp_name(name)).write_bytes(b"half")
    return claims.transition(second, attempts=2)


def test_release_to_inbox(folders: Folders, claims: Claims, store: FolderStore) -> None:
    """A released picture leaves no reason and no temporary file in `failed`."""
    claim = _failing_interrupted(folders, claims, store)
    assert store.release_to_inbox(claim)
    assert files(folders.failed) == []
    assert files(folders.inbox) == ["photo.jpg"]


def test_processed(folders: Folders, claims: Claims, store: FolderStore) -> None:
    """A processed picture leaves no reason and no temporary file in `failed`."""
    claim = _failing_interrupted(folders, claims, store)
    store.archive_processed(claims.transition(claim, state=ClaimState.PUBLISH))
    assert files(folders.failed) == []
    assert files(folders.processed) == ["photo.jpg"]


def test_reasons_of_others_are_kept(
    folders: Folders, claims: Claims, store: FolderStore
) -> None:
    """The reasons of other pictures with that name are kept."""
    store.archive_failed(claimed(folders, claims), Reason.CORRUPT, "It is broken.")
    other = folders.failed / "photo-2.jpg.error.json"
    other.write_text(json.dumps({"source": "photo.jpg", "bytes": 1}), "ascii")
    store.release_to_inbox(claims.transition(claimed(folders, claims), attempts=2))
    assert files(folders.failed) == [other.name, "photo.jpg", "photo.jpg.error.json"]


def test_record_that_stays(
    folders: Folders, claims: Claims, store: FolderStore
) -> None:
    """A record that cannot be removed does not prevent archiving."""
    claim = claimed(folders, claims)
    record = folders.inbox / CLAIMS / record_name(claim.id)
    record.unlink()
    record.mkdir()
    store.archive_processed(claim)
    assert files(folders.processed) == ["photo.jpg"]
