"""Finds the folder that prevents a picture from being published or archived."""

from contextlib import suppress
from pathlib import PurePosixPath

from dropcut.storage import posix
from dropcut.storage.roots import GuardedFolder


def blocked_folder(
    root: GuardedFolder, folder: PurePosixPath, probe: str
) -> PurePosixPath | None:
    """Return the topmost folder of a path in which nothing can be created, if any.

    Args:
        root: One of the four folders.
        folder: The path, relative to `root`; missing folders are created.
        probe: The name of a hidden file that may be created and removed.
    """
    path = (*reversed(folder.parents), folder)
    existing: list[PurePosixPath] = []
    for part in path:
        try:
            with root.opened(part):
                existing.append(part)
        except FileNotFoundError:
            break
        except OSError:
            return part
    if not existing:
        return posix.HERE
    last = existing[-1]
    try:
        with root.opened(last) as folder_fd:
            posix.check_writable(folder_fd, probe)
    except OSError:
        return last
    with suppress(OSError), root.opened(folder, create=True):
        return None
    return path[len(existing)]
