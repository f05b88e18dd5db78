"""Which pictures a fault concerns is found out by trying."""

import errno
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest
from dropcut.core.claims import Claim, Folders
from dropcut.core.profiles import EVERYWHERE
from dropcut.storage import Claims, FolderStore

from ..inbox_files import claimed

_NAMES = ("inbox", "outbox", "processed", "failed")


@pytest.fixture
def folders(unprivileged: Path) -> Folders:
    """Make the four folders for a user whom permissions bind."""
    for name in _NAMES:
        (unprivileged / name).mkdir()
    return Folders(**{name: unprivileged / name for name in _NAMES})


def a_claim(folders: Folders, claims: Claims) -> Claim:
    """Claim a picture two folders below the inbox."""
    (folders.inbox / "shop/day").mkdir(parents=True)
    return claimed(folders, claims, "shop/day/a.jpg")


def denied(path: Path) -> OSError:
    """Return the error of an action that is not permitted."""
    return PermissionError(errno.EACCES, "Permission denied", str(path))


def lock(folder: Path) -> None:
    """Let nothing be made in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o555)


@pytest.mark.parametrize("name", ["outbox", "processed", "failed"])
@pytest.mark.parametrize(
    ("locked", "concerned"),
    [
        (".", "."),
        ("shop", "shop"),
        ("shop/day", "shop/day"),
        ("other", None),
    ],
)
def test_locked_folder(  # noqa: PLR0913, PLR0917  # three are fixtures
    folders: Folders,
    claims: Claims,
    store: FolderStore,
    name: str,
    locked: str,
    concerned: str | None,
) -> None:
    """The topmost folder in which nothing can be made concerns all that is below it."""
    claim, root = a_claim(folders, claims), folders.outbox.parent / name
    lock(root / locked)
    found = store.blocked_folder(claim, denied(root / "shop/day"))
    assert found == (PurePosixPath(concerned) if concerned else None)


def test_folder_that_cannot_be_entered(
    folders: Folders, claims: Claims, store: FolderStore
) -> None:
    """A folder that cannot be entered concerns what is below it, and nothing else."""
    claim = a_claim(folders, claims)
    (folders.processed / "shop").mkdir(mode=0)
    error = denied(folders.processed / "shop/day")
    assert store.blocked_folder(claim, error) == PurePosixPath("shop")


@pytest.mark.parametrize("name", ["outbox", "processed", "failed"])
def test_lost_folder(
    folders: Folders, claims: Claims, store: FolderStore, name: str
) -> None:
    """A folder of the four that is gone concerns all pictures."""
    claim, root = a_claim(folders, claims), folders.outbox.parent / name
    root.rmdir()
    assert store.blocked_folder(claim, denied(root)) == EVERYWHERE


def unreadable(folders: Folders) -> Path:
    """Return a path among the claims, which can all be written."""
    return folders.inbox


def claims_locked(folders: Folders) -> Path:
    """Return a path among the claims, none of which can be changed."""
    (folders.inbox / ".dropcut").chmod(0o555)
    return folders.inbox


def elsewhere(_folders: Folders) -> Path:
    """Return a path that is in none of the folders."""
    return Path("somewhere")


@pytest.mark.parametrize(
    ("where", "concerned"),
    [(unreadable, None), (claims_locked, EVERYWHERE), (elsewhere, EVERYWHERE)],
)
def test_claims(
    folders: Folders,
    claims: Claims,
    store: FolderStore,
    where: Callable[[Folders], Path],
    concerned: PurePosixPath | None,
) -> None:
    """One claim that cannot be read concerns itself; a fault of unknown place all."""
    claim = a_claim(folders, claims)
    assert store.blocked_folder(claim, denied(where(folders))) == concerned
