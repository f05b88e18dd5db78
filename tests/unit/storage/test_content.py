"""Contents are read, hashed, compared and copied while somebody writes to them."""

import errno
import os
from contextlib import suppress
from pathlib import Path

import pytest
from dropcut.storage import content, posix

from ...odd_files import growing


def test_read_is_bounded(folder: int, tmp_path: Path) -> None:
    """A file that grows while it is read gives no more bytes than were asked for."""
    (tmp_path / "small").write_bytes(b"123456789")
    for max_bytes in (0, 4, 9, 10, 1 << 40):
        with posix.opened_file(folder, "small") as file:
            assert content.read_up_to(file, max_bytes) == b"123456789"[:max_bytes]
    with growing(tmp_path / "large"), posix.opened_file(folder, "large") as file:
        assert len(content.read_up_to(file, 50 << 20)) == 50 << 20


def test_read_of_more_than_the_size() -> None:
    """What was added since the size was looked up is read as well."""
    with (
        posix.opened_folder(Path("/proc").resolve()) as proc,
        posix.opened_file(proc, "meminfo") as file,
    ):
        assert os.fstat(file).st_size == 0
        assert content.read_up_to(file, 1 << 20).startswith(b"MemTotal:")


@pytest.mark.parametrize("change", ["longer", "rewritten"])
def test_copy_of_a_file_that_is_written_to(
    folder: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """A file that changes while it is copied is refused, and leaves no copy behind."""
    (tmp_path / "old").write_bytes(b"x" * 1000)
    os.utime(tmp_path / "old", ns=(5, 5))
    write_all = posix.write_all

    def written_to(file_fd: int, data: bytes) -> None:
        write_all(file_fd, data)
        with (tmp_path / "old").open("r+b") as old:
            old.seek(0, os.SEEK_END if change == "longer" else os.SEEK_SET)
            old.write(b"more")

    with monkeypatch.context() as patch:
        patch.setattr(posix, "write_all", written_to)
        with pytest.raises(OSError, match="still writing") as caught:
            content.copy_verified(folder, "old", folder, "new")
    assert caught.value.errno == errno.EBUSY
    assert [path.name for path in tmp_path.iterdir()] == ["old"]
    content.copy_verified(folder, "old", folder, "new")
    assert (tmp_path / "new").read_bytes() == (tmp_path / "old").read_bytes()


def test_growing_file_is_not_copied_for_ever(folder: int, tmp_path: Path) -> None:
    """A file that grows all the time is neither copied nor hashed without an end."""
    with growing(tmp_path / "old"):
        with suppress(OSError):
            content.copy_verified(folder, "old", folder, "new")
        with posix.opened_file(folder, "old") as file:
            content.digest(file, 1 << 20)
            assert os.lseek(file, 0, os.SEEK_CUR) == 1 << 20


@pytest.mark.parametrize("grown", ["a", "b", "neither"])
def test_files_that_grow_are_not_the_same(
    folder: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, grown: str
) -> None:
    """Two equal files are no longer equal if one of them grows while they are read."""
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"x" * 10)
    hashed = content.digest

    def digest(file_fd: int, max_bytes: int) -> str:
        if grown != "neither":
            with (tmp_path / grown).open("ab") as file:
                file.write(b"more")
        return hashed(file_fd, max_bytes)

    monkeypatch.setattr(content, "digest", digest)
    assert content.has_same_content(folder, "a", folder, "b") == (grown == "neither")


def test_copy(folder: int, tmp_path: Path) -> None:
    """A copy has the content and the time of the original."""
    data = os.urandom(3_000_000)
    (tmp_path / "old").write_bytes(data)
    os.utime(tmp_path / "old", ns=(5, 1_234_567_891))
    content.copy_verified(folder, "old", folder, "new")
    assert (tmp_path / "new").read_bytes() == data
    assert (tmp_path / "new").stat().st_mtime_ns == 1_234_567_891


def test_copy_that_differs(
    folder: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy that does not read back as it was written is an I/O error."""
    (tmp_path / "old").write_bytes(b"x" * 1000)
    monkeypatch.setattr(posix, "write_all", lambda file, data: os.write(file, data[1:]))
    with pytest.raises(OSError) as caught:  # noqa: PT011  # errno below
        content.copy_verified(folder, "old", folder, "new")
    assert caught.value.errno == errno.EIO
    assert [path.name for path in tmp_path.iterdir()] == ["old"]
