"""Failed pictures are listed and returned to the inbox."""

import os
from pathlib import Path, PurePosixPath

import pytest
from dropcut.core.claims import Folders
from dropcut.storage import FailedPictures

from ...odd_files import ODD, make_odd
from ...requiring import require
from ..inbox_files import files


def _fail(folders: Folders, name: str) -> None:
    path = folders.failed / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"failed")
    (path.parent / f"{path.name}.error.json").write_text("{}", "ascii")


def test_failed_names(folders: Folders) -> None:
    """Failed pictures are listed without reason files and hidden files."""
    for name in ("b.jpg", "a/c.jpg", ".dropcut-x.part"):
        _fail(folders, name)
    assert [str(p) for p in FailedPictures(folders).names()] == ["b.jpg", "a/c.jpg"]


def test_retry(folders: Folders) -> None:
    """A retried picture is in the inbox again, and its reason file is gone."""
    _fail(folders, "a/c.jpg")
    failed = FailedPictures(folders)
    (path,) = failed.names()
    assert failed.retry(path) == path
    assert files(folders.inbox) == ["a/c.jpg"]
    assert files(folders.failed) == []


def test_retry_where_the_name_is_taken(folders: Folders) -> None:
    """A retried picture does not replace a new one with the same name."""
    _fail(folders, "c.jpg")
    (folders.inbox / "c.jpg").write_bytes(b"new")
    failed = FailedPictures(folders)
    assert str(failed.retry(failed.names()[0])) == "c-2.jpg"
    assert (folders.inbox / "c.jpg").read_bytes() == b"new"
    assert (folders.inbox / "c-2.jpg").read_bytes() == b"failed"


def test_retry_from_another_file_system(folders: Folders, elsewhere: Path) -> None:
    """A retried picture is complete after a move to another file system."""
    apart = Folders(
        inbox=folders.inbox,
        outbox=folders.outbox,
        processed=folders.processed,
        failed=elsewhere,
    )
    _fail(apart, "a/c.jpg")
    failed = FailedPictures(apart)
    failed.retry(failed.names()[0])
    assert files(folders.inbox) == ["a/c.jpg"]
    assert files(elsewhere) == []


@pytest.mark.parametrize("kind", ODD)
def test_retry_of_what_is_no_picture(folders: Folders, kind: str) -> None:
    """What is no regular file stays in `failed/`, and nothing is made for it."""
    (folders.failed / "a").mkdir()
    make_odd(folders.failed / "a" / "odd.jpg", kind)
    with pytest.raises(OSError, match=f"(?i)it is a {kind.rsplit(maxsplit=1)[-1]}"):
        FailedPictures(folders).retry(PurePosixPath("a/odd.jpg"))
    assert os.path.lexists(folders.failed / "a" / "odd.jpg")
    assert not list(folders.inbox.iterdir())


def test_retry_of_what_has_vanished(folders: Folders) -> None:
    """A failed picture that somebody has taken is missing, and nothing is made."""
    with pytest.raises(FileNotFoundError):
        FailedPictures(folders).retry(PurePosixPath("a/gone.jpg"))
    (folders.failed / "a").mkdir()
    with pytest.raises(FileNotFoundError):
        FailedPictures(folders).retry(PurePosixPath("a/gone.jpg"))
    assert not list(folders.inbox.iterdir())


def test_retry_with_a_reason_that_stays(folders: Folders) -> None:
    """A picture is retried even if a folder has the name of its reason file."""
    (folders.failed / "c.jpg").write_bytes(b"failed")
    (folders.failed / "c.jpg.error.json").mkdir()
    FailedPictures(folders).retry(PurePosixPath("c.jpg"))
    assert files(folders.inbox) == ["c.jpg"]


def test_retry_as_root(folders: Folders) -> None:
    """What `retry` makes as root belongs to the owner of the inbox."""
    require(os.geteuid() == 0, "giving folders away needs root")
    os.chown(folders.inbox, 1234, 2345)
    _fail(folders, "a/b/c.jpg")
    FailedPictures(folders).retry(PurePosixPath("a/b/c.jpg"))
    for below in ("a", "a/b"):
        status = (folders.inbox / below).stat()
        assert (status.st_uid, status.st_gid) == (1234, 2345)
