"""`dropcut check` and `dropcut status`: what a person wants to know beforehand."""

import errno
import os
import secrets
import stat
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from unicodedata import normalize

from dropcut import __version__, files
from dropcut.catalogue import MODELS, State, whereabouts
from dropcut.child import ChildCodec
from dropcut.codec import Kind, VipsCodec, broken_kinds, libvips_version
from dropcut.engine import onnxruntime_version
from dropcut.errors import DropcutError, Reason
from dropcut.jobs import Folders, Found, Profile, Profiles
from dropcut.naming import CLAIMS, parse_claim_name
from dropcut.parts import empty_pool, make_codec, threads_of, try_backgrounds
from dropcut.settings import Settings, load_profiles

_SAFE_LIBVIPS = (8, 17, 3)
_MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report.

    Attributes:
        verdict: `ok`, `warn` or `FAIL`.
    """

    verdict: str
    text: str


def report(settings: Settings) -> Iterator[Finding]:
    """Try everything that a run needs, without touching a picture."""
    yield Finding("ok", f"dropcut {__version__}, settings are valid")
    try:
        folders = settings.folders()
    except DropcutError as error:
        yield Finding("FAIL", str(error))
    else:
        yield from _folder_findings(settings, folders)
    yield from _tried(_libvips_finding)
    yield from _format_findings()
    try:
        profiles = load_profiles(settings)
    except DropcutError as error:
        yield Finding("FAIL", str(error))
    else:
        yield from _profile_findings(settings, profiles)


def _tried(look: Callable[[], Finding]) -> Iterator[Finding]:
    try:
        yield look()
    except (DropcutError, OSError) as error:
        yield Finding("FAIL", str(error))


def _folder_findings(settings: Settings, folders: Folders) -> Iterator[Finding]:
    for name in ("inbox", "outbox", "processed", "failed"):
        path: Path = getattr(folders, name)
        yield from _tried(lambda name=name, path=path: _writable(name, path))  # type: ignore[misc]
    for name in ("processed", "failed"):
        target: Path = getattr(folders, name)
        yield from _tried(
            lambda name=name, path=target: _move(folders.inbox, name, path)  # type: ignore[misc]
        )
    yield from _tried(lambda: _room(settings, folders))
    yield _watching(settings, folders)
    if files.is_taken(folders.inbox):
        yield Finding("ok", "an instance of dropcut works on this inbox now")


def _writable(name: str, path: Path) -> Finding:
    probe = path / f".dropcut-check-{secrets.token_hex(4)}.part"
    try:
        probe.touch(exist_ok=False)
        probe.unlink()
    except OSError as error:
        return Finding("FAIL", f"{name} {path} cannot be written: {error.strerror}")
    kind = files.filesystem_type(path)
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


def _room(settings: Settings, folders: Folders) -> Finding:
    status = os.statvfs(folders.outbox)
    free_mb = status.f_bavail * status.f_frsize // _MIB
    text = f"outbox has {free_mb} MiB free, DROPCUT_MIN_FREE_MB={settings.min_free_mb}"
    return Finding("ok" if free_mb >= settings.min_free_mb else "warn", text)


def _watching(settings: Settings, folders: Folders) -> Finding:
    kind = files.filesystem_type(folders.inbox)
    remote = files.is_remote(kind)
    if settings.watcher == "native" and remote:
        return Finding("warn", f"{kind} gives no events for the changes of others")
    polls = settings.watcher == "polling" or remote
    how = f"polled every {settings.poll_seconds:g} s" if polls else "watched by events"
    return Finding("ok", f"inbox is {how} ({kind})")


def _profile_findings(settings: Settings, profiles: Profiles) -> Iterator[Finding]:
    """Try each background and load each model, once; look for the folders."""
    yield from _background_findings(settings, profiles)
    yield from _model_findings(settings, profiles)
    inbox = settings.root / settings.inbox
    for profile in profiles.all[1:]:
        yield from _tried(lambda profile=profile: _folder_of(profile, inbox))  # type: ignore[misc]


def _folder_of(profile: Profile, inbox: Path) -> Finding:
    text = f"profile for {profile.folder}: model {profile.model}"
    spellings = {normalize(form, str(profile.folder)) for form in ("NFC", "NFD")}
    if any(stat.S_ISDIR(_mode(inbox / name)) for name in spellings):
        return Finding("ok", text)
    return Finding("warn", f"{text}; the inbox has no such folder yet")


def _mode(path: Path) -> int:
    with suppress(FileNotFoundError, NotADirectoryError):
        return path.lstat().st_mode
    return 0


def _background_findings(settings: Settings, profiles: Profiles) -> Iterator[Finding]:
    with closing(make_codec(settings)) as codec:
        yield from _tried(lambda: _child_finding(codec))
        for profile in _first_of_each(lambda p: p.background, profiles):
            try:
                try_backgrounds(codec, Profiles((profile,)))
            except DropcutError as error:
                yield Finding("FAIL", str(error))


def _child_finding(codec: ChildCodec) -> Finding:
    """Start a process that opens pictures, and say how it is shut in."""
    child = codec.await_ready()
    how = "pictures are opened in a process of their own"
    if child.landlock:
        return Finding("ok", f"{how}, which Landlock keeps from all files")
    return Finding("ok", f"{how}; this kernel has no Landlock to keep it from files")


def _model_findings(settings: Settings, profiles: Profiles) -> Iterator[Finding]:
    pool = empty_pool(settings)
    threads, version = threads_of(settings), onnxruntime_version()
    different = _first_of_each(lambda p: (p.model, p.recipe), profiles)
    for profile in different:
        try:
            name = pool.get(profile).name
        except DropcutError as error:
            yield Finding("FAIL", str(error))
        else:
            text = f"model {name} runs (onnxruntime {version}, threads: {threads})"
            yield Finding("ok", text)
            yield from _private_findings(name, settings.model_dir)
    limit_mb = settings.model_memory_mb
    if pool.taken_mb > limit_mb and len(different) > 1:
        text = f"all models together take {pool.taken_mb} MiB, so they are loaded in "
        text += f"turns: DROPCUT_MODEL_MEMORY_MB={limit_mb}"
        yield Finding("warn", text)


def _private_findings(name: str, folder: Path | None) -> Iterator[Finding]:
    """Warn root of a model that only root may see, and the service may not."""
    if name in MODELS and whereabouts(name, folder).state is State.PRIVATE:
        path = whereabouts(name, folder).path
        yield Finding("warn", f"the service may not see {path}")


def _first_of_each(
    key: Callable[[Profile], object], profiles: Profiles
) -> Collection[Profile]:
    """Return one profile for each key: the first, where a fault was written."""
    found: dict[object, Profile] = {}
    for profile in profiles.all:
        found.setdefault(key(profile), profile)
    return found.values()


def _libvips_finding() -> Finding:
    version = libvips_version()
    text = f"libvips {'.'.join(map(str, version))}"
    if version < _SAFE_LIBVIPS:
        wanted = ".".join(map(str, _SAFE_LIBVIPS))
        return Finding("FAIL", f"{text} is unsafe, at least {wanted} is needed")
    return Finding("ok", text)


def _format_findings() -> Iterator[Finding]:
    """Decode a tiny sample of each format."""
    codec = VipsCodec(max_megapixels=1, decode_seconds=5, threads=1)
    broken = broken_kinds(codec)
    if working := [kind for kind in Kind if kind not in broken]:
        yield Finding("ok", f"pictures are read that are {', '.join(working)}")
    for kind, reason in broken.items():
        if reason is Reason.HEIC_NOT_INSTALLED:
            hint = "pip install 'dropcut[heic]' adds it"
            yield Finding("warn", f"{kind} pictures are not read: {hint}")
        else:
            yield Finding("FAIL", f"{kind} pictures cannot be read: {reason}")


def counts(settings: Settings) -> dict[str, object]:
    """Return what `dropcut status` shows."""
    folders = settings.folders()
    inbox = files.InboxFolder(
        folders.inbox,
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
