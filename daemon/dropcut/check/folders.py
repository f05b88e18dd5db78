"""The four folders: whether they can be used, and how."""

import errno
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from dropcut.check.finding import Finding, attempt
from dropcut.core.claims import Folders
from dropcut.core.errors import DropcutError, describe
from dropcut.core.ignored import CLAIMS
from dropcut.inbox.host import filesystem_type, is_locked, is_remote
from dropcut.settings import Settings
from dropcut.storage import GuardedFolder, MountLostError

_MIB = 1 << 20


def folder_findings(settings: Settings, folders: Folders) -> Iterator[Finding]:
    """Write to each folder, move files between them, and measure the free space."""
    mounted = True
    for name in ("inbox", "outbox", "processed", "failed"):
        path: Path = getattr(folders, name)
        try:
            GuardedFolder(path, folders.marker).check()
            probe = path / _probe_name()
            probe.touch(exist_ok=False)
            probe.unlink()
        except OSError as error:
            problem = error.strerror
            if isinstance(error, MountLostError):
                mounted, problem = False, error.problem
            yield Finding("FAIL", f"{name} {path} cannot be written: {problem}")
        else:
            kind = filesystem_type(path)
            yield Finding("ok", f"{name} {path} can be written ({kind})")
    if not mounted:  # the other checks would write to the wrong file system
        return
    for name in ("processed", "failed"):
        yield attempt(move_finding, folders.inbox, name, getattr(folders, name))
    yield from _hidden_findings(folders.inbox / CLAIMS, "warn")
    yield from _hidden_findings(folders.outbox / CLAIMS, "FAIL")
    yield attempt(space_finding, folders.outbox, settings.min_free_mb)
    yield watcher_finding(settings, folders.inbox)
    try:
        if is_locked(folders.inbox):
            yield Finding("ok", "Dropcut is running and using this inbox")
    except (DropcutError, OSError) as error:
        yield Finding("FAIL", describe(error))


def _hidden_findings(path: Path, verdict: str) -> Iterator[Finding]:
    """Report what is wrong with one of Dropcut's own folders, if it exists.

    The claims can only be read by the service's user, so `check` by another one warns.
    """
    if not os.path.lexists(path):
        return
    if path.is_symlink() or not path.is_dir():
        yield Finding("FAIL", f"{path} is not a folder that Dropcut created: remove it")
    elif not os.access(path, os.W_OK | os.X_OK, effective_ids=True):
        text = f"{path} cannot be written by this user: give it to the service's user"
        yield Finding(verdict, text)


def _probe_name() -> str:
    return f".dropcut-check-{secrets.token_hex(4)}.part"


def move_finding(inbox: Path, name: str, folder: Path) -> Finding:
    """Move a file to the folder: equal device numbers do not mean that rename works."""
    probe = inbox / _probe_name()
    probe.touch(exist_ok=False)
    try:
        moved = probe.rename(folder / probe.name)
    except OSError as error:
        probe.unlink()
        if error.errno != errno.EXDEV:
            raise
        text = f"originals are copied to {name}, which is on another file system"
        return Finding("ok", text)
    moved.unlink()
    return Finding("ok", f"originals are moved to {name} by rename")


def space_finding(outbox: Path, min_free_mb: int) -> Finding:
    """Compare the free space of the outbox with the required minimum."""
    status = os.statvfs(outbox)
    free_mb = status.f_bavail * status.f_frsize // _MIB
    text = f"outbox has {free_mb} MiB free, DROPCUT_MIN_FREE_MB={min_free_mb}"
    if free_mb >= min_free_mb:
        return Finding("ok", text)
    return Finding("warn", f"{text}: work pauses until there is more")


def watcher_finding(settings: Settings, inbox: Path) -> Finding:
    """Return how changes to the inbox are noticed on its file system."""
    kind = filesystem_type(inbox)
    remote = is_remote(kind)
    if settings.watcher == "native" and remote:
        text = f"{kind} does not report changes made by other machines"
        return Finding("warn", text)
    polls = settings.watcher == "polling" or remote
    how = f"polled every {settings.poll_seconds:g} s" if polls else "watched for events"
    return Finding("ok", f"inbox is {how} ({kind})")
