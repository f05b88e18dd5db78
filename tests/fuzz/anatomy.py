"""The parts of a file according to its length fields, so that they can be damaged."""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

_MOST_PARTS, _MOST_DIRECTORIES = 400, 20
_CONTAINERS = {
    **dict.fromkeys((b"meta", b"iref"), 12),
    **dict.fromkeys((b"iprp", b"ipco", b"moov", b"trak", b"mdia", b"minf", b"stbl"), 8),
}
_BMP_FIELDS = (2, 10, 14, 18, 22, 26, 30, 34, 38, 42, 46, 54, 58, 62, 66, 126, 130)
_NO_LENGTH = {0xD8, 0xD9, 0x01, *range(0xD0, 0xD8)}
_SCAN = 0xDA


@dataclass(frozen=True, slots=True)
class Part:
    """A segment, chunk, box or entry.

    Attributes:
        begin: Where it begins in the file.
        end: Where the next one begins.
        length_at: Where its length is written.
        form: How its length is written, in the words of `struct`.
    """

    begin: int
    end: int
    length_at: int
    form: str


def parts(data: bytes) -> list[Part]:
    """Return the parts of a file of any format; empty if the format has none."""
    for magic, find in _ANATOMIES:
        if magic in data[:12]:
            return list(islice(_as_far_as_whole(data, find), _MOST_PARTS))
    return []


def _as_far_as_whole(
    data: bytes, find: Callable[[bytes], Iterator[Part]]
) -> Iterator[Part]:
    try:
        for part in find(data):
            if part.end > len(data):
                return
            yield part
    except (struct.error, IndexError):
        return


def _png(data: bytes) -> Iterator[Part]:
    at = 8
    while at < len(data):
        (size,) = struct.unpack_from(">I", data, at)
        yield Part(at, at + 12 + size, at, ">I")
        at += 12 + size


def _jpeg(data: bytes) -> Iterator[Part]:
    at = 2
    while data[at] == 0xFF:
        marker = data[at + 1]
        if marker in _NO_LENGTH:
            at += 2
            continue
        (size,) = struct.unpack_from(">H", data, at + 2)
        end = at + 2 + size
        yield Part(at, end, at + 2, ">H")
        at = _after_scan(data, end) if marker == _SCAN else end


def _after_scan(data: bytes, at: int) -> int:
    while data[at] != 0xFF or data[at + 1] in {0, *range(0xD0, 0xD8)}:
        at += 1
    return at


def _riff(data: bytes) -> Iterator[Part]:
    at = 12
    while at < len(data):
        (size,) = struct.unpack_from("<I", data, at + 4)
        end = at + 8 + size + size % 2
        yield Part(at, end, at + 4, "<I")
        at = end


def _boxes(data: bytes) -> Iterator[Part]:
    yield from _boxes_between(data, 0, len(data))


def _boxes_between(data: bytes, at: int, limit: int) -> Iterator[Part]:
    while at < limit:
        size, kind = struct.unpack_from(">I4s", data, at)
        end = at + size if size > 1 else limit
        yield Part(at, end, at, ">I")
        if kind in _CONTAINERS:
            yield from _boxes_between(data, at + _CONTAINERS[kind], end)
        at = end


def _tiff(data: bytes) -> Iterator[Part]:
    """Yield the entries of all directories; the length field is the count of values."""
    order = "<" if data[:1] == b"I" else ">"
    (at,) = struct.unpack_from(order + "I", data, 4)
    for _ in range(_MOST_DIRECTORIES):
        (count,) = struct.unpack_from(order + "H", data, at)
        for number in range(count):
            entry = at + 2 + 12 * number
            yield Part(entry, entry + 12, entry + 4, order + "I")
        (at,) = struct.unpack_from(order + "I", data, at + 2 + 12 * count)
        if not at:
            return


def _gif(data: bytes) -> Iterator[Part]:
    at = 13 + _palette_bytes(data[10])
    while data[at] != ord(";"):
        if data[at] == ord(","):
            first = at + 11 + _palette_bytes(data[at + 9])
        else:
            first = at + 2
        end = _after_blocks(data, first)
        yield Part(at, end, first, "B")
        at = end


def _palette_bytes(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _after_blocks(data: bytes, at: int) -> int:
    while data[at]:
        at += 1 + data[at]
    return at + 1


def _bmp(data: bytes) -> Iterator[Part]:
    for at in _BMP_FIELDS:
        yield Part(at, min(at + 4, len(data)), at, "<I")


_ANATOMIES = (
    (b"\x89PNG", _png),
    (b"\xff\xd8\xff", _jpeg),
    (b"WEBP", _riff),
    (b"ftyp", _boxes),
    (b"II*\0", _tiff),
    (b"MM\0*", _tiff),
    (b"GIF8", _gif),
    (b"BM", _bmp),
)
