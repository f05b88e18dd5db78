"""Profiles, their backgrounds and their models."""

from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from dropcut.assembly import build_model_cache, threads_of, validate_backgrounds
from dropcut.check.finding import Finding, attempt
from dropcut.core.errors import DropcutError
from dropcut.core.pictures import Codec
from dropcut.core.profiles import Profile, Profiles, spellings
from dropcut.models.engine import onnxruntime_version
from dropcut.settings import Settings, explain


def profile_findings(
    settings: Settings, profiles: Profiles, codec: Codec
) -> Iterator[Finding]:
    """Try each background and each model once, and look for each profile's folder."""
    for profile in _first_of_each(lambda p: p.background, profiles):
        try:
            validate_backgrounds(codec, Profiles((profile,)))
        except DropcutError as error:
            yield Finding("FAIL", explain(error))
    yield from model_findings(settings, profiles)
    inbox = settings.root / settings.inbox
    for profile in profiles.all[1:]:
        yield attempt(folder_finding, profile, inbox)


def model_findings(settings: Settings, profiles: Profiles) -> Iterator[Finding]:
    """Load each model, and compare their total memory with the limit for models."""
    cache = build_model_cache(settings)
    threads, version = threads_of(settings), onnxruntime_version()
    different = _first_of_each(lambda p: p.model_key, profiles)
    for profile in different:
        try:
            name = cache.get(profile).name
        except DropcutError as error:
            yield Finding("FAIL", explain(error))
        else:
            text = f"model {name} runs (onnxruntime {version}, threads: {threads})"
            yield Finding("ok", text)
    limit_mb = settings.model_memory_mb
    if cache.footprint_mb > limit_mb and len(different) > 1:
        yield Finding(
            "warn",
            f"all models together need {cache.footprint_mb} MiB, more than "
            f"DROPCUT_MODEL_MEMORY_MB={limit_mb} allows, so they are loaded in turn",
        )


def folder_finding(profile: Profile, inbox: Path) -> Finding:
    """Look for the folder of a profile, in either Unicode normal form."""
    text = f"profile for {profile.folder}: model {profile.model}"
    folders = [inbox / name for name in spellings(profile.folder)]
    if any(folder.is_dir() and not folder.is_symlink() for folder in folders):
        return Finding("ok", text)
    return Finding("warn", f"{text}; the inbox has no such folder yet")


def _first_of_each(
    key: Callable[[Profile], object], profiles: Profiles
) -> Collection[Profile]:
    """Return the first profile for each key: an error is reported for its table."""
    found: dict[object, Profile] = {}
    for profile in profiles.all:
        found.setdefault(key(profile), profile)
    return found.values()
