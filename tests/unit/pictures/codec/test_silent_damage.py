"""Damage that libraries repair without a word, and files whose end never came."""

import io
import random
import struct
import tracemalloc
import zlib
from contextlib import suppress
from typing import Any

import numpy as np
import pillow_heif
import pytest
import pyvips
from dropcut.core.errors import PictureError, Reason
from dropcut.core.pictures import InputFormat, OutputOptions
from dropcut.pictures.codec import Decoder, tiff
from PIL import Image

from ...output_options import RAW
from ...photographs import encoded, photograph

_PUBLISH = OutputOptions(refine=False, clean_edges=False, publish_damaged=True)
_CHECKED = [kind for kind in InputFormat if kind not in ("TIFF", "BMP")]


def _photo(kind: str) -> bytes:
    return encoded(photograph("chelsea.png"), kind.upper())


def _reason(codec: Decoder, data: bytes, options: OutputOptions = RAW) -> Reason:
    with pytest.raises(PictureError) as caught:
        codec.open(data, 64, 64, options)
    return caught.value.reason


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
@pytest.mark.parametrize("kind", _CHECKED)
def test_zeros_at_the_end(codec: Decoder, kind: InputFormat, share: float) -> None:
    """A picture whose end is zeros is truncated: it is waited for, never published."""
    data = _photo(kind)
    begin = int(len(data) * share)
    unfinished = data[:begin] + bytes(len(data) - begin)
    for options in (RAW, _PUBLISH):
        assert _reason(codec, unfinished, options) is Reason.TRUNCATED


def test_progressive_jpeg(codec: Decoder) -> None:
    """A progressive JPEG is known to be unfinished from any of its scans."""
    data = encoded(photograph("chelsea.png"), "JPEG", progressive=True)
    for begin in range(2000, len(data) - 100, 4000):
        unfinished = data[:begin] + bytes(len(data) - begin)
        assert _reason(codec, unfinished) is Reason.TRUNCATED


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "GIF", "PNG", "HEIC", "AVIF"])
@pytest.mark.parametrize("trailer", [bytes(5000), b"MotionPhoto_Data" + b"\xab" * 5000])
def test_trailer(codec: Decoder, kind: str, trailer: bytes) -> None:
    """Whatever follows a whole picture, it is done without a note."""
    picture = codec.open(_photo(kind) + trailer, 64, 64, RAW)
    assert (picture.width_px, picture.notes) == (451, ())


@pytest.mark.parametrize("kind", ["HEIC", "AVIF"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_cut_off_before_its_trailer(codec: Decoder, kind: str, share: float) -> None:
    """A HEIC or AVIF that is shorter than its pictures need is truncated."""
    data = _photo(kind)
    assert _reason(codec, data[: int(len(data) * share)]) is Reason.TRUNCATED


@pytest.mark.parametrize("colour", ["white", "black", (200, 30, 40)])
@pytest.mark.parametrize("kind", _CHECKED)
def test_flat_picture(codec: Decoder, kind: InputFormat, colour: str) -> None:
    """A picture of one colour, whose code is short and regular, is not suspected."""
    data = encoded(Image.new("RGB", (2000, 1500), colour), kind.upper())
    assert codec.open(data, 64, 64, RAW).notes == ()


@pytest.mark.parametrize("kind", ["GIF", "HEIC"])
def test_block_of_zeros(codec: Decoder, kind: str) -> None:
    """A GIF or HEIC with zeros in its middle is corrupt, or published with a note."""
    data = bytearray(_photo(kind))
    begin = len(data) // 2
    data[begin : begin + 4096] = bytes(4096)
    assert _reason(codec, bytes(data)) is Reason.CORRUPT
    (note,) = codec.open(bytes(data), 64, 64, _PUBLISH).notes
    assert note.startswith("damaged: ")


def test_wrong_bytes_in_a_gif(codec: Decoder) -> None:
    """A GIF with forty wrong bytes is nearly always noticed."""
    dice, data, silent = random.Random(1), _photo("GIF"), 0  # noqa: S311  # no secret
    for begin in range(2000, len(data) - 100, len(data) // 20):
        wrong = data[:begin] + dice.randbytes(40) + data[begin + 40 :]
        with suppress(PictureError):
            silent += not codec.open(wrong, 64, 64, RAW).notes
    assert silent <= 3


@pytest.mark.parametrize("options", [{}, {"tile": True}, {"bigtiff": True}])
def test_checksum_of_a_tiff(codec: Decoder, options: dict[str, Any]) -> None:
    """A TIFF that unpacks to other pixels than were packed is corrupt."""
    image = pyvips.Image.new_from_array(np.asarray(photograph("chelsea.png")))
    data = image.tiffsave_buffer(compression="deflate", **options)
    assert codec.open(data, 64, 64, RAW).notes == ()
    for share in (0.2, 0.5, 0.8):
        begin = int(len(data) * share)
        wrong = data[:begin] + bytes(40) + data[begin + 40 :]
        assert _reason(codec, wrong) is Reason.CORRUPT


def test_tiff_that_swells(codec: Decoder) -> None:
    """What a strip of a TIFF unpacks to beyond its pixels is not unpacked."""
    packed = zlib.compress(bytes(50 << 20))
    tags = ((256, 8), (257, 8), (258, 8), (259, 8), (262, 1), (273, 8), (278, 8))
    entries = [*tags, (279, len(packed))]
    begin = 8 + len(packed)
    head = struct.pack("<2sHI", b"II", 42, begin) + packed
    data = head + struct.pack("<H", len(entries))
    data += b"".join(struct.pack("<HHII", tag, 4, 1, n) for tag, n in entries)
    tracemalloc.start()
    try:
        assert not tiff.has_wrong_checksum(data + bytes(4), 64)
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()
    assert codec.open(data + bytes(4), 8, 8, RAW).width_px == 8


def test_tiles(codec: Decoder) -> None:
    """A HEIC of many tiles, as cameras make it, is whole, and checked in each tile."""
    file, picture = io.BytesIO(), photograph("chelsea.png").resize((1200, 800))
    pillow_heif.from_pillow(picture).save(file, quality=80, tile_size=256)
    data = file.getvalue()
    assert codec.open(data, 64, 64, RAW).notes == ()
    broken = bytearray(data)
    broken[-3000:-2000] = bytes(1000)
    assert _reason(codec, bytes(broken)) is Reason.CORRUPT
    assert _reason(codec, data[:-1]) is Reason.TRUNCATED
