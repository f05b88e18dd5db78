"""Whatever is in the claims folder, the service starts and loses nothing."""

import os
import shutil
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest
from dropcut.core.claims import Claim, ClaimState, Folders
from dropcut.core.errors import Reason, VanishedError
from dropcut.core.ignored import CLAIMS, REASON_SUFFIX
from dropcut.storage import Claims, FolderStore
from dropcut.storage.names import (
    claim_id_of,
    parse_claim_name,
    record_name,
)
from dropcut.storage.records import encode_record
from hypothesis import given
from hypothesis import strategies as st

from ..inbox_files import claimed, files, original
from ..names import NAMES, PATHS

_SECRET = b"of somebody else"
_IDS = ("18eb6d8a9a32afc7-53103300", "18eb6d8a9a32afc8-00000000", "0-0")
_STATES = st.sampled_from([*ClaimState, *ClaimState, "json", "WORK", "part"])
_NUMBERS = st.sampled_from(["0", "1", "2", "07", "-1", "\u0663", "9" * 200, ""])
_STRANGERS = st.one_of(
    st.sampled_from(["photo.json", "film.part", "g-0.json", "a.1.work", ".part"]),
    st.builds("{}-{}.1.work".format, st.just("a" * 120), st.just("b" * 120)),
    NAMES,
)
_PLACES = ["..", "/etc/x", ".dropcut/0-0.1.work", "x" * 300, "\ud800", "\0"]
_DATA = st.one_of(
    st.builds(lambda path: encode_record(_claim("a" / path)), PATHS),
    st.binary(max_size=40),
    st.sampled_from(
        [b"[" * 100_000, b'{"source":' * 50_000, b"9" * 5000, b"\xff\xfe{"]
    ),
    st.sampled_from(_PLACES).map(
        lambda path: encode_record(_claim(PurePosixPath(path)))
    ),
)
_KINDS = st.sampled_from(["file", "file", "file", "folder", "link", "fifo"])
_LAID = st.tuples(_KINDS, _DATA)
_Entries = dict[str, tuple[str, bytes]]


@st.composite
def _entries(draw: st.DrawFn) -> _Entries:
    found = draw(st.dictionaries(_STRANGERS, _LAID, max_size=4))
    for claim_id in _IDS:
        found[f"{claim_id}.{draw(_NUMBERS)}.{draw(_STATES)}"] = draw(_LAID)
        found[f"{claim_id}.json"] = draw(_LAID)
        if draw(st.booleans()):
            found[f".dropcut-{claim_id}.part"] = draw(_LAID)
    return found


def _claim(source: PurePosixPath) -> Claim:
    return Claim(id="0-0", source=source, output=PurePosixPath("a.png"))


def _lay(path: Path, kind: str, data: bytes, secret: Path) -> None:
    if kind == "folder":
        path.mkdir()
    elif kind == "link":
        path.symlink_to(secret)
    elif kind == "fifo":
        os.mkfifo(path)
    else:
        path.write_bytes(data)


def _is_original(path: Path) -> bool:
    regular = path.is_file() and not path.is_symlink()
    return regular and parse_claim_name(path.name) is not None


def _store(folders: Folders, claims: Claims) -> FolderStore:
    return FolderStore(folders, claims, max_file_mb=1, min_free_mb=0)


@given(_entries())
def test_any_entries(folders: Folders, entries: _Entries) -> None:
    """Each regular file with a claim's name is archived once; the rest stays."""
    _emptied(folders)
    secret, inside = folders.inbox.parent / "secret", folders.inbox / CLAIMS
    secret.write_bytes(_SECRET)
    inside.mkdir()
    for name, (kind, data) in entries.items():
        _lay(inside / name, kind, data, secret)
    originals = [path for path in inside.iterdir() if _is_original(path)]
    strangers = [n for n in entries if claim_id_of(n) is None]
    claims = Claims(folders)
    found = claims.recover()
    assert {original(folders, claim) for claim in found} == {*originals}
    for number, claim in enumerate(found):
        _archive(_store(folders, claims), claim, failed=bool(number % 2))
    reasons = [n for n in files(folders.failed) if n.endswith(REASON_SUFFIX)]
    filed = [*files(folders.processed), *files(folders.failed)]
    assert len(filed) - len(reasons) == len(originals)
    assert all(os.path.lexists(inside / name) for name in strangers)
    assert secret.read_bytes() == _SECRET
    assert Claims(folders).recover() == []


def _emptied(folders: Folders) -> None:
    for folder in (folders.inbox, folders.processed, folders.failed):
        shutil.rmtree(folder)
        folder.mkdir()


def _archive(store: FolderStore, claim: Claim, *, failed: bool) -> None:
    claim = store.count_attempt(replace(claim))
    if failed:
        store.archive_failed(claim, Reason.CORRUPT, "It is broken.")
    else:
        store.archive_processed(claim)


@pytest.mark.parametrize("kind", ["folder", "link", "fifo"])
def test_swapped_original(folders: Folders, claims: Claims, kind: str) -> None:
    """A claimed picture that was replaced by something else has vanished."""
    claim = claimed(folders, claims)
    path = original(folders, claim)
    path.unlink()
    secret = folders.inbox.parent / "secret"
    secret.write_bytes(_SECRET)
    _lay(path, kind, b"", secret)
    with pytest.raises(VanishedError):
        _store(folders, claims).read(claim)
    with pytest.raises(VanishedError):
        _store(folders, claims).archive_failed(claim, Reason.CORRUPT, "x")
    assert files(folders.failed) == []


def test_huge_record(folders: Folders, claims: Claims) -> None:
    """A huge record is not read to its end, and its picture is kept."""
    claim = claimed(folders, claims)
    path = folders.inbox / CLAIMS / record_name(claim.id)
    os.truncate(path, 1 << 40)
    (recovered,) = Claims(folders).recover()
    assert str(recovered.source) == f"recovered-{claim.id}"
