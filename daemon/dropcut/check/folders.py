"""The four folders: whether they can be worked with, and how."""

import errno
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from dropcut.check.finding import Finding, tried
from dropcut.core.claims import Folders
from dropcut.core.ignored import CLAIMS
from dropcut.inbox.host import filesystem_type, is_remote, is_taken
from dropcut.settings import Settings
from dropcut.storage import GuardedFolder, MountLostError

_FOLDERS = ("inbox", "outbox", "processed", "failed")
_MIB = 1 << 20


def folder_findings(settings: Settings, folders: Folders) -> Iterator[Finding]:
    """Write to each folder, move between them, look for room."""
    roots = {name: _root(folders, name) for name in _FOLDERS}
    for name, root in roots.items():
        yield from tried(lambda name=name, root=root: _writable(name, root))  # type: ignore[misc]
    if any(_is_lost(root) for root in roots.values()):
        return
    for name in ("processed", "failed"):
        target: Path = getattr(folders, name)
        yield from tried(
            lambda name=name, path=target: _move(folders.inbox, name, path)  # type: ignore[misc]
        )
    yield from _claims_findings(folders)
    yield from tried(lambda: _room(settings, folders))
    yield _watching(settings, folders)
    if is_taken(folders.inbox):
        yield Finding("ok", "an instance of dropcut works on this inbox now")


def _root(folders: Folders, name: str) -> GuardedFolder:
    return GuardedFolder(getattr(folders, name), folders.marker)


def _is_lost(root: GuardedFolder) -> bool:
    """Whether a folder's file system is away, so that nothing may be tried there."""
    try:
        root.check()
    except MountLostError:
        return True
    except OSError:
        pass
    return False


def _writable(name: str, root: GuardedFolder) -> Finding:
    path = root.path
    probe = path / f".dropcut-check-{secrets.token_hex(4)}.part"
    try:
        root.check()
        probe.touch(exist_ok=False)
        probe.unlink()
    except OSError as error:
        problem = error.problem if isinstance(error, MountLostError) else error.strerror
        return Finding("FAIL", f"{name} {path} cannot be written: {problem}")
    kind = filesystem_type(path)
    return Finding("ok", f"{name} {path} can be written ({kind})")


def _move(inbox: Path, name: str, folder: Path) -> Finding:
    """Find out by a rename: equal device numbers do not promise that it works."""
    probe = f".dropcut-check-{secrets.token_hex(4)}.part"
    (inbox / probe).touch(exist_ok=False)
    try:
        (inbox / probe).rename(folder / probe)
    except OSError as error:
        (inbox / probe).unlink()
        if error.errno != errno.EXDEV:
            raise
        text = f"originals are copied to {name}, which is on another file system"
        return Finding("ok", text)
    (folder / probe).unlink()
    return Finding("ok", f"originals are moved to {name} by rename")


def _claims_findings(folders: Folders) -> Iterator[Finding]:
    claims = folders.inbox / CLAIMS
    if os.path.lexists(claims) and (claims.is_symlink() or not claims.is_dir()):
        yield Finding("FAIL", f"{claims} is no folder of Dropcut's own: remove it")


def _room(settings: Settings, folders: Folders) -> Finding:
    status = os.statvfs(folders.outbox)
    free_mb = status.f_bavail * status.f_frsize // _MIB
    text = f"outbox has {free_mb} MiB free, DROPCUT_MIN_FREE_MB={settings.min_free_mb}"
    if free_mb >= settings.min_free_mb:
        return Finding("ok", text)
    return Finding("warn", f"{text}: no picture is worked on until there is more")


def _watching(settings: Settings, folders: Folders) -> Finding:
    kind = filesystem_type(folders.inbox)
    remote = is_remote(kind)
    if settings.watcher == "native" and remote:
        return Finding("warn", f"{kind} gives no events for the changes of others")
    polls = settings.watcher == "polling" or remote
    how = f"polled every {settings.poll_seconds:g} s" if polls else "watched by events"
    return Finding("ok", f"inbox is {how} ({kind})")
