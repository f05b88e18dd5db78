"""Names that break programs."""

import os

import pytest

from .pictures import photo
from .promises import assert_promises
from .services import Service, names, reason_of
from .waiting import eventually

LONG_244, LONG_255 = "n" * 240 + ".jpg", "n" * 251 + ".jpg"
WIDE_255 = "\N{PILE OF POO}" * 62 + "nnn.jpg"
INVALID = os.fsdecode(b"bad\xff.jpg")
HOSTILE = [
    "with some spaces.jpg",
    "party \N{PARTY POPPER}.jpg",
    "two\nlines.jpg",
    "tab\tand\x1b[31mcolour.jpg",
    "-rf.jpg",
    "--help.jpg",
    "a.jpg[shrink=8]",
    "$(id).jpg",
    "quote'\"\\.jpg",
    "\N{RIGHT-TO-LEFT OVERRIDE}gpj.exe.jpg",
    "trailing dot.",
    "no extension",
    LONG_244,
    LONG_255,
    WIDE_255,
    INVALID,
]


def assert_valid_log(service: Service) -> None:
    """Check that each line is printable UTF-8; `events` reads each as JSON."""
    eventually(service.events, explain=service.explain)
    lines = service.log.read_bytes().decode("utf-8").splitlines()
    assert all(line.startswith("{") and line.isprintable() for line in lines)


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_hostile_name(shared: Service, name: str) -> None:
    """A picture gives a PNG and keeps its name, however that is spelled."""
    before = set(names(shared.outbox))
    shared.drop(name)
    eventually((shared.processed / name).exists, explain=shared.explain)
    assert not (shared.inbox / name).exists()
    (new,) = set(names(shared.outbox)) - before
    assert new.endswith(".png")
    assert len(os.fsencode(new)) <= 255
    assert_valid_log(shared)
    assert_promises(shared)


@pytest.mark.parametrize("name", ["UPPER.JPG", "a PNG.jpg", "a JPEG.PNG", "webp.tif"])
def test_extension_is_no_matter(shared: Service, name: str) -> None:
    """The content of a file decides what it is, not its extension."""
    kind = {"a PNG.jpg": "PNG", "webp.tif": "WEBP"}.get(name, "JPEG")
    shared.drop(name, photo(kind=kind))
    shared.png(name.rsplit(".", 1)[0] + ".png")
    assert_promises(shared)


@pytest.mark.parametrize("name", [LONG_255, INVALID, "two\nlines.jpg"], ids=ascii)
def test_hostile_name_fails(shared: Service, name: str) -> None:
    """A file that is no picture fails with its reason, however it is named."""
    shared.drop(name, b"no picture at all")
    filed = name if len(os.fsencode(name)) <= 244 else name[:240] + ".jpg"
    eventually((shared.failed / filed).exists, explain=shared.explain)
    assert reason_of(shared.failed / filed)["reason"] == "not-an-image"
    assert_valid_log(shared)
    assert_promises(shared)


def test_output_of_a_plain_name(shared: Service) -> None:
    """The PNG of `-rf.jpg[shrink=8].jpg` has that name with another ending."""
    shared.drop("-rf[shrink=8].jpg")
    shared.png("-rf[shrink=8].png")
    assert_promises(shared)
