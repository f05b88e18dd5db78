"""A folder without its marker is one whose file system is away."""

import os
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any, cast

import pytest
from dropcut.core.claims import Folders
from dropcut.core.errors import ConfigurationError
from dropcut.inbox.scan import InboxFolder
from dropcut.settings import Settings
from dropcut.storage import (
    Claims,
    FailedPictures,
    FolderStore,
    GuardedFolder,
    MountLostError,
)

from ..inbox_files import drop, files

NAMES = ("inbox", "outbox", "processed", "failed")
MARKER = Path(".mounted")


@pytest.fixture
def marked(folders: Folders) -> Folders:
    """Put a marker into each folder."""
    for name in NAMES:
        (getattr(folders, name) / MARKER).touch()
    return replace(folders, marker=MARKER)


def test_root_without_its_marker(tmp_path: Path) -> None:
    """Nothing is opened or made in a folder while its marker is missing."""
    root = GuardedFolder(tmp_path, MARKER)
    with pytest.raises(MountLostError, match=r"file \.mounted is missing") as caught:
        root.check()
    assert str(caught.value).startswith(f"{tmp_path}: ")
    opening = root.opened(PurePosixPath("a/b"), create=True)
    with pytest.raises(MountLostError), opening:
        pass
    assert not list(tmp_path.iterdir())
    (tmp_path / MARKER).touch()
    with root.opened(PurePosixPath("a/b"), create=True):
        assert (tmp_path / "a" / "b").is_dir()


def test_root_that_is_missing(tmp_path: Path) -> None:
    """A missing folder that should have a marker counts as lost."""
    root = GuardedFolder(tmp_path / "inbox", MARKER)
    with pytest.raises(MountLostError, match="does not exist"):
        root.check()
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / MARKER).touch()
    root.check()


def test_folder_that_is_swapped_while_it_is_opened(tmp_path: Path) -> None:
    """The marker is looked for in the folder that was opened, not in its path."""
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / MARKER).touch()
    root = GuardedFolder(tmp_path / "inbox", MARKER)
    with root.opened() as folder:
        (tmp_path / "inbox").rename(tmp_path / "away")
        (tmp_path / "inbox").mkdir()
        os.mkdir("below", dir_fd=folder)
    assert files(tmp_path / "inbox") == []
    assert (tmp_path / "away" / "below").is_dir()
    with pytest.raises(MountLostError):
        root.check()


def test_descriptors_without_the_marker(tmp_path: Path) -> None:
    """A folder that is refused because its marker is missing is closed again."""
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        with pytest.raises(MountLostError):
            GuardedFolder(tmp_path, MARKER).check()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.parametrize("lost", NAMES)
def test_each_folder_needs_its_marker(marked: Folders, lost: str) -> None:
    """Whichever folder lacks its marker, nothing is written there."""
    folder: Path = getattr(marked, lost)
    (folder / MARKER).unlink()
    (marked.failed / "bad.jpg").touch()
    before = sorted(folder.rglob("*"))
    claims = Claims(marked)
    store = FolderStore(marked, claims, max_file_mb=1, min_free_mb=0)
    inbox = InboxFolder(marked, claims, recursive=True, ignore=())
    steps: dict[str, Any] = {
        "inbox": lambda: list(inbox.scan()),
        "outbox": store.check_room,
        "processed": lambda: store.archive_processed(_claimed(marked)),
        "failed": lambda: FailedPictures(marked).retry(PurePosixPath("bad.jpg")),
    }
    with pytest.raises(MountLostError):
        steps[lost]()
    assert sorted(folder.rglob("*")) == before


def _claimed(folders: Folders) -> Any:  # noqa: ANN401  # a claim, or None
    claims = Claims(folders)
    inbox = InboxFolder(folders, claims, recursive=True, ignore=())
    drop(folders, "a.jpg")
    (found,) = inbox.scan()
    return claims.claim(cast("Any", found))


def test_marker_is_no_picture(marked: Folders) -> None:
    """The marker in the inbox is never claimed."""
    inbox = InboxFolder(marked, Claims(marked), recursive=True, ignore=())
    assert list(inbox.scan()) == []


def _settings(**values: object) -> Settings:
    return cast("Settings", cast("Any", Settings)(**values))


def test_missing_folders_are_waited_for(tmp_path: Path) -> None:
    """With a marker, missing folders are not a configuration error."""
    folders = _settings(root=tmp_path / "share", require_marker=MARKER).folders()
    assert folders.inbox == tmp_path / "share" / "inbox"
    assert folders.marker == MARKER


def test_file_in_place_of_a_folder(tmp_path: Path) -> None:
    """With a marker, too, a file where a folder should be is refused."""
    (tmp_path / "inbox").touch()
    with pytest.raises(ConfigurationError, match="is not a folder"):
        _settings(root=tmp_path, require_marker=MARKER).folders()


@pytest.mark.parametrize("outbox", ["inbox", "inbox/out"])
def test_overlap_of_missing_folders(tmp_path: Path, outbox: str) -> None:
    """Folders that overlap are refused even before they are there."""
    settings = _settings(root=tmp_path, outbox=outbox, require_marker=MARKER)
    with pytest.raises(ConfigurationError, match="each needs a separate folder"):
        settings.folders()
