"""The file system: the one door to POSIX."""

from dropcut.files.claims import Claims
from dropcut.files.failed import FailedPictures, regular_files
from dropcut.files.host import (
    InboxLock,
    filesystem_type,
    is_remote,
    is_taken,
    usable_cpus,
)
from dropcut.files.inbox import InboxFolder
from dropcut.files.roots import LostMountError, Root
from dropcut.files.store import FolderStore

__all__ = [
    "Claims",
    "FailedPictures",
    "FolderStore",
    "InboxFolder",
    "InboxLock",
    "LostMountError",
    "Root",
    "filesystem_type",
    "is_remote",
    "is_taken",
    "regular_files",
    "usable_cpus",
]
