"""Files that are no good: each fails for its own reason and harms nobody."""

import hashlib

import pytest
from PIL import Image

from .invariants import assert_promises
from .pictures import bomb, encoded, large_photo, photo
from .services import Service

NOISE = b"".join(hashlib.sha256(bytes([n])).digest() for n in range(200))
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>'
DAMAGED = photo(kind="PNG")[:2000] + NOISE + photo(kind="PNG")[2000 + len(NOISE) :]
LOST_PART = photo(width_px=320)[:9000] + photo(width_px=320)[10_000:]
BAD = {
    "empty": (b"", "empty-file"),
    "text": (b"Dear diary,\nthere is no picture in here.\n", "not-an-image"),
    "noise": (b"\x07" + NOISE, "not-an-image"),
    "zip": (b"PK\x03\x04" + NOISE, "unsupported-format"),
    "svg": (SVG, "unsupported-format"),
    "svg with a head": (b'<?xml version="1.0"?>\n' + SVG, "unsupported-format"),
    "pdf": (b"%PDF-1.7\n" + NOISE, "unsupported-format"),
    "bomb": (bomb(), "too-many-pixels"),
    "damaged": (DAMAGED, "corrupt"),
    "lost part": (LOST_PART, "corrupt"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_picture(shared: Service, what: str) -> None:
    """A file that is no good picture fails with its own reason, and work goes on."""
    data, code = BAD[what]
    shared.drop(f"{what}.jpg", data)
    facts = shared.reason(f"{what}.jpg")
    assert (facts["reason"], facts["source"]) == (code, f"{what}.jpg")
    assert facts["sha256"] == hashlib.sha256(data).hexdigest()
    assert (shared.failed / f"{what}.jpg").read_bytes() == data
    shared.prove_alive(f"after {what}")
    assert_promises(shared)


def test_flat_picture(shared: Service) -> None:
    """A picture in which nothing stands out fails as `no-subject`."""
    shared.drop("flat.jpg", encoded(Image.new("RGB", (64, 48), "grey")))
    assert shared.reason("flat.jpg")["reason"] == "no-subject"
    assert_promises(shared)


def test_damaged_but_published(service: Service) -> None:
    """With `DROPCUT_DAMAGED=publish`, a JPEG with a part lost is done with a note."""
    service.start(DROPCUT_DAMAGED="publish")
    service.drop("lost.jpg", LOST_PART)
    service.wait(processed=1)
    (line,) = (line for line in service.events() if line["outcome"] == "done")
    assert line["notes"][0].startswith("damaged: ")
    assert_promises(service)


def test_too_many_pixels(service: Service) -> None:
    """A picture with more megapixels than allowed fails as `too-many-pixels`."""
    service.start(DROPCUT_MAX_MEGAPIXELS=4)
    service.drop("large.jpg", large_photo())
    assert service.reason("large.jpg")["reason"] == "too-many-pixels"
    assert_promises(service)


def test_too_large_a_file(service: Service) -> None:
    """A file that is larger than allowed fails as `too-large` without being read."""
    service.start(DROPCUT_MAX_FILE_MB=1)
    with (service.inbox / "huge.jpg").open("wb") as file:
        file.truncate(50 << 30)
    facts = service.reason("huge.jpg")
    assert (facts["reason"], facts["bytes"]) == ("too-large", 50 << 30)
    assert facts["sha256"] is None
    service.prove_alive()
    assert_promises(service)
