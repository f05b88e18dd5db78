"""What must be true of the folders whenever all work is done."""

from collections.abc import Collection
from datetime import datetime
from pathlib import Path

import numpy as np
from dropcut.core.ignored import CLAIMS
from numpy.typing import NDArray
from PIL import Image

from .pictures import chunk_kinds
from .services import Service, names, reason_of
from .waiting import eventually

_FACTS = {
    *("reason", "message", "claim", "source", "bytes", "sha256"),
    *("attempts", "failed_at", "dropcut"),
}
_FORMATS = {".png": "PNG", ".webp": "WEBP"}
_PRIVATE_CHUNKS = {"tEXt", "zTXt", "iTXt", "eXIf", "iCCP", "tIME"}


def decoded(result: Path) -> Image.Image:
    """Decode a result to its end; it must be what its name says."""
    with Image.open(result) as image:
        image.load()
        assert image.format == _FORMATS[result.suffix], result
        return image


def pixels(png: Path) -> NDArray[np.uint8]:
    """Decode a PNG to its end; it must be RGBA."""
    image = decoded(png)
    assert (image.format, image.mode) == ("PNG", "RGBA"), png
    return np.asarray(image)


def assert_promises(
    service: Service, foreign_pngs: int = 0, modes: Collection[str] = ("RGBA",)
) -> None:
    """Check the promises that hold when nothing is in progress.

    Args:
        service: The service.
        foreign_pngs: How many files in the outbox are somebody else's.
        modes: Of Pillow, that the settings of the service give results.
    """
    eventually(lambda: not service.claimed(), explain=service.explain)
    results = [service.outbox / name for name in names(service.outbox)]
    for result in results:
        assert_whole_and_private(result)
        assert decoded(result).mode in modes, result
    originals = names(service.processed)
    assert len(results) - foreign_pngs == len(originals), service.explain()
    assert_no_leftovers(service)
    for name in service.failures():
        assert_explained(service.failed / name)


def assert_whole_and_private(result: Path) -> None:
    """Check that a result decodes, and that nothing is hidden in it."""
    image = decoded(result)
    if image.mode == "RGBA":
        picture = np.asarray(image)
        hidden = picture[picture[..., 3] == 0].any()
        assert not hidden, f"{result}: colour where alpha is 0"
    assert not {"exif", "xmp", "icc_profile"} & image.info.keys(), result
    if image.format == "PNG":
        assert not chunk_kinds(result.read_bytes()) & _PRIVATE_CHUNKS, result


def assert_no_leftovers(service: Service) -> None:
    """Check that no temporary file is left where the results are."""
    for folder in (service.outbox, service.processed, service.failed):
        found = {*folder.rglob("*")} - {service.outbox / CLAIMS}
        hidden = [path for path in found if path.name.startswith(".")]
        assert not hidden, service.explain()


def assert_explained(original: Path) -> None:
    """Check that the reason beside a failed original is complete."""
    facts = reason_of(original)
    assert set(facts) == _FACTS
    assert facts["bytes"] == original.stat().st_size
    assert facts["message"]
    assert datetime.fromisoformat(facts["failed_at"]).tzinfo
