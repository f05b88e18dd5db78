"""Which files and folders Dropcut ignores."""

from collections.abc import Sequence
from fnmatch import fnmatch

CLAIMS = ".dropcut"
"""The hidden folder: in the inbox for claims, in the outbox for nameless results."""

REASON_SUFFIX = ".error.json"

_IGNORED_PREFIXES = (".", "~$", "~syncthing~")
_IGNORED_SUFFIXES = (
    *(REASON_SUFFIX, ".tmp", ".temp", ".part", ".partial", ".filepart", ".crdownload"),
    *(".download", ".opdownload", ".uploading", ".upload", ".!ut", ".!qb", ".aria2"),
    *(".bak", ".swp", "~"),
)
_IGNORED_NAMES = frozenset({"thumbs.db", "desktop.ini", "icon\r"})
_IGNORED_FOLDERS = frozenset(
    [
        *("@eadir", "eadir", "#recycle", "@recycle", "$recycle.bin", "__macosx"),
        *("system volume information", "lost+found"),
    ]
)


def is_ignored(name: str, patterns: Sequence[str] = ()) -> bool:
    """Whether a file with this name is ignored.

    Dot-files, unfinished downloads, and files that operating systems and NAS boxes
    create: all names that any of the well-known drop-folder services ignores.
    """
    lower = name.lower()
    return (
        lower.startswith(_IGNORED_PREFIXES)
        or lower.endswith(_IGNORED_SUFFIXES)
        or lower in _IGNORED_NAMES
        or any(fnmatch(lower, pattern.lower()) for pattern in patterns)
    )


def is_ignored_folder(name: str, patterns: Sequence[str] = ()) -> bool:
    """Whether a folder with this name is ignored, with everything in it."""
    lower = name.lower()
    return (
        lower.startswith(".")
        or lower in _IGNORED_FOLDERS
        or any(fnmatch(lower, pattern.lower()) for pattern in patterns)
    )
