"""How many pictures lie where."""

from dropcut.core.claims import Folders, InboxFile
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
    waiting = sum(isinstance(item, InboxFile) for item in inbox.scan())
    return {
        "service": "running" if is_taken(folders.inbox) else "not running",
        "inbox": waiting,
        "in work": _claimed(folders),
        "outbox": sum(1 for _ in regular_files(folders.outbox)),
        "processed": sum(1 for _ in regular_files(folders.processed)),
        "failed": sum(1 for _ in regular_files(folders.failed)),
    }


def _claimed(folders: Folders) -> object:
    """Return how many pictures are claimed; only the service's user may look."""
    try:
        names = [path.name for path in (folders.inbox / CLAIMS).iterdir()]
    except FileNotFoundError:
        return 0
    except PermissionError:
        return "only the service's user may see that"
    return sum(1 for name in names if parse_claim_name(name))
