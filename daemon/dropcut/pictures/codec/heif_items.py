"""Where the coded pictures of a HEIC or AVIF file are, and whether they are complete.

ISO/IEC 14496-12, 8.11 (items), and ITU-T H.265, 7.3.1 (the parts of a coded picture).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import islice

from dropcut.pictures.codec import heif

_MAX_EXTENTS = 1 << 16
_HEVC, _AV1 = b"hvc1", b"av01"
_LENGTH_BYTES = 4  # of a unit; less is allowed, but was never seen
_HEAD_BYTES, _WIDE_HEAD_BYTES = 6, 8
_MANY_ZEROS = bytes(64)
_FORBIDDEN = b"\0\0\0"  # never inside a coded picture of HEVC
_IN_FILE = 0


@dataclass(frozen=True, slots=True)
class Extent:
    """A part of the file that belongs to an item.

    Attributes:
        kind: The type of the item, such as `hvc1`; empty if it is not known.
    """

    kind: bytes
    begin: int
    end: int


def ends_early(data: bytes) -> bool:
    """Whether the end of a picture in the file, or its description, is missing."""
    described = any(
        kind == b"meta" and end <= len(data) for kind, _, end in heif.boxes(data)
    )
    found = extents(data) if described and not heif.is_sequence(data) else []
    if not found:
        return heif.ends_early(data)
    # What follows the pictures, such as a camera's own trailer, need not be a box
    return any(one.end > len(data) or _is_blank(data, one) for one in found)


def _is_blank(data: bytes, extent: Extent) -> bool:
    """Whether the end of a coded picture was never written."""
    begin = max(extent.begin, extent.end - len(_MANY_ZEROS))
    is_coded = extent.kind in (_HEVC, _AV1)
    return is_coded and data[begin : extent.end] == _MANY_ZEROS


def has_gap(data: bytes) -> bool:
    """Whether a part of a picture in HEVC has been replaced by zeros."""
    return any(
        _FORBIDDEN in unit.rstrip(b"\0")
        for extent in extents(data)
        if extent.kind == _HEVC
        for unit in _units(data, extent)
    )


def _units(data: bytes, extent: Extent) -> Iterator[bytes]:
    """Yield the NAL units of a coded picture; each is preceded by its length."""
    at = extent.begin
    while (begin := at + _LENGTH_BYTES) < extent.end:
        at = begin + int.from_bytes(data[at:begin])
        if at > extent.end:
            return
        yield data[begin:at]


def extents(data: bytes) -> list[Extent]:
    """Return where the items are in the file, as far as that can be read."""
    kinds = dict(_kinds(data))
    places = islice(_places(data), _MAX_EXTENTS)
    return [Extent(kinds.get(item, b""), begin, end) for item, begin, end in places]


def _kinds(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield number and type of the items."""
    box = heif.content(data, b"iinf")
    for _, begin, end in heif.boxes(
        box, _WIDE_HEAD_BYTES if box[:1] > b"\0" else _HEAD_BYTES
    ):
        entry = box[begin:end]
        if entry[8:9] == b"\2":
            yield int.from_bytes(entry[12:14]), entry[16:20]
        if entry[8:9] == b"\3":
            yield int.from_bytes(entry[12:16]), entry[18:22]


def _places(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield number, start and end of the items' extents that are in the file."""
    box = heif.content(data, b"iloc")
    stream = BytesIO(box)

    def number(size: int) -> int:
        return int.from_bytes(stream.read(size))

    version, _, sizes = number(1), number(3), number(2)
    offset, length, base, index = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    wide = 4 if version > 1 else 2
    for _ in range(number(wide)):
        if stream.tell() >= len(box):
            return
        item = number(wide)
        method = number(2) & 15 if version else _IN_FILE
        number(2)
        start = number(base)
        for _ in range(number(2)):
            if version:
                number(index)
            begin = start + number(offset)
            size = number(length)
            if method == _IN_FILE and stream.tell() <= len(box):
                yield item, begin, begin + size
            if stream.tell() >= len(box):
                break
