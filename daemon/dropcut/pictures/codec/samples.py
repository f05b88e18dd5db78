"""A tiny picture of each format, decoded to its last pixel: a header proves nothing."""

import importlib
import sys
from base64 import b64decode
from contextlib import suppress
from io import BytesIO
from typing import Protocol

import numpy as np
import pyvips
from PIL import Image

from dropcut.core.errors import PictureError, Reason
from dropcut.core.pictures import OutputFormat, OutputOptions, Pixels
from dropcut.pictures.codec.errors import VIPS_FAULTS
from dropcut.pictures.codec.sniff import InputFormat
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
# Written once with pillow-heif: what encodes it need not be there
_HEIC = b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAVZtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAA"
    "AAAAAAAAAAAAAAAAACJpbG9jAAAAAERAAAEAAQAAAAABegABAAAAAAAAABgAAAAjaWluZgAAAAAAAQAAABVp"
    "bmZlAgAAAAABAABodmMxAAAAAA5waXRtAAAAAAABAAAA1mlwcnAAAAC3aXBjbwAAAHhodmNDAQNwAAAAkAAA"
    "AAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQArQgEBA3AAAAMAkAAAAwAA"
    "AwAeoCCBBZbqSSmubgIaDAgAAAMAyAAAAwAIQGIAAQAHRAHBcrAiQAAAABNjb2xybmNseAABAA0ABoAAAAAU"
    "aXNwZQAAAAAAAABAAAAAQAAAABBwaXhpAAAAAAMICAgAAAAXaXBtYQAAAAAAAAABAAEEgQIDBAAAACBtZGF0"
    "AAAAFCgBrwQY/Hk46//5Wc/AwFwhJHQ4"
)


# All that is computed, and both formats
_LOOKS = (
    OutputOptions(keep="all", depth=16, background=(1, 2, 3), canvas_px=(8, 8)),
    OutputOptions(format=OutputFormat.WEBP, crop=True, keep="icc", output="mask"),
)


class _Opened(Protocol):
    @property
    def model_input(self) -> Pixels: ...


class _Codec(Protocol):
    def open(
        self, data: bytes, width_px: int, height_px: int, options: OutputOptions
    ) -> _Opened: ...


def broken_kinds(codec: _Codec) -> dict[InputFormat, Reason]:
    """Return why the formats are not read that are not; none, if all is well."""
    return {kind: reason for kind in InputFormat if (reason := _fault(codec, kind))}


def rehearse(codec: Decoder) -> None:
    """Do everything once, so that nothing is left to be loaded from files later."""
    with suppress(ImportError):
        importlib.import_module(_OPTIONAL)
    sys.modules.setdefault(_OPTIONAL, None)  # type: ignore[arg-type]  # never look again
    broken_kinds(codec)
    mask = np.full((8, 8), 128, np.uint8)
    for options in _LOOKS:
        codec.open(_sample(InputFormat.PNG), 8, 8, options).write(mask, lambda _: None)


def _fault(codec: _Codec, kind: InputFormat) -> Reason | None:
    try:
        picture = codec.open(_sample(kind), 8, 8, OutputOptions())
    except VIPS_FAULTS:
        return Reason.CORRUPT
    except PictureError as error:
        return error.reason
    wrong = np.abs(picture.model_input.astype(int) - _COLOUR).max() > _TOLERANCE
    return Reason.CORRUPT if wrong else None


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
