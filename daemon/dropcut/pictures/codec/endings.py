"""Finds out whether the end of a file is missing: it was not copied completely."""

from dropcut.core.pictures import InputFormat
from dropcut.pictures.codec import heif_items
from dropcut.pictures.codec.jpeg import first_scan

_TAIL_BYTES = 1024
_ZEROS = bytes(64)
_RIFF_HEAD_BYTES, _CHUNK_HEAD_BYTES = 12, 8
_MAX_CHUNKS = 1000
_WEBP_PIXELS = (b"VP8 ", b"VP8L")
_ZERO_DIVISOR = 8  # a flat picture in WebP may end in zeros, but by far fewer


def ends_early(data: bytes, kind: InputFormat) -> bool:  # noqa: PLR0911  # one per format
    """Whether the end of a picture that cannot be decoded is missing."""
    if data.endswith(_ZEROS):
        return True
    match kind:
        case InputFormat.JPEG:
            return b"\xff\xd9" not in data[-_TAIL_BYTES:]
        case InputFormat.PNG:
            return b"IEND" not in data[-_TAIL_BYTES:]
        case InputFormat.WEBP:
            return int.from_bytes(data[4:8], "little") + 8 > len(data)
        case InputFormat.GIF:
            return not data.rstrip(b"\0").endswith(b";")
        case InputFormat.TIFF:
            start = data[4:8][::-1] if data[:1] == b"I" else data[4:8]
            return int.from_bytes(start) + 2 > len(data)
        case InputFormat.AVIF | InputFormat.HEIC:
            return heif_items.ends_early(data)
        case InputFormat.BMP:
            return int.from_bytes(data[2:6], "little") > len(data)


def is_unfinished(data: bytes, kind: InputFormat) -> bool:
    """Whether a picture lacks its end, though it can be decoded.

    Some programs give a file its full size before they copy its content: zeros are in
    the place of what has not been copied.
    """
    match kind:
        case InputFormat.AVIF | InputFormat.HEIC:
            return heif_items.ends_early(data)
        case InputFormat.JPEG if data.endswith(_ZEROS):
            scan = first_scan(data)
            return not scan or data.find(b"\xff\xd9", scan.begin) < 0
        case InputFormat.WEBP if data.endswith(_ZEROS):
            pixels = _webp_pixels(data)
            return len(pixels) - len(pixels.rstrip(b"\0")) > len(pixels) / _ZERO_DIVISOR
    return False


def _webp_pixels(data: bytes) -> bytes:
    at = _RIFF_HEAD_BYTES
    for _ in range(_MAX_CHUNKS):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        content = data[at + _CHUNK_HEAD_BYTES : at + _CHUNK_HEAD_BYTES + size]
        if data[at : at + 4] in _WEBP_PIXELS:
            return content
        at += _CHUNK_HEAD_BYTES + size + size % 2
    return b""
