"""A rename replaces nothing, loses nothing and doubles nothing."""

import ctypes
import errno
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from dropcut.storage import posix

_Rename = Callable[[int, str, int, str], None]


def _no_links(*_paths: object, **_folders: object) -> None:
    raise PermissionError(errno.EPERM, "no hard links here")


@pytest.fixture(params=["renameat2", "link", "neither"])
def rename(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> _Rename:
    """Return each of the three ways to rename."""
    if request.param == "neither":
        monkeypatch.setattr(os, "link", _no_links)
    return posix.rename_new if request.param == "renameat2" else posix._link_new


def test_rename(rename: _Rename, folder: int, tmp_path: Path) -> None:
    """Each way to rename moves the very file to the new name."""
    (tmp_path / "old\udcff").write_bytes(b"x")
    inode = (tmp_path / "old\udcff").stat().st_ino
    rename(folder, "old\udcff", folder, "new\n")
    assert [path.name for path in tmp_path.iterdir()] == ["new\n"]
    assert (tmp_path / "new\n").stat().st_ino == inode


@pytest.mark.parametrize("taken", ["file", "folder", "dangling link"])
def test_rename_never_replaces(
    rename: _Rename, folder: int, tmp_path: Path, taken: str
) -> None:
    """No way to rename replaces a file, folder or link that has the name."""
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_bytes(b"mine")
    match taken:
        case "file":
            new.write_bytes(b"theirs")
        case "folder":
            new.mkdir()
        case _:
            new.symlink_to("nowhere")
    before = new.lstat()
    with pytest.raises(FileExistsError):
        rename(folder, "old", folder, "new")
    assert old.read_bytes() == b"mine"
    assert os.path.samestat(new.lstat(), before)


class _OldKernel:
    """A C library whose kernel, or file system, cannot rename without replacing."""

    def renameat2(self, *_arguments: object) -> int:
        """Say so."""
        ctypes.set_errno(errno.EINVAL)
        return -1


@pytest.fixture(params=["renameat2", "link and unlink"])
def either(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Be on a kernel with the call that renames without replacing, or on one without.

    The two ways differ in what they leave behind when they are cut off.
    """
    if request.param == "link and unlink":
        monkeypatch.setattr(posix, "_libc", _OldKernel)


@pytest.mark.usefixtures("either")
def test_rename_that_was_half_done(folder: int, tmp_path: Path) -> None:
    """A `link` whose `unlink` never came is finished: one file, under the new name."""
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_bytes(b"mine")
    new.hardlink_to(old)
    before = new.lstat()
    posix.rename_new(folder, "old", folder, "new")
    assert not old.exists()
    assert new.read_bytes() == b"mine"
    assert (new.lstat().st_ino, new.lstat().st_nlink) == (before.st_ino, 1)


@pytest.mark.usefixtures("either")
@pytest.mark.parametrize("taken", ["equal file", "dangling link"])
def test_rename_never_replaces_another_file(
    folder: int, tmp_path: Path, taken: str
) -> None:
    """A different file with the new name is kept, even one with equal content."""
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_bytes(b"same")
    if taken == "equal file":
        new.write_bytes(b"same")
    else:
        new.symlink_to("nowhere")
    before = new.lstat()
    with pytest.raises(FileExistsError):
        posix.rename_new(folder, "old", folder, "new")
    assert old.read_bytes() == b"same"
    assert os.path.samestat(new.lstat(), before)


def test_link_whose_unlink_fails(
    folder: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file whose old name cannot be removed keeps it, and gets no second one."""
    (tmp_path / "old").write_bytes(b"mine")
    unlink = os.unlink

    def refusing(name: str, *, dir_fd: int) -> None:
        if name == "old":
            raise PermissionError(errno.EPERM, "no")
        unlink(name, dir_fd=dir_fd)

    monkeypatch.setattr(os, "unlink", refusing)
    with pytest.raises(PermissionError):
        posix._link_new(folder, "old", folder, "new")
    assert [path.name for path in tmp_path.iterdir()] == ["old"]


def test_link_whose_unlink_is_told_twice(
    folder: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file is not lost where NFS asks again for an `unlink` that was done already."""
    (tmp_path / "old").write_bytes(b"mine")
    unlink = os.unlink

    def repeated(name: str, *, dir_fd: int) -> None:
        unlink(name, dir_fd=dir_fd)
        if name == "old":
            unlink(name, dir_fd=dir_fd)

    monkeypatch.setattr(os, "unlink", repeated)
    with suppress(FileNotFoundError):
        posix._link_new(folder, "old", folder, "new")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"mine"]


def test_rename_of_nothing(rename: _Rename, folder: int) -> None:
    """No way to rename takes a missing file for a moved one."""
    with pytest.raises(FileNotFoundError):
        rename(folder, "nothing", folder, "new")


def test_rename_does_not_follow(rename: _Rename, folder: int, tmp_path: Path) -> None:
    """Each way to rename moves a link and not what it points to."""
    (tmp_path / "target").write_bytes(b"x")
    (tmp_path / "link").symlink_to("target")
    rename(folder, "link", folder, "moved")
    assert (tmp_path / "moved").is_symlink()
    assert (tmp_path / "target").is_file()


def test_rename_to_another_file_system(
    rename: _Rename, folder: int, tmp_path: Path, elsewhere: Path
) -> None:
    """No way to rename crosses file systems: the caller hears of it and copies."""
    (tmp_path / "old").write_bytes(b"x")
    with posix.opened_folder(elsewhere) as other, pytest.raises(OSError) as caught:  # noqa: PT011  # errno below
        rename(folder, "old", other, "new")
    assert caught.value.errno == errno.EXDEV
    assert (tmp_path / "old").is_file()
