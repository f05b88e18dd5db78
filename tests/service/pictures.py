"""Pictures to drop: real photographs, made small, and files that are none."""

import struct
import zlib
from functools import cache
from importlib import resources
from io import BytesIO

from PIL import Image

CHELSEA, ASTRONAUT, COFFEE = "chelsea.png", "astronaut.png", "coffee.png"
ROCKET, MOTORCYCLE = "rocket.jpg", "motorcycle_left.png"
_PHOTOGRAPHS = resources.files("skimage.data")
ALL = (CHELSEA, ASTRONAUT, COFFEE, ROCKET, MOTORCYCLE)


@cache
def photograph(name: str = CHELSEA, width_px: int = 160) -> Image.Image:
    """Return one of scikit-image's photographs, made smaller."""
    with (_PHOTOGRAPHS / name).open("rb") as file, Image.open(file) as image:
        image.load()
    height_px = image.height * width_px // image.width
    return image.convert("RGB").resize((width_px, height_px))


def encoded(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    """Return a picture as the content of a file."""
    stream = BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


@cache
def photo(name: str = CHELSEA, width_px: int = 160, kind: str = "JPEG") -> bytes:
    """Return a small photograph as the content of a file."""
    return encoded(photograph(name, width_px), kind)


@cache
def large_photo(side_px: int = 4000) -> bytes:
    """Return a picture that takes Dropcut some seconds."""
    image = photograph(COFFEE, 600).resize((side_px, side_px))
    return encoded(image, quality=50)


def bomb(side_px: int = 60_000) -> bytes:
    """Return a small PNG that claims to be of enormous size."""
    header = struct.pack(">IIBBBBB", side_px, side_px, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 100)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + checksum


def chunk_kinds(png: bytes) -> set[str]:
    """Return the kinds of chunk that a PNG consists of."""
    kinds, position = set(), 8
    while position < len(png):
        (size,) = struct.unpack_from(">I", png, position)
        kinds.add(png[position + 4 : position + 8].decode("ascii"))
        position += size + 12
    return kinds
