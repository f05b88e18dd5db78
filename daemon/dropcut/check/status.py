"""How many pictures are in each folder."""

from dropcut.core.claims import InboxFile
from dropcut.core.ignored import CLAIMS
from dropcut.inbox.host import is_taken
from dropcut.inbox.scan import InboxFolder
from dropcut.settings import Settings
from dropcut.storage import Claims, regular_files
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
        names = [path.name for path in (folders.inbox / CLAIMS).iterdir()]
        claimed = sum(1 for name in names if parse_claim_name(name))
    except FileNotFoundError:
        pass  # no picture was ever claimed
    except PermissionError:
        claimed = "only the service's user can see that"
    return {
        "service": "running" if is_taken(folders.inbox) else "not running",
        "inbox": sum(isinstance(item, InboxFile) for item in inbox.scan()),
        "in work": claimed,
        "outbox": sum(1 for _ in regular_files(folders.outbox)),
        "processed": sum(1 for _ in regular_files(folders.processed)),
        "failed": sum(1 for _ in regular_files(folders.failed)),
    }
