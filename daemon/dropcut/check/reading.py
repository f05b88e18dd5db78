"""Whether pictures can be read, and whether the libraries that read them are safe."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dropcut.check.finding import Finding
from dropcut.core.errors import Reason
from dropcut.core.pictures import InputFormat
from dropcut.pictures.sandbox import SandboxedCodec
from dropcut.settings import explain

Version = tuple[int, ...]

_COMPLETE_LANDLOCK = 6  # the first version that also restricts signals
_HANGING_LIBVIPS: Version = (8, 17, 3)
"""The first version of libvips in which a file of 185 bytes cannot cause a hang."""


@dataclass(frozen=True, slots=True)
class Safe:
    """The first version of a library without a known vulnerability.

    Attributes:
        package: The Python package to upgrade.
        flaw: What a crafted file can do to earlier versions.
    """

    version: Version
    package: str
    flaw: str


_OVERWRITE = "a crafted file can overwrite memory"
SAFE = {
    # TIFF: CVE-2026-35591; AVIF: CVE-2026-84383 in the libheif of pyvips-binary
    "libvips": Safe((8, 18, 7), "pyvips-binary", _OVERWRITE),
    "Pillow": Safe((13,), "pillow", "a file's tags can fill the memory"),
    # CVE-2026-84383, GHSA-2jg2-4ch7-h545
    "libheif": Safe((1, 23, 5), "pillow-heif", _OVERWRITE),
    # CVE-2026-54240, GHSA-xp3h-6f5r-8cxp
    "libde265": Safe((1, 1, 2), "pillow-heif", _OVERWRITE),
}


def reading_findings(codec: SandboxedCodec) -> Iterator[Finding]:
    """Ask a decoder process for its confinement, libraries and formats."""
    try:
        child = codec.await_ready()
        yield sandbox_finding(child.landlock, seccomp=child.seccomp)
        yield from library_findings(codec.library_versions())
        yield from format_findings(codec.broken_formats())
    except OSError as error:
        yield Finding("FAIL", explain(error))


def sandbox_finding(landlock: int, *, seccomp: bool) -> Finding:
    """Return how a decoder process is confined, and which means this machine lacks."""
    how = "pictures are opened in a separate process"
    if seccomp:  # it forbids everything that Landlock forbids, and more
        return Finding("ok", f"{how} with no access to files or the network")
    lacks = "no seccomp filter to keep it from disturbing the service"
    if landlock < _COMPLETE_LANDLOCK:
        which = "an old Landlock" if landlock else "no Landlock"
        lacks = f"{which} to keep it from changing files, and {lacks}"
    return Finding("ok", f"{how}; this machine has {lacks}")


def library_findings(found: Mapping[str, Version]) -> Iterator[Finding]:
    """List the safe libraries in one line, and each other one in its own line.

    Args:
        found: The version of each library that is present.
    """
    named = {name: f"{name} {_dotted(version)}" for name, version in found.items()}
    safe = {name: found[name] >= SAFE[name].version for name in found if name in SAFE}
    if any(safe.values()):
        names = ", ".join(named[name] for name in safe if safe[name])
        yield Finding("ok", f"{names}: no known vulnerabilities")
    for name in sorted(name for name in safe if not safe[name]):
        first = SAFE[name]
        text = f"{named[name]} has known vulnerabilities: {first.flaw}; "
        text += f"pip install --upgrade {first.package} installs at least "
        text += _dotted(first.version)
        hangs = name == "libvips" and found[name] < _HANGING_LIBVIPS
        yield Finding("FAIL" if hangs else "warn", text)


def _dotted(version: Version) -> str:
    return ".".join(map(str, version))


def format_findings(broken: Mapping[InputFormat, Reason]) -> Iterator[Finding]:
    """List the formats that can be read in one line, and each other in its own line.

    Args:
        broken: Why the sample of a format could not be decoded.
    """
    if working := [kind for kind in InputFormat if kind not in broken]:
        yield Finding("ok", f"formats that can be read: {', '.join(working)}")
    for kind, reason in broken.items():
        if reason is Reason.HEIC_NOT_INSTALLED:
            hint = "pip install 'dropcut[heic]' adds support"
            yield Finding("warn", f"{kind} pictures cannot be read: {hint}")
        else:
            yield Finding("FAIL", f"{kind} pictures cannot be read: {reason}")
