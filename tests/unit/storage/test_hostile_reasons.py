"""Whatever others write into `failed/`, reasons are kept and written correctly."""

import json
import os
import shutil
from pathlib import Path, PurePosixPath

import pytest
from dropcut.core.claims import Folders
from dropcut.core.errors import Reason
from dropcut.core.ignored import REASON_SUFFIX
from dropcut.storage import Claims, FailedPictures, FolderStore
from hypothesis import given
from hypothesis import strategies as st

from ..inbox_files import claimed, files
from ..names import NAMES

_MOST_BYTES = 255 - len(REASON_SUFFIX)
_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(), inner, max_size=4)
    ),
)
_FACTS = st.dictionaries(st.sampled_from(["source", "bytes", "sha256", "x"]), _VALUES)
_STRANGE = st.one_of(
    st.binary(max_size=60),
    st.one_of(_VALUES, _FACTS).map(lambda value: json.dumps(value).encode()),
    st.sampled_from(
        [b"[" * 100_000, b'{"source":' * 50_000, b"9" * 5000, b"\xff\xfe{"]
    ),
)


def _fail(folders: Folders, name: str, message: str = "x") -> None:
    claims = Claims(folders)
    store = FolderStore(folders, claims, max_file_mb=1, min_free_mb=0)
    store.archive_failed(claimed(folders, claims, name), Reason.CORRUPT, message)


def _emptied(folders: Folders) -> None:
    for folder in (folders.inbox, folders.failed):
        shutil.rmtree(folder)
        folder.mkdir()


@given(_STRANGE)
def test_strange_reason(folders: Folders, strange: bytes) -> None:
    """A foreign file with a reason's name is kept, and the next name used."""
    _emptied(folders)
    (folders.failed / "a.jpg.error.json").write_bytes(strange)
    _fail(folders, "a.jpg")
    assert (folders.failed / "a.jpg.error.json").read_bytes() == strange
    assert (folders.failed / "a-2.jpg").read_bytes() == b"picture"
    assert FailedPictures(folders).names() == [PurePosixPath("a-2.jpg")]


@given(NAMES, st.text())
def test_own_reason(folders: Folders, name: str, message: str) -> None:
    """A reason is ASCII, and returns any name and message."""
    _emptied(folders)
    _fail(folders, name, message)
    (reason,) = folders.failed.glob(f"*{REASON_SUFFIX}")
    facts = json.loads(reason.read_text("ascii"))
    assert (facts["source"], facts["message"]) == (name, message)
    filed = reason.name.removesuffix(REASON_SUFFIX)
    assert len(os.fsencode(filed)) <= _MOST_BYTES
    assert (folders.failed / filed).read_bytes() == b"picture"


@given(NAMES, _STRANGE)
def test_retry(folders: Folders, name: str, strange: bytes) -> None:
    """A failed picture can be retried, whatever its reason file contains."""
    _emptied(folders)
    _fail(folders, name)
    (reason,) = folders.failed.glob(f"*{REASON_SUFFIX}")
    reason.write_bytes(strange)
    filed = PurePosixPath(reason.name.removesuffix(REASON_SUFFIX))
    assert FailedPictures(folders).retry(filed) == filed
    assert files(folders.failed) == []
    assert (folders.inbox / filed).read_bytes() == b"picture"


@pytest.mark.parametrize("kind", ["folder", "link", "fifo", "huge"])
def test_no_reason_file(folders: Folders, tmp_path: Path, kind: str) -> None:
    """An entry with a reason's name that is not a file is neither read nor removed."""
    place = folders.failed / "a.jpg.error.json"
    _make(place, kind, tmp_path / "secret")
    _fail(folders, "a.jpg")
    assert FailedPictures(folders).names() == [PurePosixPath("a-2.jpg")]
    assert FailedPictures(folders).retry(PurePosixPath("a-2.jpg")).name == "a-2.jpg"
    assert os.path.lexists(place)


def test_retry_beside_a_folder(folders: Folders) -> None:
    """A picture can be retried although its reason's name is a folder's."""
    (folders.failed / "a.jpg").write_bytes(b"picture")
    (folders.failed / "a.jpg.error.json").mkdir()
    FailedPictures(folders).retry(PurePosixPath("a.jpg"))
    assert (folders.inbox / "a.jpg").read_bytes() == b"picture"


def _make(place: Path, kind: str, secret: Path) -> None:
    secret.write_text('{"source": "a.jpg"}', "ascii")
    if kind == "folder":
        place.mkdir()
    elif kind == "link":
        place.symlink_to(secret)
    elif kind == "fifo":
        os.mkfifo(place)
    else:
        place.touch()
        os.truncate(place, 1 << 40)
