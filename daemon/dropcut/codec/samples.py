"""A tiny picture of each format, decoded to its last pixel: a header proves nothing."""

from base64 import b64decode
from io import BytesIO
from typing import Protocol

import numpy as np
import pyvips
from PIL import Image

from dropcut.codec.faults import VIPS_FAULTS
from dropcut.codec.sniff import Kind
from dropcut.errors import PictureError, Reason
from dropcut.jobs import Look, Picture

_SIDE_PX = 64
_COLOUR = (200, 30, 40)
_TOLERANCE = 12
_SUFFIXES = {
    Kind.JPEG: ".jpg",
    Kind.PNG: ".png",
    Kind.WEBP: ".webp",
    Kind.TIFF: ".tif",
    Kind.GIF: ".gif",
    Kind.AVIF: ".avif",
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


class _Codec(Protocol):
    def open(
        self, data: bytes, width_px: int, height_px: int, look: Look
    ) -> Picture: ...


def broken_kinds(codec: _Codec) -> dict[Kind, Reason]:
    """Return why the formats are not read that are not; none, if all is well."""
    return {kind: reason for kind in Kind if (reason := _fault(codec, kind))}


def _fault(codec: _Codec, kind: Kind) -> Reason | None:
    try:
        picture = codec.open(_sample(kind), 8, 8, Look())
    except VIPS_FAULTS:
        return Reason.CORRUPT
    except PictureError as error:
        return error.reason
    wrong = np.abs(picture.model_input.astype(int) - _COLOUR).max() > _TOLERANCE
    return Reason.CORRUPT if wrong else None


def _sample(kind: Kind) -> bytes:
    if kind is Kind.HEIC:
        return _HEIC
    if kind is Kind.BMP:
        stream = BytesIO()
        Image.new("RGB", (_SIDE_PX, _SIDE_PX), _COLOUR).save(stream, "BMP")
        return stream.getvalue()
    black = pyvips.Image.black(_SIDE_PX, _SIDE_PX, bands=3)
    sample = (black + list(_COLOUR)).cast("uchar").copy(interpretation="srgb")
    data: bytes = sample.write_to_buffer(_SUFFIXES[kind])
    return data
