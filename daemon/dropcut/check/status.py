"""How many pictures are in each folder."""

import os

from dropcut.core.claims import InboxFile
from dropcut.core.errors import UnusableLockError
from dropcut.core.ignored import CLAIMS
from dropcut.inbox.host import is_locked
from dropcut.inbox.scan import InboxFolder
from dropcut.settings import Settings
from dropcut.storage import Claims, posix, visible_files
from dropcut.storage.names import parse_claim_name


def counts(settings: Settings) -> dict[str, object]:
    """Return what `dropcut status` shows."""
    folders = settings.folders()
    inbox = InboxFolder(
        folders,
        Claims(folders),
        recursive=settings.recursive,
        ignore=settings.ignore,
    )
    claimed: object = 0
    try:
        with posix.opened_folder(folders.inbox / CLAIMS) as claims_fd:
            names = os.listdir(claims_fd)  # noqa: PTH208  # of an open folder
        claimed = sum(1 for name in names if parse_claim_name(name))
    except FileNotFoundError:
        pass  # no picture was ever claimed
    except PermissionError:
        claimed = "only the service's user can see that"
    except NotADirectoryError:
        claimed = f"{folders.inbox / CLAIMS} is not a folder: remove it"
    try:
        service = "running" if is_locked(folders.inbox) else "not running"
    except UnusableLockError as error:
        service = f"unknown: {error}"
    return {
        "service": service,
        "inbox": sum(isinstance(item, InboxFile) for item in inbox.scan()),
        "in progress": claimed,
        "outbox": sum(1 for _ in visible_files(folders.outbox)),
        "processed": sum(1 for _ in visible_files(folders.processed)),
        "failed": sum(1 for _ in visible_files(folders.failed)),
    }
