"""What `dropcut check` reports about native libraries and picture formats."""

from collections.abc import Mapping

import pytest
from dropcut.check.reading import (
    Version,
    format_findings,
    library_findings,
    sandbox_finding,
)
from dropcut.core.errors import Reason
from dropcut.core.pictures import InputFormat
from dropcut.pictures.codec import libraries

SAFE = {
    "libvips": (8, 18, 7),
    "Pillow": (13, 0, 0),
    "libheif": (1, 23, 5),
    "libde265": (1, 1, 2),
}
OLD = {
    "libvips": (8, 18, 6),
    "Pillow": (12, 2, 0),
    "libheif": (1, 23, 4),
    "libde265": (1, 1, 1),
}


def verdicts(found: Mapping[str, Version]) -> list[str]:
    """Return the verdict of each line."""
    return [finding.verdict for finding in library_findings(found)]


def test_what_is_installed() -> None:
    """All four libraries report a version, and the installed ones are safe."""
    found = libraries()
    assert set(found) == set(SAFE)
    (finding,) = library_findings(found)
    assert finding.verdict == "ok"
    for name, version in found.items():
        assert f"{name} {'.'.join(map(str, version))}" in finding.text


def test_first_safe_versions() -> None:
    """The first safe versions are reported as safe, in one line."""
    assert verdicts(SAFE) == ["ok"]


@pytest.mark.parametrize("name", SAFE)
def test_old_library(name: str) -> None:
    """A library that is too old is named in a separate line, beside the others."""
    good, bad = library_findings({**SAFE, name: OLD[name]})
    assert (good.verdict, bad.verdict) == ("ok", "warn")
    assert name not in good.text
    assert bad.text.startswith(f"{name} {'.'.join(map(str, OLD[name]))} has known vul")
    assert "pip install --upgrade" in bad.text


def test_all_old() -> None:
    """If no library is safe, no line says that one is."""
    assert verdicts(OLD) == ["warn"] * 4


def test_libvips_that_hangs() -> None:
    """A libvips that a file can hang for ever is a failure."""
    assert verdicts({"libvips": (8, 17, 2)}) == ["FAIL"]
    assert verdicts({"libvips": (8, 17, 3)}) == ["warn"]


def test_no_reader_of_heic() -> None:
    """Without pillow-heif its libraries are not reported."""
    assert verdicts({"libvips": (8, 19, 0), "Pillow": (13, 0, 0)}) == ["ok"]


def test_format_that_crashes_the_decoder() -> None:
    """A format that cannot be decoded is a failure; the others are still named."""
    good, bad = format_findings({InputFormat.TIFF: Reason.DECODER_CRASHED})
    assert (good.verdict, bad.verdict) == ("ok", "FAIL")
    assert "TIFF" not in good.text
    assert bad.text == "TIFF pictures cannot be read: decoder-crashed"


@pytest.mark.parametrize("landlock", [0, 4, 7])
def test_confined_decoder(landlock: int) -> None:
    """A decoder process that has a filter of system calls lacks nothing."""
    finding = sandbox_finding(landlock, seccomp=True)
    assert finding.verdict == "ok"
    assert finding.text.endswith("with no access to files or the network")


@pytest.mark.parametrize(
    ("landlock", "lacks"),
    [
        (0, "no Landlock to keep it from changing files, and no seccomp filter"),
        (4, "an old Landlock to keep it from changing files, and no seccomp filter"),
        (7, "; this machine has no seccomp filter"),
    ],
)
def test_decoder_without_a_filter(landlock: int, lacks: str) -> None:
    """Without a filter of system calls, check says what the machine lacks."""
    finding = sandbox_finding(landlock, seccomp=False)
    assert finding.verdict == "ok"
    assert lacks in finding.text
