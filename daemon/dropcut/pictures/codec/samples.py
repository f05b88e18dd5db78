"""A tiny sample of each format, fully decoded: a valid header proves nothing."""

import importlib
import sys
from base64 import b64decode
from contextlib import suppress
from io import BytesIO

import numpy as np
import pyvips
from PIL import Image

from dropcut.core.errors import PictureError, Reason
from dropcut.core.pictures import InputFormat, OutputFormat, OutputOptions
from dropcut.pictures.codec.errors import VIPS_ERRORS
from dropcut.pictures.codec.vips import Decoder

_OPTIONAL = "pillow_heif"
_SIDE_PX = 64
_COLOUR = (200, 30, 40)
_TOLERANCE = 12
_SUFFIXES = {
    InputFormat.JPEG: ".jpg",
    InputFormat.PNG: ".png",
    InputFormat.WEBP: ".webp",
    InputFormat.TIFF: ".tif",
    InputFormat.GIF: ".gif",
    InputFormat.AVIF: ".avif",
}
# Encoded once with pillow-heif, which need not be installed
_HEIC = b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAVZtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAA"
    "AAAAAAAAAAAAAAAAACJpbG9jAAAAAERAAAEAAQAAAAABegABAAAAAAAAABgAAAAjaWluZgAAAAAAAQAAABVp"
    "bmZlAgAAAAABAABodmMxAAAAAA5waXRtAAAAAAABAAAA1mlwcnAAAAC3aXBjbwAAAHhodmNDAQNwAAAAkAAA"
    "AAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQArQgEBA3AAAAMAkAAAAwAA"
    "AwAeoCCBBZbqSSmubgIaDAgAAAMAyAAAAwAIQGIAAQAHRAHBcrAiQAAAABNjb2xybmNseAABAA0ABoAAAAAU"
    "aXNwZQAAAAAAAABAAAAAQAAAABBwaXhpAAAAAAMICAgAAAAXaXBtYQAAAAAAAAABAAEEgQIDBAAAACBtZGF0"
    "AAAAFCgBrwQY/Hk46//5Wc/AwFwhJHQ4"
)
# Together they exercise all computations and both output formats
_OPTIONS = (
    OutputOptions(keep="all", depth=16, background=(1, 2, 3), canvas_px=(8, 8)),
    OutputOptions(format=OutputFormat.WEBP, crop=True, keep="icc", output="mask"),
)


def check_format(decoder: Decoder, kind: InputFormat) -> None:
    """Decode a sample of a format, and compare its colour.

    Raises:
        PictureError: The format cannot be read on this machine.
    """
    try:
        picture = decoder.open(_sample(kind), 8, 8, OutputOptions())
    except VIPS_ERRORS as error:
        raise PictureError(Reason.CORRUPT, f"libvips cannot write {kind}") from error
    if np.abs(picture.model_input.astype(int) - _COLOUR).max() > _TOLERANCE:
        raise PictureError(Reason.CORRUPT, f"the colours of {kind} are wrong")


def warm_up(decoder: Decoder) -> None:
    """Use every function once, so that no file has to be loaded later."""
    with suppress(ImportError):
        importlib.import_module(_OPTIONAL)
    sys.modules.setdefault(_OPTIONAL, None)  # type: ignore[arg-type]  # never look again
    for kind in InputFormat:
        with suppress(PictureError):
            check_format(decoder, kind)
    mask = np.full((8, 8), 128, np.uint8)
    for options in _OPTIONS:
        picture = decoder.open(_sample(InputFormat.PNG), 8, 8, options)
        picture.write(mask, lambda _: None)


def _sample(kind: InputFormat) -> bytes:
    if kind is InputFormat.HEIC:
        return _HEIC
    if kind is InputFormat.BMP:
        stream = BytesIO()
        Image.new("RGB", (_SIDE_PX, _SIDE_PX), _COLOUR).save(stream, "BMP")
        return stream.getvalue()
    black = pyvips.Image.black(_SIDE_PX, _SIDE_PX, bands=3)
    sample = (black + list(_COLOUR)).cast("uchar").copy(interpretation="srgb")
    data: bytes = sample.write_to_buffer(_SUFFIXES[kind])
    return data
