"""Records of claims survive the way to the disk and back, in all versions."""

import json
from dataclasses import replace
from pathlib import PurePosixPath

import pytest
from dropcut.core.claims import Claim, ResultEvidence
from dropcut.core.pictures import OutputFormat
from dropcut.storage.names import shorten
from dropcut.storage.records import ClaimRecord, decode_record, encode_record
from hypothesis import given
from hypothesis import strategies as st

from ..names import NAMES, PATHS

_OUTPUTS = st.builds(
    lambda path, suffix: path.with_name(shorten(path.name, suffix)),
    PATHS,
    st.sampled_from(OutputFormat),
)
_CLAIMS = st.builds(
    Claim,
    id=st.just("0-0"),
    source=PATHS,
    output=_OUTPUTS,
    archived_as=st.one_of(st.just(""), NAMES),
    result=st.one_of(
        st.none(),
        st.builds(
            ResultEvidence,
            inode=st.integers(0),
            size_bytes=st.integers(0),
            mtime_ns=st.integers(),
            boot_id=st.text(),
        ),
    ),
)
_CLAIM = Claim(id="0-0", source=PurePosixPath("a"), output=PurePosixPath("a.png"))
_ELSEWHERE = pytest.mark.parametrize(
    "path",
    [
        *("/etc/x", "//x", "..", "../x", "a/../../x", "a/..", "", ".", "/", "a\0b"),
        *(".dropcut/0-0.1.work", "a/.dropcut/x", "x" * 256),
    ],
)


def _record(claim: Claim) -> ClaimRecord:
    return ClaimRecord(
        source=claim.source,
        output=claim.output,
        archived_as=claim.archived_as,
        result=claim.result,
    )


@given(_CLAIMS)
def test_record_comes_back(claim: Claim) -> None:
    """A record returns all names, also those that are not UTF-8."""
    if claim.archived_as:
        place = claim.source.with_name(claim.archived_as)
        claim = replace(claim, archived_as=str(place))
    data = encode_record(claim)
    expected = _record(claim)
    assert decode_record(data) == expected
    assert data.isascii()


def test_record_of_earlier_versions() -> None:
    """A claim that is not copied has the record that all earlier versions wrote."""
    earlier = b'{"source": "a", "output": "a.png"}'
    assert encode_record(_CLAIM) == earlier
    assert decode_record(earlier) == _record(_CLAIM)


def test_record_of_later_versions() -> None:
    """Keys that this version does not know are ignored."""
    record = {"source": "a", "output": "a.png", "archived_as": "b", "later": [1]}
    decoded = decode_record(json.dumps(record).encode("ascii"))
    expected = _record(replace(_CLAIM, archived_as="b"))
    assert decoded == expected


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b"1",
        b"null",
        b"{}",
        b'{"source": "a"}',
        b'{"source": 1, "output": "b"}',
        b'{"source": "a", "output": null}',
        b'{"source": "a.jpg", "output": "a"}',
        b'{"source": "a.jpg", "output": "a.exe"}',
        b"[" * 100_000,
        b'{"source": ' * 50_000,
        b'{"source": "\\ud800", "output": "a.png"}',
    ],
)
def test_torn_record_is_no_record(data: bytes) -> None:
    """A torn record, or one whose output is not a result, is not a record."""
    assert decode_record(data) is None


@_ELSEWHERE
@pytest.mark.parametrize("key", ["source", "output"])
def test_record_that_leads_elsewhere(key: str, path: str) -> None:
    """A record whose source or output leads out of its folder is not a record."""
    record = {"source": "a/b.jpg", "output": "a/b.png", key: path}
    assert decode_record(json.dumps(record).encode("ascii")) is None


@_ELSEWHERE
def test_archived_name_that_leads_elsewhere(path: str) -> None:
    """A name that leads out of its folder is ignored, and the rest of a record kept."""
    record = {"source": "a", "output": "a.png", "archived_as": path}
    decoded = decode_record(json.dumps(record).encode("ascii"))
    assert decoded == _record(_CLAIM)


@pytest.mark.parametrize("name", [None, 1, ["a"], {}, "\ud800"])
def test_archived_name_that_is_not_a_name(name: object) -> None:
    """An archived name that Dropcut did not write is ignored."""
    record = {"source": "a", "output": "a.png", "archived_as": name}
    decoded = decode_record(json.dumps(record).encode("ascii"))
    assert decoded == _record(_CLAIM)


def test_archived_name_of_earlier_versions() -> None:
    """Earlier versions recorded the original's name alone: it is in its own folder."""
    record = {"source": "a/b.jpg", "output": "a/b.png", "archived_as": "b-2.jpg"}
    decoded = decode_record(json.dumps(record).encode("ascii"))
    assert decoded is not None
    assert decoded["archived_as"] == "a/b-2.jpg"


@pytest.mark.parametrize(
    "result",
    [
        *(None, 1, [], {}, "x", {"inode": 1}),
        {"inode": 1, "size_bytes": 2, "mtime_ns": "3", "boot_id": ""},
        {"inode": 1, "size_bytes": True, "mtime_ns": 3, "boot_id": ""},
        {"inode": 1, "size_bytes": 2, "mtime_ns": 3, "boot_id": 4},
        {"inode": 1, "size_bytes": 2, "mtime_ns": 3, "boot_id": "", "more": 5},
    ],
)
def test_evidence_that_is_none(result: object) -> None:
    """What is no evidence of a result is ignored, and the rest of a record kept."""
    record = {"source": "a", "output": "a.png", "result": result}
    decoded = decode_record(json.dumps(record).encode("ascii"))
    assert decoded == _record(_CLAIM)
