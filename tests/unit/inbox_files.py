"""Writes files into an inbox and claims them, for tests of the folders."""

from pathlib import Path, PurePosixPath

from dropcut.core.claims import Claim, Folders, InboxFile
from dropcut.core.ignored import CLAIMS
from dropcut.storage import Claims, posix
from dropcut.storage.names import claim_name


def drop(
    folders: Folders, name: str = "photo.jpg", data: bytes = b"picture"
) -> InboxFile:
    """Write a file into the inbox; return it as a scan finds it."""
    path = folders.inbox / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return InboxFile(PurePosixPath(name), posix.identity(path.stat()))


def claimed(
    folders: Folders, claims: Claims, name: str = "photo.jpg", data: bytes = b"picture"
) -> Claim:
    """Write a file into the inbox, and claim it."""
    claim = claims.claim(drop(folders, name, data))
    assert claim is not None
    return claim


def original(folders: Folders, claim: Claim) -> Path:
    """Return the path of a claimed original."""
    return folders.inbox / CLAIMS / claim_name(claim)


def files(folder: Path) -> list[str]:
    """Return everything below a folder that is not a folder, relative to it."""
    paths = (path for path in folder.rglob("*") if not path.is_dir())
    return sorted(str(path.relative_to(folder)) for path in paths)
