"""What must be true of the folders whenever all work is done."""

from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .pictures import chunk_kinds
from .services import Service, names, reason_of
from .waiting import eventually

_FACTS = {
    *("reason", "message", "source", "bytes", "sha256"),
    *("attempts", "failed_at", "dropcut"),
}
_PRIVATE_CHUNKS = {"tEXt", "zTXt", "iTXt", "eXIf", "iCCP", "tIME"}


def pixels(png: Path) -> NDArray[np.uint8]:
    """Decode a PNG to its end; it must be RGBA."""
    with Image.open(png) as image:
        image.load()
        assert (image.format, image.mode) == ("PNG", "RGBA"), png
        return np.asarray(image)


def assert_promises(service: Service, foreign_pngs: int = 0) -> None:
    """Check the promises that hold when nothing is in work."""
    eventually(lambda: not service.claimed(), explain=service.explain)
    pngs = [service.outbox / name for name in names(service.outbox)]
    for png in pngs:
        assert_whole_and_private(png)
    originals = names(service.processed)
    assert len(pngs) - foreign_pngs == len(originals), service.explain()
    assert_no_leftovers(service)
    for name in service.failures():
        assert_explained(service.failed / name)


def assert_whole_and_private(png: Path) -> None:
    """Check that a PNG decodes, and that nothing is hidden in it."""
    picture = pixels(png)
    assert not picture[picture[..., 3] == 0].any(), f"{png}: colour where alpha is 0"
    assert not chunk_kinds(png.read_bytes()) & _PRIVATE_CHUNKS, png


def assert_no_leftovers(service: Service) -> None:
    """Check that no temporary file is left where the results are."""
    for folder in (service.outbox, service.processed, service.failed):
        hidden = [p for p in folder.rglob("*") if p.name.startswith(".")]
        assert not hidden, service.explain()


def assert_explained(original: Path) -> None:
    """Check that the reason beside a failed original is complete."""
    facts = reason_of(original)
    assert set(facts) == _FACTS
    assert facts["bytes"] == original.stat().st_size
    assert facts["message"]
    assert datetime.fromisoformat(facts["failed_at"]).tzinfo
