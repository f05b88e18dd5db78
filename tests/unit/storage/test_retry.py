"""Failed pictures are listed and returned to the inbox."""

from pathlib import Path

from dropcut.core.claims import Folders
from dropcut.storage import FailedPictures

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
