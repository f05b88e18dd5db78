"""The empty folder below a lost mount is never mistaken for the given folder."""

import errno
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

import pytest
from dropcut.core.claims import Folders
from dropcut.core.errors import Reason
from dropcut.inbox.scan import InboxFolder
from dropcut.storage import Claims, FolderStore, GuardedFolder, MountLostError

from ...requiring import require
from ..inbox_files import claimed, files


class _Mount:
    """A small file system on a folder, that can go away."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def come(self) -> bool:
        """Mount it; whether that was possible."""
        mount = shutil.which("mount") or "mount"
        options = ["-t", "tmpfs", "-o", "size=1m", "dropcut-test", str(self.path)]
        done = subprocess.run([mount, *options], capture_output=True, check=False)  # noqa: S603  # fixed words
        return done.returncode == 0

    def go(self) -> None:
        """Unmount it, if it is there."""
        if os.path.ismount(self.path):
            umount = shutil.which("umount") or "umount"
            subprocess.run([umount, str(self.path)], check=True)  # noqa: S603  # fixed words


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Callable[[str], _Mount]]:
    """Return what mounts a file system on a folder of the test."""
    require(os.geteuid() == 0, "mounting needs root")
    mounts: list[_Mount] = []

    def make(name: str) -> _Mount:
        path = tmp_path / name
        path.mkdir(exist_ok=True)
        mount = _Mount(path)
        require(mount.come(), "mounting a tmpfs is not possible here")
        mounts.append(mount)
        return mount

    yield make
    for mount in mounts:
        mount.go()


def test_root_that_loses_its_mount(mounted: Callable[[str], _Mount]) -> None:
    """A folder whose file system is unmounted is an error until it is back."""
    mount = mounted("disk")
    root = GuardedFolder(mount.path)
    with root.opened(PurePosixPath("a"), create=True):
        assert (mount.path / "a").is_dir()
    mount.go()
    with pytest.raises(MountLostError) as checked:
        root.check()
    opening = root.opened(PurePosixPath("a"), create=True)
    with pytest.raises(MountLostError) as opened, opening:
        pass
    for caught in (checked, opened):
        assert str(caught.value).startswith(f"{mount.path}: ")
    assert files(mount.path) == []
    assert not (mount.path / "a").exists()
    assert mount.come()
    root.check()


def test_root_that_is_no_mount(
    tmp_path: Path, mounted: Callable[[str], _Mount]
) -> None:
    """A folder that was not a mount point at the start may become one and cease."""
    (tmp_path / "disk").mkdir()
    root = GuardedFolder(tmp_path / "disk")
    root.check()
    mount = mounted("disk")
    root.check()
    mount.go()
    root.check()


@pytest.mark.parametrize("lost", ["inbox", "outbox", "processed", "failed"])
def test_nothing_is_written_below_a_lost_mount(
    folders: Folders, mounted: Callable[[str], _Mount], lost: str
) -> None:
    """Nothing is written into the empty folder that a lost file system leaves."""
    mount = mounted(lost)
    claims = Claims(folders)
    store = FolderStore(folders, claims, max_file_mb=1, min_free_mb=0)
    inbox = InboxFolder(folders, claims, recursive=True, ignore=())
    claim = claimed(folders, claims)
    mount.go()
    steps: dict[str, list[Callable[[], object]]] = {
        "inbox": [
            inbox.check,
            lambda: list(inbox.scan()),
            lambda: store.count_attempt(claim),
        ],
        "outbox": [store.check_room, lambda: store.temp(claim).__enter__()],
        "processed": [lambda: store.archive_processed(claim)],
        "failed": [lambda: store.archive_failed(claim, Reason.CORRUPT, "x")],
    }
    for step in steps[lost]:
        with pytest.raises(MountLostError):
            step()
    assert list(mount.path.iterdir()) == []


@pytest.mark.parametrize("below", ["", "a", "a/b"])
def test_error_names_the_whole_path(tmp_path: Path, below: str) -> None:
    """An error on opening has the absolute path of the folder."""
    opening = GuardedFolder(tmp_path / "gone").opened(PurePosixPath(below))
    with pytest.raises(FileNotFoundError) as caught, opening:
        pass
    assert caught.value.filename == str(tmp_path / "gone" / below)


def test_error_inside_is_not_renamed(tmp_path: Path) -> None:
    """An error inside the block keeps the name of a picture."""
    with (
        pytest.raises(FileNotFoundError) as caught,
        GuardedFolder(tmp_path).opened() as folder,
    ):
        os.stat("nothing", dir_fd=folder)
    assert caught.value.filename == "nothing"


@pytest.mark.parametrize(
    "name", [".dropcut-1-a.part", "1a-2b.1.publish", "1a-2b.json", None]
)
def test_error_with_a_name_of_our_own(tmp_path: Path, name: str | None) -> None:
    """Errors never show a name that Dropcut made up."""
    with (
        pytest.raises(PermissionError) as caught,
        GuardedFolder(tmp_path).opened(PurePosixPath("a"), create=True),
    ):
        raise PermissionError(errno.EACCES, "no", name)
    assert caught.value.filename == str(tmp_path / "a")


def test_root_leaves_nothing_open(folders: Folders) -> None:
    """Whether a folder could be opened or not, no descriptor is left open."""
    before = len(list(Path("/proc/self/fd").iterdir()))
    root = GuardedFolder(folders.inbox)
    with root.opened(PurePosixPath("a/b"), create=True):
        pass
    with pytest.raises(FileNotFoundError), root.opened(PurePosixPath("a/c")):
        pass
    with pytest.raises(ZeroDivisionError), root.opened():
        raise ZeroDivisionError
    assert len(list(Path("/proc/self/fd").iterdir())) == before
