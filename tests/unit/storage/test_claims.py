"""A picture is claimed, kept and returned without being lost or doubled."""

import os
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

import pytest
from dropcut.core.claims import ClaimState, Folders
from dropcut.core.errors import VanishedError
from dropcut.core.ignored import CLAIMS
from dropcut.core.pictures import OutputFormat
from dropcut.storage import Claims, posix
from dropcut.storage.names import record_name, temp_name
from dropcut.storage.roots import NotAFolderError

from ..inbox_files import claimed, drop, files, original


@pytest.mark.parametrize("name", ["photo.jpg", "a/b/photo.jpg", "a\n\udcff.jpg"])
def test_claim(folders: Folders, claims: Claims, name: str) -> None:
    """A claimed picture is in the claims folder, where a later run finds it."""
    claim = claimed(folders, claims, name)
    assert claim.source == PurePosixPath(name)
    assert claim.output == PurePosixPath(name).with_suffix(".png")
    assert not (folders.inbox / name).exists()
    assert original(folders, claim).read_bytes() == b"picture"
    assert Claims(folders).recover() == [claim]


def test_picture_that_has_changed(folders: Folders, claims: Claims) -> None:
    """A picture that changed since it was found is not claimed."""
    found = drop(folders)
    drop(folders, data=b"a longer picture")
    assert claims.claim(found) is None
    assert files(folders.inbox) == ["photo.jpg"]


def test_picture_that_changes_meanwhile(
    folders: Folders, claims: Claims, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A picture that is written to while it is claimed returns to the inbox."""
    found = drop(folders)
    rename = posix.rename_new

    def rename_late(*given: Any) -> None:  # noqa: ANN401  # passed on
        monkeypatch.setattr(posix, "rename_new", rename)
        (folders.inbox / "photo.jpg").write_bytes(b"a longer picture")
        rename(*given)

    monkeypatch.setattr(posix, "rename_new", rename_late)
    assert claims.claim(found) is None
    assert (folders.inbox / "photo.jpg").read_bytes() == b"a longer picture"
    assert files(folders.inbox) == ["photo.jpg"]


@pytest.mark.parametrize("what", ["nothing", "link", "fifo", "folder", "no parent"])
def test_picture_that_was_replaced(folders: Folders, claims: Claims, what: str) -> None:
    """An entry that replaced the picture since it was found is not claimed."""
    found = drop(folders, "sub/photo.jpg")
    path = folders.inbox / "sub" / "photo.jpg"
    path.rename(folders.inbox / "kept.jpg")
    match what:
        case "link":
            path.symlink_to("../kept.jpg")
        case "fifo":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case "no parent":
            path.parent.rmdir()
            path.parent.symlink_to(folders.failed)
        case _:
            pass
    assert claims.claim(found) is None
    assert (folders.inbox / "kept.jpg").is_file()
    assert claims.recover() == []


def test_outputs_are_reserved(folders: Folders, claims: Claims) -> None:
    """Pictures with one stem get different outputs, none of which exists already."""
    (folders.outbox / "photo.png").write_bytes(b"earlier")
    outputs = [
        claimed(folders, claims, f"photo.{end}").output for end in ("jpg", "tif")
    ]
    assert [str(output) for output in outputs] == ["photo-2.png", "photo-3.png"]
    assert (
        str(Claims(folders).outputs.choose(PurePosixPath("photo.webp")))
        == "photo-2.png"
    )
    later = Claims(folders)
    later.recover()
    assert str(later.outputs.choose(PurePosixPath("photo.webp"))) == "photo-4.png"


def _format_of(source: PurePosixPath) -> OutputFormat:
    """Return WebP for the pictures of people."""
    return OutputFormat.WEBP if source.parts[0] == "people" else OutputFormat.PNG


def test_format_is_decided_by_the_claim(folders: Folders) -> None:
    """The output format is decided at the claim, and a later run does not change it."""
    claims = Claims(folders, _format_of)
    outputs = {name: claimed(folders, claims, name) for name in ("people/a.jpg", "b")}
    assert [str(c.output) for c in outputs.values()] == ["people/a.webp", "b.png"]
    later = Claims(folders, lambda _source: OutputFormat.PNG)
    assert later.recover() == [*outputs.values()]


def test_outputs_of_another_format_are_no_rivals(folders: Folders) -> None:
    """Only a file with the same format occupies an output name."""
    (folders.outbox / "people").mkdir()
    for name in ("a.png", "b.webp"):
        (folders.outbox / "people" / name).touch()
    claims = Claims(folders, _format_of)
    made = [claimed(folders, claims, f"people/{stem}.jpg").output for stem in "ab"]
    assert [output.name for output in made] == ["a.webp", "b-2.webp"]
    assert claims.outputs.choose(made[1], made[1].name).name == "b-2-2.webp"


def test_lost_record_has_the_general_format(folders: Folders) -> None:
    """A claim whose record is lost gets the format of the inbox's top folder."""
    claim = claimed(folders, Claims(folders, _format_of), "people/a.jpg")
    (folders.inbox / CLAIMS / record_name(claim.id)).unlink()
    (recovered,) = Claims(folders, _format_of).recover()
    assert recovered.output.name == f"recovered-{claim.id}.png"


def test_transition(folders: Folders, claims: Claims) -> None:
    """Attempts, state and output name of a claim survive a crash."""
    claim = claimed(folders, claims)
    claim = claims.transition(claim, attempts=2, state=ClaimState.PUBLISH)
    claim = claims.update_record(replace(claim, output=PurePosixPath("other.png")))
    assert Claims(folders).recover() == [claim]
    assert (claim.attempts, claim.state) == (2, ClaimState.PUBLISH)


def test_transition_of_a_vanished_claim(folders: Folders, claims: Claims) -> None:
    """A claim whose original was removed by somebody has vanished."""
    claim = claimed(folders, claims)
    original(folders, claim).unlink()
    with pytest.raises(VanishedError, match=r"photo\.jpg"):
        claims.transition(claim, attempts=1)
    with pytest.raises(VanishedError):
        claims.release_to_inbox(claim)


def test_release_to_inbox(folders: Folders, claims: Claims) -> None:
    """A released picture is where it was, and no trace of its claim is left."""
    claim = claimed(folders, claims, "a/photo.jpg")
    (folders.inbox / "a").rmdir()
    assert claims.release_to_inbox(claim)
    assert files(folders.inbox) == ["a/photo.jpg"]
    assert str(claims.outputs.choose(claim.source)) == "a/photo.png"


def test_release_to_inbox_where_the_name_is_taken(
    folders: Folders, claims: Claims
) -> None:
    """A picture is not released over a new one with its name."""
    claim = claimed(folders, claims)
    drop(folders, data=b"new")
    assert not claims.release_to_inbox(claim)
    assert (folders.inbox / "photo.jpg").read_bytes() == b"new"
    assert claims.recover() == [claim]


def test_recover_order_and_held(folders: Folders, claims: Claims) -> None:
    """Recovery returns the oldest claim first, without those that a worker has."""
    taken = [claimed(folders, claims, f"{n}.jpg") for n in "cab"]
    assert Claims(folders).recover() == taken
    assert claims.recover(held=[taken[1].id]) == [taken[0], taken[2]]
    assert original(folders, taken[1]).is_file()
    assert len(files(folders.inbox)) == 6


def test_record_without_claim(folders: Folders, claims: Claims) -> None:
    """A run killed between record and rename leaves the picture in the inbox."""
    claim = claimed(folders, claims)
    original(folders, claim).rename(folders.inbox / "photo.jpg")
    (folders.inbox / CLAIMS / temp_name("0-0")).write_bytes(b"{")
    assert Claims(folders).recover() == []
    assert files(folders.inbox) == ["photo.jpg"]


@pytest.mark.parametrize("record", [None, b"", b'{"source": "photo'])
def test_claim_without_record(
    folders: Folders, claims: Claims, record: bytes | None
) -> None:
    """A claim whose record is lost or torn is kept under a made-up name."""
    claim = claimed(folders, claims)
    path = folders.inbox / CLAIMS / record_name(claim.id)
    path.unlink()
    if record is not None:
        path.write_bytes(record)
    (recovered,) = Claims(folders).recover()
    assert str(recovered.source) == f"recovered-{claim.id}"
    assert str(recovered.output) == f"recovered-{claim.id}.png"
    assert original(folders, recovered).read_bytes() == b"picture"


def test_both_names_of_a_claim(folders: Folders, claims: Claims) -> None:
    """A run killed between link and unlink leaves one picture, which is claimed."""
    claim = claimed(folders, claims)
    (folders.inbox / "photo.jpg").hardlink_to(original(folders, claim))
    assert Claims(folders).recover() == [claim]
    assert not (folders.inbox / "photo.jpg").exists()
    assert original(folders, claim).read_bytes() == b"picture"


def test_new_picture_of_a_claimed_name(folders: Folders, claims: Claims) -> None:
    """Recovery ignores a new picture with the name of a claimed one."""
    claim = claimed(folders, claims)
    drop(folders, data=b"picture")
    assert Claims(folders).recover() == [claim]
    assert (folders.inbox / "photo.jpg").is_file()


def test_foreign_files_among_the_claims(folders: Folders, claims: Claims) -> None:
    """A foreign file in the claims folder is neither claimed nor removed."""
    drop(folders, ".dropcut/photo.jpg")
    assert claims.recover() == []
    assert (folders.inbox / ".dropcut" / "photo.jpg").is_file()


def test_claims_folder_that_is_a_link(folders: Folders, claims: Claims) -> None:
    """A link in place of the claims folder is not followed; the error names it."""
    found = drop(folders)
    (folders.inbox / CLAIMS).symlink_to(folders.failed)
    with pytest.raises(NotAFolderError, match=r"/\.dropcut is not a folder.*remove it"):
        claims.claim(found)
    assert files(folders.failed) == []
    assert (folders.inbox / "photo.jpg").is_file()


def test_release(folders: Folders, claims: Claims) -> None:
    """Releasing a vanished claim frees its output name."""
    claim = claimed(folders, claims)
    original(folders, claim).unlink()
    claims.release(claim)
    assert files(folders.inbox) == []
    assert str(claims.outputs.choose(claim.source)) == "photo.png"


def test_release_of_a_claim_that_is_there(folders: Folders, claims: Claims) -> None:
    """A claim that only seems to have vanished keeps its record."""
    stale = claimed(folders, claims)
    claim = claims.transition(stale, state=ClaimState.PUBLISH)
    claims.release(stale)
    assert Claims(folders).recover() == [claim]
