"""The POSIX calls replace nothing, follow nothing and leave nothing behind."""

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

import pytest
from dropcut.storage import posix

from ...odd_files import make_odd
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
