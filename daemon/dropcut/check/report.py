"""Checks everything that the service needs."""

from collections.abc import Iterator
from contextlib import closing

from dropcut import __version__
from dropcut.assembly import build_codec
from dropcut.check.finding import Finding
from dropcut.check.folders import folder_findings
from dropcut.check.profiles import profile_findings
from dropcut.check.reading import reading_findings
from dropcut.core.errors import DropcutError
from dropcut.settings import Settings, explain, load_profiles


def report(settings: Settings) -> Iterator[Finding]:
    """Check everything that the service needs, without touching a picture."""
    yield Finding("ok", f"dropcut {__version__}, settings are valid")
    try:
        folders = settings.folders()
    except DropcutError as error:
        yield Finding("FAIL", explain(error))
    else:
        yield from folder_findings(settings, folders)
    with closing(build_codec(settings)) as codec:
        yield from reading_findings(codec)
        try:
            profiles = load_profiles(settings)
        except DropcutError as error:
            yield Finding("FAIL", explain(error))
        else:
            yield from profile_findings(settings, profiles, codec)
