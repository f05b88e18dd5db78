"""How many pictures lie where."""

from dropcut import files
from dropcut.jobs import Folders, Found
from dropcut.naming import CLAIMS, parse_claim_name
from dropcut.settings import Settings


def counts(settings: Settings) -> dict[str, object]:
    """Return what `dropcut status` shows."""
    folders = settings.folders()
    inbox = files.InboxFolder(
        folders,
        files.Claims(folders),
        recursive=settings.recursive,
        ignore=settings.ignore,
    )
    waiting = sum(isinstance(item, Found) for item in inbox.scan())
    return {
        "service": "running" if files.is_taken(folders.inbox) else "not running",
        "inbox": waiting,
        "in work": _claimed(folders),
        "outbox": sum(1 for _ in files.regular_files(folders.outbox)),
        "processed": sum(1 for _ in files.regular_files(folders.processed)),
        "failed": sum(1 for _ in files.regular_files(folders.failed)),
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
