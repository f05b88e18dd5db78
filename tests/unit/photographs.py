"""Real photographs, and small files built byte by byte."""

import io
import struct
import zlib
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
from dropcut.core.pictures import Pixels
from PIL import Image

_FOLDER = Path(str(resources.files("skimage") / "data"))


def photograph_bytes(name: str) -> bytes:
    """Return the file of one of scikit-image's photographs."""
    return (_FOLDER / name).read_bytes()


def photograph(name: str, *, mode: str = "RGB") -> Image.Image:
    """Return one of scikit-image's photographs, without its colour profile."""
    with Image.open(_FOLDER / name) as opened:
        picture = opened.convert(mode)
    picture.info.clear()
    return picture


def encoded(picture: Image.Image, kind: str, **options: Any) -> bytes:  # noqa: ANN401  # Pillow's own
    """Return a picture as a file of the given format."""
    buffer = io.BytesIO()
    if kind == "HEIC":
        pillow_heif.from_pillow(picture).save(buffer, **options)
    else:
        picture.save(buffer, kind, **options)
    return buffer.getvalue()


def with_orientation(picture: Image.Image, kind: str, number: int) -> bytes:
    """Return a file whose EXIF orientation makes it show the given picture."""
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    exif = Image.Exif()
    exif[0x0112] = number
    lying = picture.transpose(undo[number]) if number in undo else picture
    options = {"quality": 95} if kind == "JPEG" else {}
    return encoded(lying, kind, exif=exif.tobytes(), **options)


def noise(width: int, height: int, seed: int = 0) -> Pixels:
    """Return random RGB pixels."""
    random = np.random.default_rng(seed)
    return random.integers(0, 256, (height, width, 3), dtype=np.uint8)


def png(width: int, height: int, depth: int, colour: int, rows: bytes) -> bytes:
    """Return a PNG with the given header and filtered rows, valid or not."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    check = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)


def png_chunks(data: bytes) -> set[bytes]:
    """Return the types of a PNG's chunks."""
    kinds, position = set(), 8
    while position < len(data):
        (size,) = struct.unpack_from(">I", data, position)
        kinds.add(data[position + 4 : position + 8])
        position += size + 12
    return kinds


def wide_gamut_profile() -> bytes:
    """Return an ICC profile with Display P3's primaries and a gamma of 2.2."""
    curve = b"curv" + bytes(4) + struct.pack(">IHH", 1, 0x0233, 0)
    text = b"Wide\0"
    tags = {
        b"desc": b"desc" + bytes(4) + struct.pack(">I", 5) + text + bytes(79),
        b"cprt": b"text" + bytes(4) + b"none\0" + bytes(3),
        b"wtpt": _xyz(0.9642, 1, 0.8249),
        b"rXYZ": _xyz(0.51512, 0.2412, -0.00105),
        b"gXYZ": _xyz(0.29198, 0.69225, 0.04189),
        b"bXYZ": _xyz(0.1571, 0.06657, 0.78407),
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    return _profile(tags)


def _xyz(*values: float) -> bytes:
    fixed = (round(value * 65536) for value in values)
    return b"XYZ " + bytes(4) + struct.pack(">iii", *fixed)


def scanner_profile() -> bytes:
    """Return an ICC profile that converts a device's colours to Lab, but not back."""
    corners = np.array(np.meshgrid([0, 1], [0, 1], [0, 1], indexing="ij"))
    red, green, blue = corners.reshape(3, 8)
    lightness = (red + green + blue) * 65_280 // 3
    table = np.stack([lightness, 32_768 + 9000 * (red - green), 32_768 + 9000 * blue])
    lut = b"mft2" + bytes(4) + bytes((3, 3, 2, 0))
    lut += struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    lut += struct.pack(">HH6H", 2, 2, *[0, 65_535] * 3)
    lut += table.T.clip(0, 65_535).astype(">u2").tobytes()
    lut += struct.pack(">6H", *[0, 65_535] * 3)
    tags = {
        b"desc": b"desc" + bytes(4) + struct.pack(">I", 5) + b"Scan\0" + bytes(79),
        b"cprt": b"text" + bytes(4) + b"none\0" + bytes(3),
        b"wtpt": _xyz(0.9642, 1, 0.8249),
        b"A2B0": lut,
    }
    return _profile(tags, kind=b"scnrRGB Lab ")


def _profile(tags: dict[bytes, bytes], kind: bytes = b"mntrRGB XYZ ") -> bytes:
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        table += name + struct.pack(">II", start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    head = struct.pack(">I4sI", start + len(body), b"lcms", 0x02400000)
    head += kind + struct.pack(">6H", 2020, 1, 1, 0, 0, 0) + b"acsp"
    head = head.ljust(68, b"\0") + _xyz(0.9642, 1, 0.8249)[8:]
    return head.ljust(128, b"\0") + table + body
