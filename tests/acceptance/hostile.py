"""Files that were made to harm whoever opens them."""

import struct
import zlib
from functools import cache

from ..pictures import PICTURES, REFUSALS, Picture, Refusal
from ..service.pictures import photo

_KNOWN: tuple[Picture | Refusal, ...] = (*PICTURES, *REFUSALS)
FILES = {known.name: known.data for known in _KNOWN}
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HUGE = 300 << 20
_AFTER_IHDR = 33


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    """Return a PNG of some chunks, with right checksums."""
    return _SIGNATURE + b"".join(_chunk(*chunk) for chunk in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    check = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)


def png_with(*chunks: tuple[bytes, bytes]) -> bytes:
    """Return a good PNG with more chunks."""
    good = photo(kind="PNG")
    more = b"".join(_chunk(*chunk) for chunk in chunks)
    return good[:_AFTER_IHDR] + more + good[_AFTER_IHDR:]


def with_wrong_checksum(data: bytes, kind: bytes) -> bytes:
    """Return a PNG of which one chunk does not fit its checksum."""
    at = data.index(kind)
    (size,) = struct.unpack_from(">I", data, at - 4)
    check = at + 4 + size
    return data[:check] + bytes(4) + data[check + 4 :]


def bombs() -> dict[str, bytes]:
    """Return small files that say that they are of enormous size."""
    head = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(400))
    return {
        "png": png((b"IHDR", head), (b"IDAT", pixels), (b"IEND", b"")),
        "jpg": _jpeg_of(12_336),
        "avif": _box_of("avif/8-bit.avif", 17_000),
        "heic": _box_of("heic/8-bit.heic", 17_000),
    }


def _jpeg_of(side_px: int) -> bytes:
    """Return a JPEG whose frame header has another size."""
    data = bytearray(photo())
    at = data.index(b"\xff\xc0")
    struct.pack_into(">HH", data, at + 5, side_px, side_px)
    return bytes(data)


def _box_of(name: str, side_px: int) -> bytes:
    """Return a HEIC or AVIF whose box has another size."""
    data = bytearray(FILES[name])
    at = data.index(b"ispe")
    struct.pack_into(">II", data, at + 8, side_px, side_px)
    return bytes(data)


@cache
def swollen() -> dict[str, bytes]:
    """Return small PNGs whose texts or profiles fill hundreds of megabytes."""
    packed = zlib.compress(bytes(_HUGE), 9)
    return {
        "ztxt": png_with((b"zTXt", b"Comment\0\0" + packed)),
        "itxt": png_with((b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + packed)),
        "iccp": png_with((b"iCCP", b"profile\0\0" + packed)),
        "texts": png_with(*[(b"tEXt", b"Comment\0x")] * 200_000),
    }
