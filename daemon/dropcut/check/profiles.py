"""Profiles, their backgrounds and their models."""

import stat
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, suppress
from pathlib import Path

from dropcut.assembly import (
    build_codec,
    build_model_cache,
    threads_of,
    validate_backgrounds,
)
from dropcut.check.finding import Finding, tried
from dropcut.core.errors import DropcutError
from dropcut.core.profiles import Profile, Profiles, spellings
from dropcut.models.engine import onnxruntime_version
from dropcut.pictures.sandbox import SandboxedCodec
from dropcut.settings import Settings, explain

_WHOLE_LANDLOCK = 6  # the first that keeps signals in as well


def profile_findings(settings: Settings, profiles: Profiles) -> Iterator[Finding]:
    """Try each background and load each model, once; look for the folders."""
    yield from _background_findings(settings, profiles)
    yield from _model_findings(settings, profiles)
    inbox = settings.root / settings.inbox
    for profile in profiles.all[1:]:
        yield from tried(lambda profile=profile: _folder_of(profile, inbox))  # type: ignore[misc]


def _folder_of(profile: Profile, inbox: Path) -> Finding:
    text = f"profile for {profile.folder}: model {profile.model}"
    names = spellings(profile.folder)
    if any(stat.S_ISDIR(_mode(inbox / name)) for name in names):
        return Finding("ok", text)
    return Finding("warn", f"{text}; the inbox has no such folder yet")


def _mode(path: Path) -> int:
    with suppress(FileNotFoundError, NotADirectoryError):
        return path.lstat().st_mode
    return 0


def _background_findings(settings: Settings, profiles: Profiles) -> Iterator[Finding]:
    with closing(build_codec(settings)) as codec:
        yield from tried(lambda: _child_finding(codec))
        for profile in _first_of_each(lambda p: p.background, profiles):
            try:
                validate_backgrounds(codec, Profiles((profile,)))
            except DropcutError as error:
                yield Finding("FAIL", explain(error))


def _child_finding(codec: SandboxedCodec) -> Finding:
    """Start a process that opens pictures, and say how it is shut in."""
    child = codec.await_ready()
    how = "pictures are opened in a process of their own"
    if child.landlock >= _WHOLE_LANDLOCK:
        return Finding("ok", f"{how}, which can change no file")
    lack = "an old Landlock" if child.landlock else "no Landlock"
    return Finding(
        "ok", f"{how}; this kernel has {lack} to keep it from changing files"
    )


def _model_findings(settings: Settings, profiles: Profiles) -> Iterator[Finding]:
    pool = build_model_cache(settings)
    threads, version = threads_of(settings), onnxruntime_version()
    different = _first_of_each(lambda p: (p.model, p.recipe), profiles)
    for profile in different:
        try:
            name = pool.get(profile).name
        except DropcutError as error:
            yield Finding("FAIL", explain(error))
        else:
            text = f"model {name} runs (onnxruntime {version}, threads: {threads})"
            yield Finding("ok", text)
    limit_mb = settings.model_memory_mb
    if pool.footprint_mb > limit_mb and len(different) > 1:
        text = (
            f"all models together take {pool.footprint_mb} MiB, so they are loaded in "
        )
        text += f"turns: DROPCUT_MODEL_MEMORY_MB={limit_mb}"
        yield Finding("warn", text)


def _first_of_each(
    key: Callable[[Profile], object], profiles: Profiles
) -> Collection[Profile]:
    """Return one profile for each key: the first, where a fault was written."""
    found: dict[object, Profile] = {}
    for profile in profiles.all:
        found.setdefault(key(profile), profile)
    return found.values()
