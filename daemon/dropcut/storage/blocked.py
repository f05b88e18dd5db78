"""Which folder keeps a picture from being published or archived, found by trying."""

from contextlib import suppress
from pathlib import PurePosixPath

from dropcut.storage import posix
from dropcut.storage.roots import GuardedFolder


def blocked_folder(
    root: GuardedFolder, folder: PurePosixPath, probe: str
) -> PurePosixPath | None:
    """Return the topmost folder on the way in which nothing can be made, if any.

    Args:
        root: One of the four folders.
        folder: Below it; made if it is missing.
        probe: The name of a hidden file that may be made and removed.
    """
    way = (*reversed(folder.parents), folder)
    existing: list[PurePosixPath] = []
    for step in way:
        try:
            with root.opened(step):
                existing.append(step)
        except FileNotFoundError:
            break
        except OSError:
            return step
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
    return way[len(existing)]
