"""The POSIX calls replace nothing, follow nothing and leave nothing behind."""

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

import pytest
from dropcut.storage import posix

from ...odd_files import growing, make_odd
from ...requiring import require


def test_folder_is_not_opened_through_a_link(tmp_path: Path) -> None:
    """Neither the root nor any folder below it is opened through a link."""
    (tmp_path / "real" / "sub").mkdir(parents=True)
    (tmp_path / "root").symlink_to("real")
    (tmp_path / "real" / "link").symlink_to("sub")
    for root, below in (("root", ""), ("real", "link"), ("real", "link/x")):
        opening = posix.opened_folder(
            tmp_path / root, PurePosixPath(below), create=True
        )
        with pytest.raises(NotADirectoryError), opening:
            pass
    assert not list((tmp_path / "real" / "sub").iterdir())


def test_missing_folders_are_made_below_the_root_only(tmp_path: Path) -> None:
    """Missing folders are made on request, but a missing root never is."""
    with posix.opened_folder(tmp_path, PurePosixPath("a/b"), create=True):
        assert (tmp_path / "a" / "b").is_dir()
    with (
        pytest.raises(FileNotFoundError),
        posix.opened_folder(tmp_path / "c", PurePosixPath("d"), create=True),
    ):
        pass
    with (
        pytest.raises(FileNotFoundError),
        posix.opened_folder(tmp_path, PurePosixPath("c")),
    ):
        pass
    assert not (tmp_path / "c").exists()


def test_descriptors_are_closed(tmp_path: Path) -> None:
    """Whether a folder could be opened or not, no descriptor is left open."""
    before = len(list(Path("/proc/self/fd").iterdir()))
    with posix.opened_folder(tmp_path, PurePosixPath("a/b/c"), create=True):
        pass
    for _ in range(5):
        with (
            pytest.raises(FileNotFoundError),
            posix.opened_folder(tmp_path, PurePosixPath("a/b/nothing")),
        ):
            pass
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_new_file(folder: int, tmp_path: Path) -> None:
    """A new file takes the place of a leftover of ours and has the given mode."""
    (tmp_path / "draft").write_bytes(b"a leftover that is longer")
    with posix.new_file(folder, "draft", 0o600) as file:
        posix.write_all(file, b"whole")
    assert (tmp_path / "draft").read_bytes() == b"whole"
    assert stat.S_IMODE((tmp_path / "draft").stat().st_mode) == 0o600


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_new_file_after_an_exception(
    folder: int, tmp_path: Path, error: type[BaseException]
) -> None:
    """Whatever breaks the writing off, nothing of the new file is left."""
    with suppress(error), posix.new_file(folder, "draft") as file:
        posix.write_all(file, b"half")
        raise error
    assert not list(tmp_path.iterdir())


def test_new_file_does_not_write_through_a_link(folder: int, tmp_path: Path) -> None:
    """A link with a temporary file's name is removed, and its target kept."""
    (tmp_path / "target").write_bytes(b"theirs")
    (tmp_path / "draft").symlink_to("target")
    with posix.new_file(folder, "draft") as file:
        posix.write_all(file, b"ours")
    assert (tmp_path / "target").read_bytes() == b"theirs"
    assert (tmp_path / "draft").read_bytes() == b"ours"


def test_file_is_not_opened_through_a_link(folder: int, tmp_path: Path) -> None:
    """A link is not opened."""
    (tmp_path / "target").write_bytes(b"x")
    (tmp_path / "link").symlink_to("target")
    with pytest.raises(OSError) as caught, posix.opened_file(folder, "link"):  # noqa: PT011  # errno below
        pass
    assert caught.value.errno == errno.ELOOP


@pytest.mark.parametrize("kind", ["fifo", "socket", "folder"])
def test_only_a_regular_file_is_opened(folder: int, tmp_path: Path, kind: str) -> None:
    """What is no regular file is refused, without waiting for a FIFO's writer."""
    make_odd(tmp_path / "odd", kind)
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(OSError) as caught, posix.opened_file(folder, "odd"):  # noqa: PT011  # errno below
        pass
    assert caught.value.errno == errno.ENXIO
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_read_is_bounded(folder: int, tmp_path: Path) -> None:
    """A file that grows while it is read gives no more bytes than were asked for."""
    (tmp_path / "small").write_bytes(b"123456789")
    for most_bytes in (0, 4, 9, 10, 1 << 40):
        with posix.opened_file(folder, "small") as file:
            assert posix.read_up_to(file, most_bytes) == b"123456789"[:most_bytes]
    with growing(tmp_path / "large"), posix.opened_file(folder, "large") as file:
        assert len(posix.read_up_to(file, 50 << 20)) == 50 << 20


def test_read_of_more_than_the_size() -> None:
    """What was added since the size was looked up is read as well."""
    with (
        posix.opened_folder(Path("/proc").resolve()) as proc,
        posix.opened_file(proc, "meminfo") as file,
    ):
        assert os.fstat(file).st_size == 0
        assert posix.read_up_to(file, 1 << 20).startswith(b"MemTotal:")


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
            posix.copy_verified(folder, "old", folder, "new")
    assert caught.value.errno == errno.EBUSY
    assert [path.name for path in tmp_path.iterdir()] == ["old"]
    posix.copy_verified(folder, "old", folder, "new")
    assert (tmp_path / "new").read_bytes() == (tmp_path / "old").read_bytes()


def test_growing_file_is_not_copied_for_ever(folder: int, tmp_path: Path) -> None:
    """A file that grows all the time is neither copied nor hashed without an end."""
    with growing(tmp_path / "old"):
        with suppress(OSError):
            posix.copy_verified(folder, "old", folder, "new")
        with posix.opened_file(folder, "old") as file:
            posix.digest(file, 1 << 20)
            assert os.lseek(file, 0, os.SEEK_CUR) == 1 << 20


@pytest.mark.parametrize("grown", ["a", "b", "neither"])
def test_files_that_grow_are_not_the_same(
    folder: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, grown: str
) -> None:
    """Two files that were equal are not, once one of them has grown meanwhile."""
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"x" * 10)
    hashed = posix.digest

    def digest(file_fd: int, most_bytes: int) -> str:
        if grown != "neither":
            with (tmp_path / grown).open("ab") as file:
                file.write(b"more")
        return hashed(file_fd, most_bytes)

    monkeypatch.setattr(posix, "digest", digest)
    assert posix.has_same_content(folder, "a", folder, "b") == (grown == "neither")


def test_copy(folder: int, tmp_path: Path) -> None:
    """A copy has the content and the time of the original."""
    data = os.urandom(3_000_000)
    (tmp_path / "old").write_bytes(data)
    os.utime(tmp_path / "old", ns=(5, 1_234_567_891))
    posix.copy_verified(folder, "old", folder, "new")
    assert (tmp_path / "new").read_bytes() == data
    assert (tmp_path / "new").stat().st_mtime_ns == 1_234_567_891


def test_copy_that_differs(
    folder: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy that does not read back as it was written is an I/O error."""
    (tmp_path / "old").write_bytes(b"x" * 1000)
    monkeypatch.setattr(posix, "write_all", lambda file, data: os.write(file, data[1:]))
    with pytest.raises(OSError) as caught:  # noqa: PT011  # errno below
        posix.copy_verified(folder, "old", folder, "new")
    assert caught.value.errno == errno.EIO
    assert [path.name for path in tmp_path.iterdir()] == ["old"]


@pytest.mark.parametrize("below", ["a", "a/b"])
def test_made_by_root(below: str) -> None:
    """What root makes in a folder of another user belongs to that user."""
    require(os.geteuid() == 0, "giving files away needs root")
    with TemporaryDirectory() as made:
        root = Path(made)
        os.chown(root, 1234, 2345)
        with (
            posix.opened_folder(root, PurePosixPath(below), create=True) as folder_fd,
            posix.new_file(folder_fd, "new"),
        ):
            pass
        for path in root.rglob("*"):
            assert (path.stat().st_uid, path.stat().st_gid) == (1234, 2345)


def test_limits_of_names(folder: int) -> None:
    """A name may be as long as the file system says, and never longer than 255."""
    assert 14 <= posix.name_limit_bytes(folder) <= 255
    assert posix.name_limit_bytes(999_999) == 255
