"""What reads pictures: whether it can, and whether it may be trusted to."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dropcut.check.finding import Finding
from dropcut.core.errors import Reason
from dropcut.pictures.codec import Decoder, InputFormat, broken_kinds, libraries

Version = tuple[int, ...]

_HANGING_LIBVIPS: Version = (8, 17, 3)
"""Before, a file of 185 bytes could keep it busy for ever."""


@dataclass(frozen=True, slots=True)
class Safe:
    """The first version of a library without a hole that is known.

    Attributes:
        package: Whose upgrade brings it.
        flaw: What a file could do before.
    """

    version: Version
    package: str
    flaw: str


_OVERWRITE = "a file made for it can overwrite memory"
SAFE = {
    # TIFF: CVE-2026-35591; AVIF: CVE-2026-84383 in the libheif of pyvips-binary
    "libvips": Safe((8, 18, 7), "pyvips-binary", _OVERWRITE),
    "Pillow": Safe((13,), "pillow", "a file's tags can fill the memory"),
    # CVE-2026-84383, GHSA-2jg2-4ch7-h545
    "libheif": Safe((1, 23, 5), "pillow-heif", _OVERWRITE),
    # CVE-2026-54240, GHSA-xp3h-6f5r-8cxp
    "libde265": Safe((1, 1, 2), "pillow-heif", _OVERWRITE),
}


def reading_findings() -> Iterator[Finding]:
    """Ask the libraries for their versions, then let them read."""
    yield from library_findings(libraries())
    yield from _format_findings()


def library_findings(found: Mapping[str, Version]) -> Iterator[Finding]:
    """Name the libraries that are safe in one line, and each that is not.

    Args:
        found: The version of each library that is there.
    """
    old = {name for name, version in found.items() if version < SAFE[name].version}
    if safe := [_named(name, found[name]) for name in found if name not in old]:
        yield Finding("ok", f"{', '.join(safe)}: new enough")
    for name in sorted(old):
        yield _old(name, found[name])


def _old(name: str, version: Version) -> Finding:
    safe = SAFE[name]
    hangs = name == "libvips" and version < _HANGING_LIBVIPS
    text = f"{_named(name, version)} has known holes: {safe.flaw}; "
    text += f"pip install --upgrade {safe.package} brings at least "
    text += _dotted(safe.version)
    return Finding("FAIL" if hangs else "warn", text)


def _named(name: str, version: Version) -> str:
    return f"{name} {_dotted(version)}"


def _dotted(version: Version) -> str:
    return ".".join(map(str, version))


def _format_findings() -> Iterator[Finding]:
    """Decode a tiny sample of each format."""
    codec = Decoder(max_megapixels=1, decode_seconds=5, threads=1)
    broken = broken_kinds(codec)
    if working := [kind for kind in InputFormat if kind not in broken]:
        yield Finding("ok", f"pictures are read that are {', '.join(working)}")
    for kind, reason in broken.items():
        if reason is Reason.HEIC_NOT_INSTALLED:
            hint = "pip install 'dropcut[heic]' adds it"
            yield Finding("warn", f"{kind} pictures are not read: {hint}")
        else:
            yield Finding("FAIL", f"{kind} pictures cannot be read: {reason}")
