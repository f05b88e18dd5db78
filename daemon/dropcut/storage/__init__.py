"""The four folders: every file in them is durable, and none is ever overwritten."""

from dropcut.storage.claims import Claims
from dropcut.storage.retry import FailedPictures, visible_files
from dropcut.storage.roots import GuardedFolder, MountLostError
from dropcut.storage.store import FolderStore

__all__ = [
    "Claims",
    "FailedPictures",
    "FolderStore",
    "GuardedFolder",
    "MountLostError",
    "visible_files",
]
