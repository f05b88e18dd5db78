"""What one life had begun to fail, and another does not."""

import json
from dataclasses import replace

from dropcut.core.claims import Claim, ClaimState, Folders
from dropcut.core.errors import Reason
from dropcut.core.ignored import CLAIMS
from dropcut.storage import Claims, FolderStore
from dropcut.storage.names import record_name, temp_name

from ..dropping import claimed, files


def _begun_to_fail(folders: Folders, claims: Claims, store: FolderStore) -> Claim:
    """Return a claim of the second life, whose reason the first one has left."""
    claim = replace(claimed(folders, claims), attempts=0)
    store.archive_failed(claim, Reason.TRUNCATED, "It is not whole.")
    (folders.failed / "photo.jpg").unlink()
    second = claimed(folders, claims)
    for name in (second.key, f"{second.key}-reason"):
        (folders.failed / temp_name(name)).write_bytes(b"half")
    return claims.advance(second, attempts=2)


def test_put_back(folders: Folders, claims: Claims, store: FolderStore) -> None:
    """A picture that is put back leaves no reason and no draft in `failed`."""
    claim = _begun_to_fail(folders, claims, store)
    assert store.release_to_inbox(claim)
    assert files(folders.failed) == []
    assert files(folders.inbox) == ["photo.jpg"]


def test_processed(folders: Folders, claims: Claims, store: FolderStore) -> None:
    """A picture that is done after all leaves no reason and no draft in `failed`."""
    claim = _begun_to_fail(folders, claims, store)
    store.archive_processed(claims.advance(claim, state=ClaimState.PUBLISH))
    assert files(folders.failed) == []
    assert files(folders.processed) == ["photo.jpg"]


def test_reasons_of_others_are_kept(
    folders: Folders, claims: Claims, store: FolderStore
) -> None:
    """Neither the reason of another picture of that name goes, nor one that counts."""
    store.archive_failed(claimed(folders, claims), Reason.CORRUPT, "It is broken.")
    other = folders.failed / "photo-2.jpg.error.json"
    other.write_text(json.dumps({"source": "photo.jpg", "bytes": 1}), "ascii")
    store.release_to_inbox(claims.advance(claimed(folders, claims), attempts=2))
    assert files(folders.failed) == [other.name, "photo.jpg", "photo.jpg.error.json"]


def test_record_that_stays(
    folders: Folders, claims: Claims, store: FolderStore
) -> None:
    """A record that cannot be removed does not make a filed picture a lost one."""
    claim = claimed(folders, claims)
    record = folders.inbox / CLAIMS / record_name(claim.key)
    record.unlink()
    record.mkdir()
    store.archive_processed(claim)
    assert files(folders.processed) == ["photo.jpg"]
