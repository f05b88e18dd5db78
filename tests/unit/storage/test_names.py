"""Names survive the way to the disk and back, fit into it, and can be shown."""

from itertools import islice
from pathlib import PurePosixPath

import pytest
from dropcut.core.claims import Claim, ClaimState
from dropcut.core.ignored import is_ignored, is_ignored_folder
from dropcut.core.pictures import OutputFormat
from dropcut.core.text import printable
from dropcut.storage.names import (
    alternatives,
    claim_id_of,
    claim_name,
    free_name,
    note_name,
    parse_claim_name,
    reason_name,
    record_name,
    shorten,
    temp_name,
)
from hypothesis import example, given
from hypothesis import strategies as st

from ..names import NAMES, PATHS, is_name

_OUTPUTS = st.builds(
    lambda path, form: path.with_name(shorten(path.name, form)),
    PATHS,
    st.sampled_from(OutputFormat),
)
_IDS = st.from_regex(r"[0-9a-f]{16}-[0-9a-f]{8}", fullmatch=True)
_CLAIMS = st.builds(
    Claim,
    id=_IDS,
    source=PATHS,
    output=_OUTPUTS,
    attempts=st.integers(0, 10**6),
    state=st.sampled_from(ClaimState),
)


def _size(name: str) -> int:
    return len(name.encode("utf-8", "surrogateescape"))


@given(_CLAIMS)
def test_claim_name_comes_back(claim: Claim) -> None:
    """A claim's name says id, attempts and state again, and is a valid name."""
    name = claim_name(claim)
    expected = (claim.id, claim.attempts, claim.state)
    assert parse_claim_name(name) == expected
    assert is_name(name.encode("ascii"))
    assert _size(name) <= 255


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a-b",
        "a-b.1",
        "a-b.1.nothing",
        "a-b.-1.work",
        "g-b.1.work",
        "a-b.1.work.json",
        "a-b.json",
        ".dropcut-a-b.part",
        "a-b.1.WORK",
        "a-b.1.work\n",
        "a-b.07.work",
        "a-b.\u0663.work",
        f"a-b.{'9' * 200}.work",
        f"{'a' * 120}-{'b' * 120}.1.work",
    ],
)
def test_foreign_name_is_no_claim(name: str) -> None:
    """A name that Dropcut would not have given is no claim's."""
    assert parse_claim_name(name) is None


@given(_CLAIMS)
def test_ids(claim: Claim) -> None:
    """The names of a claim, its record and its temporary file have the same id."""
    names = (
        *(claim_name(claim), record_name(claim.id), temp_name(claim.id)),
        note_name(claim.id),
    )
    assert {claim_id_of(name) for name in names} == {claim.id}
    assert _size(temp_name(f"{claim.id}-reason")) <= 255


@given(NAMES)
@example("photo.json")
@example("film.part")
@example(".dropcut-photo.part")
def test_names_of_strangers(name: str) -> None:
    """A name that Dropcut would not have given belongs to no claim."""
    assert claim_id_of(name) is None
    assert parse_claim_name(name) is None


@given(PATHS)
@example(PurePosixPath("x" * 249 + "-2" + "y" * 4))
@example(PurePosixPath("a." + "x" * 250))
@example(PurePosixPath("ü" * 126 + ".jpg"))
def test_alternatives(path: PurePosixPath) -> None:
    """The names beside a taken one are all different and valid."""
    found = list(islice(alternatives(path.name), 12))
    assert len(set(found)) == len(found)
    assert all(is_name(other.encode(errors="surrogateescape")) for other in found)
    assert max(map(_size, found)) <= 255


@pytest.mark.parametrize("form", OutputFormat)
@given(PATHS)
@example(PurePosixPath("x" * 249 + "-2y.jpg"))
@example(PurePosixPath("photo."))
def test_outputs(form: OutputFormat, source: PurePosixPath) -> None:
    """Outputs of one picture are all different, of its format, at most 255 bytes."""
    found = list(islice(alternatives(source.stem + form), 12))
    assert len(set(found)) == len(found)
    assert all(is_name(output.encode(errors="surrogateescape")) for output in found)
    assert all(_size(output) <= 255 for output in found)
    assert {OutputFormat(PurePosixPath(output).suffix) for output in found} == {form}


@given(PATHS, st.integers(30, 255))
def test_outputs_where_names_are_shorter(source: PurePosixPath, limit: int) -> None:
    """A file system with shorter names gets outputs that fit and are all different."""
    found = list(islice(alternatives(source.stem + ".png", limit), 12))
    assert len(set(found)) == len(found)
    assert all(_size(output) <= limit for output in found)


def test_plain_names() -> None:
    """The outputs of `photo.jpg` are `photo.png`, `photo-2.png` and so on."""
    found = islice(alternatives("photo.png"), 3)
    assert [*found] == ["photo.png", "photo-2.png", "photo-3.png"]


@given(st.integers(0, 3000), st.sets(st.integers(1, 3000), max_size=40))
def test_free_name(taken: int, gaps: set[int]) -> None:
    """A free name is found after few looks, however many are taken, in any order."""
    names = [*islice(alternatives("photo.png"), taken)]
    there = {n for number, n in enumerate(names, 1) if number not in gaps}
    looks = []

    def is_free(name: str) -> bool:
        looks.append(name)
        return name not in there

    found = free_name("photo", ".png", is_free)
    assert found not in there
    assert found == free_name("photo", ".png", is_free)
    assert len(looks) <= 2 * 60
    if not gaps:
        assert found == next(islice(alternatives("photo.png"), taken, None))


def test_free_name_where_names_are_shorter() -> None:
    """A free name fits where the file system allows only short names."""
    there: set[str] = set()
    for _ in range(200):
        name = free_name("x" * 60, ".png", lambda name: name not in there, 30)
        assert _size(name) <= 30
        there.add(name)
    assert len(there) == 200


@given(NAMES)
def test_reason_name(name: str) -> None:
    """A reason's name is the picture's whole name and an ending, however long it is."""
    assert reason_name(name) == f"{name}.error.json"


@given(NAMES, st.integers(20, 255))
def test_shortened_name(name: str, limit: int) -> None:
    """A file system with shorter names gets shorter names."""
    assert _size(shorten(name, ".png", limit)) <= limit


@given(NAMES)
@example("a\nb\x1b[31mred\x7f\u202e\u2028\udcff.jpg")
def test_shown_name(name: str) -> None:
    """A name for a person is one line of valid UTF-8 without controls."""
    text = printable(PurePosixPath(name))
    assert text.encode("utf-8").decode("utf-8") == text
    assert text.splitlines() == [text]
    assert text.isprintable()


@pytest.mark.parametrize("name", ["a b.jpg", "Größe.jpg", "日本.png", "'x'.png"])
def test_ordinary_name_is_shown_as_it_is(name: str) -> None:
    """An ordinary name is shown unchanged, in whatever script it is."""
    assert printable(name) == name


_PREFIXED = [".", "._", "~$", ".~lock.", ".nfs", ".smbdelete", ".syncthing."]
_PREFIXED += ["~syncthing~", ".goutputstream-", ".fuse_hidden"]
_SUFFIXED = ".tmp .temp .part .partial .filepart .crdownload .download .opdownload"
_SUFFIXED += " .uploading .upload .unmanic.part .!ut .!qB .aria2 .bak .swp ~"
_IGNORED = [prefix + "photo.jpg" for prefix in _PREFIXED]
_IGNORED += ["photo.jpg" + suffix for suffix in _SUFFIXED.split()]
_IGNORED += ["photo.jpg.error.json", "Thumbs.db", "desktop.ini", ".DS_Store", "Icon\r"]
_FOLDERS = ["@eaDir", "eaDir", "#recycle", "@Recycle", ".@__thumb", "$RECYCLE.BIN"]
_FOLDERS += ["System Volume Information", ".Spotlight-V100", ".Trashes", "__MACOSX"]
_FOLDERS += [".TemporaryItems", ".stfolder", ".stversions", "lost+found"]
_FOLDERS += [".snapshot", ".snapshots", ".zfs", ".dropcut"]


@pytest.mark.parametrize("name", _IGNORED)
def test_ignored_file(name: str) -> None:
    """What systems, browsers and NAS boxes leave about is not for Dropcut."""
    assert is_ignored(name)
    assert is_ignored(name.upper())


@pytest.mark.parametrize("name", _FOLDERS)
def test_ignored_folder(name: str) -> None:
    """The folders of recycle bins, snapshots and indexes are not entered."""
    assert is_ignored_folder(name)


@pytest.mark.parametrize(
    "name",
    ["photo.jpg", "a.b.png", "IMG_1.JPEG", "tmp", "part.png", "x~y.jpg", "no-ext"],
)
def test_ordinary_file(name: str) -> None:
    """An ordinary file is not left alone."""
    assert not is_ignored(name)
    assert not is_ignored_folder(name)


def test_own_patterns() -> None:
    """A user's patterns are added to the list, for files and for folders."""
    patterns = ("*.raw", "draft*")
    assert is_ignored("x.raw", patterns)


def test_temporary_files_are_ignored() -> None:
    """Dropcut ignores its own temporary files, should a folder be an inbox later."""
    assert is_ignored(temp_name("0-0"))
