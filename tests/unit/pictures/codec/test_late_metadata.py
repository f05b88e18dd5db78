"""Wherever a file holds its metadata, the result is upright and keeps it."""

import struct
import zlib
from dataclasses import replace

import numpy as np
import pytest
from dropcut.core.pictures import OutputOptions
from dropcut.pictures.codec import Decoder
from dropcut.pictures.codec.png import with_early_metadata
from PIL import Image

from ...output_options import RAW
from ...photographs import encoded, noise
from ...results import levels, made, opaque, seen

_KEPT = replace(OutputOptions(), keep="all")
_XMP = b"XML:com.adobe.xmp\0\0\0\0\0<x:xmpmeta>a studio</x:xmpmeta>"


def _exif(number: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = number, "Canon"
    return exif.tobytes().removeprefix(b"Exif\0\0")


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)


def _segment(content: bytes) -> bytes:
    return b"\xff\xe1" + struct.pack(">H", len(content) + 2) + content


_PIXELS = noise(48, 36)
_PNG = encoded(Image.fromarray(_PIXELS), "PNG")
_END = len(_PNG) - 12


def _png(*late: bytes, early: bytes = b"") -> bytes:
    return _PNG[:33] + early + _PNG[33:_END] + b"".join(late) + _PNG[_END:]


@pytest.mark.parametrize(("number", "turns"), [(3, 2), (6, 3), (8, 1)])
def test_exif_behind_the_pixels(codec: Decoder, number: int, turns: int) -> None:
    """A PNG whose EXIF stands behind its pixels is turned, to the bit."""
    text = _chunk(b"tEXt", b"Comment\0IDAT eXIf IDAT")
    data = _png(text, _chunk(b"eXIf", _exif(number)), early=text)
    result = levels(made(codec, data, opaque(), RAW))
    assert (result[:, :, :3] == np.rot90(_PIXELS, turns)).all()


def test_metadata_behind_the_pixels(codec: Decoder) -> None:
    """With `keep=all`, EXIF and XMP behind a PNG's pixels are kept."""
    data = _png(_chunk(b"iTXt", _XMP), _chunk(b"eXIf", _exif(6)))
    result = seen(made(codec, data, opaque(), _KEPT))
    assert result.size == (36, 48)
    assert result.getexif()[0x010F] == "Canon"
    assert result.getexif().get(0x0112, 1) == 1
    assert "a studio" in str(result.info.get("XML:com.adobe.xmp"))


def test_first_exif_counts(codec: Decoder) -> None:
    """Of several EXIFs in a PNG, the first is applied, and only once."""
    early, late = (_chunk(b"eXIf", _exif(number)) for number in (6, 3))
    for data in (_png(late, early=early), _png(early, late)):
        assert seen(made(codec, data, opaque(), RAW)).size == (36, 48)


def test_damaged_late_exif(codec: Decoder) -> None:
    """A late EXIF of garbage fails no picture, and one that is cut off is ignored."""
    chunk = _chunk(b"eXIf", _exif(6))
    for wrong in (_chunk(b"eXIf", b"garbage"), chunk[:-4] + bytes(4)):
        early, late = (
            seen(made(codec, data, opaque(), RAW)).size
            for data in (_png(early=wrong), _png(wrong))
        )
        assert early == late
    assert with_early_metadata(_PNG[:_END] + chunk[:-5]) == _PNG[:_END] + chunk[:-5]


def test_file_is_left_alone() -> None:
    """A PNG whose metadata comes first is read as it is, without a copy."""
    for data in (_PNG, _png(early=_chunk(b"eXIf", _exif(6))), _PNG[:40], b""):
        assert with_early_metadata(data) is data


def test_exif_in_a_later_segment(codec: Decoder) -> None:
    """A JPEG is turned by its EXIF behind XMP and tables, once if it has two."""
    photo = encoded(Image.fromarray(_PIXELS), "JPEG")
    exif = _segment(b"Exif\0\0" + _exif(6))
    xmp = _segment(b"http://ns.adobe.com/xap/1.0/\0<x/>")
    frame = photo.index(b"\xff\xc0")
    for data in (
        photo[:2] + xmp + exif + photo[2:],
        photo[:frame] + exif + photo[frame:],
        photo[:2] + exif + xmp + exif + photo[2:],
    ):
        assert seen(made(codec, data, opaque(), RAW)).size == (36, 48)
