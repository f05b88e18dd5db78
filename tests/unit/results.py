"""Results of the codec, as programs other than libvips read them."""

import io
import os
import struct
import zlib
from functools import partial

import numpy as np
from dropcut.core.pictures import OutputOptions, Pixels
from dropcut.pictures.codec import DecodedPicture, Decoder
from numpy.typing import NDArray
from PIL import Image

Levels = NDArray[np.int_]


def write_result(picture: DecodedPicture, mask: Pixels, sink: int) -> None:
    """Write a result to a file descriptor."""
    picture.write(mask, partial(os.write, sink))


def made(codec: Decoder, data: bytes, mask: Pixels, options: OutputOptions) -> bytes:
    """Open a picture, cut it out with a mask, and return the written file."""
    height, width = mask.shape
    picture = codec.open(data, width, height, options)
    sink = os.memfd_create("result")
    try:
        write_result(picture, mask, sink)
        return os.pread(sink, os.fstat(sink).st_size, 0)
    finally:
        os.close(sink)


def seen(result: bytes) -> Image.Image:
    """Return a result decoded by Pillow."""
    with Image.open(io.BytesIO(result)) as picture:
        picture.load()
        return picture


def levels(result: bytes) -> Levels:
    """Return the levels of an 8-bit result as signed integers."""
    return np.asarray(seen(result)).astype(int)


def pixels(codec: Decoder, data: bytes, mask: Pixels, options: OutputOptions) -> Levels:
    """Return the levels of a picture's result."""
    return levels(made(codec, data, mask, options))


def deep_levels(png: bytes) -> Levels:
    """Return the levels of a 16-bit PNG, which Pillow would reduce to 8 bits."""
    width, height, depth, colour = struct.unpack_from(">IIBB", png, 16)
    bands = {0: 1, 2: 3, 4: 2, 6: 4}[colour]
    assert depth == 16
    rows = _rows(png, height)
    raw = rows[:, 1:].astype(np.uint8)
    for row in range(1, height):
        if rows[row, 0] == 2:  # up, the only filter that is written
            raw[row] += raw[row - 1]
    assert set(rows[:, 0].tolist()) <= {0, 2}
    return raw.view(">u2").reshape(height, width, bands).astype(int)


def _rows(png: bytes, height: int) -> Pixels:
    """Return the filtered rows of a PNG, each after its filter number."""
    packed, position = b"", 8
    while position < len(png):
        size, kind = struct.unpack_from(">I4s", png, position)
        if kind == b"IDAT":
            packed += png[position + 8 : position + 8 + size]
        position += size + 12
    return np.frombuffer(zlib.decompress(packed), np.uint8).reshape(height, -1)


def bits(png: bytes) -> int:
    """Return how many bits a channel of a PNG has."""
    return png[24]


def opaque(side: int = 32) -> Pixels:
    """Return a mask that keeps everything."""
    return np.full((side, side), 255, np.uint8)


def blob(height: int = 64, width: int = 64) -> Pixels:
    """Return a mask with a soft, asymmetric subject in the middle."""
    rows, columns = np.mgrid[:height, :width]
    down, across = rows / height - 0.55, columns / width - 0.4
    distance = np.hypot(down * 1.3, across + down * 0.4)
    mask: Pixels = np.clip((0.3 - distance) * 1500, 0, 255).astype(np.uint8)
    return mask
