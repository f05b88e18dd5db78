"""Parses the chunks of a PNG for facts that libvips does not report."""

from collections.abc import Iterator

_SIGNATURE_BYTES, _LENGTH_BYTES, _AROUND_BYTES = 8, 4, 12
_MAX_CHUNKS = 1 << 20
_PIXELS = b"IDAT"
_EXIF, _XMP = b"eXIf", b"iTXtXML:com.adobe.xmp\0"


def _chunks(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield start and end of the chunks; a hostile file may consist of empty ones."""
    begin = _SIGNATURE_BYTES
    for _ in range(_MAX_CHUNKS):
        content = begin + _LENGTH_BYTES
        end = begin + int.from_bytes(data[begin:content]) + _AROUND_BYTES
        if end > len(data):
            return
        yield begin, end
        begin = end


def cicp_codes(data: bytes) -> tuple[int, int] | None:
    """Return the CICP codes in the chunk cICP, which precedes the pixels."""
    at = data.find(b"\0\0\0\4cICP", 0, data.find(_PIXELS))
    numbers = data[at + 8 : at + 10]
    return (numbers[0], numbers[1]) if at >= 0 and len(numbers) > 1 else None


def is_animated(data: bytes) -> bool:
    """Whether the picture is the default image of an animation."""
    return b"acTL" in data[: data.find(_PIXELS)]


def with_early_metadata(data: bytes) -> bytes:
    """Return a file in which EXIF and XMP precede the pixels.

    libvips looks for them only there; PNG allows them anywhere, and exiftool writes
    them at the end.
    """
    wanted = {kind for kind in (_EXIF, _XMP) if kind in data}
    pixels_at, late = 0, b""
    for begin, end in _chunks(data) if wanted else ():
        if data.startswith(_PIXELS, begin + _LENGTH_BYTES):
            pixels_at = pixels_at or begin
        for kind in [*wanted]:
            if data.startswith(kind, begin + _LENGTH_BYTES):
                wanted.remove(kind)  # only the first one counts
                late += data[begin:end] if pixels_at else b""
    return data[:pixels_at] + late + data[pixels_at:] if late else data
