"""The boxes of HEIC and AVIF files: what the libraries do not tell of them.

ISO/IEC 14496-12 (the boxes) and 23008-12 (pictures in them).
"""

from collections.abc import Iterator
from itertools import islice

_HEAD_BYTES = 8
_MOST_BOXES = 1000
_MOST_BRANDS = 100
_VERSION_BYTES = 4
_VERSIONED = (b"meta", b"iref")

Box = tuple[bytes, int, int]


def _boxes(data: bytes, begin: int = 0, end: int | None = None) -> Iterator[Box]:
    """Yield kind, begin and end of boxes; the last may end beyond the file.

    No more of them than a thousand: a hostile file may consist of empty ones.
    """
    return islice(
        _all_boxes(data, begin, len(data) if end is None else end), _MOST_BOXES
    )


def _all_boxes(data: bytes, begin: int, limit: int) -> Iterator[Box]:
    while begin + _HEAD_BYTES <= limit:
        size = int.from_bytes(data[begin : begin + 4])
        if size == 1:
            size = int.from_bytes(data[begin + 8 : begin + 16])
        end = begin + size if size else limit
        if end < begin + _HEAD_BYTES:
            return
        yield data[begin + 4 : begin + 8], begin, end
        begin = end


def _inside(data: bytes, *path: bytes) -> Iterator[Box]:
    """Yield the boxes in the first box of a path of kinds, as `meta`, `iprp`."""
    found = _boxes(data)
    for wanted in path:
        _, begin, end = next((box for box in found if box[0] == wanted), (b"", 0, 0))
        head = _HEAD_BYTES + (_VERSION_BYTES if wanted in _VERSIONED else 0)
        found = _boxes(data, begin + head, min(end, len(data)))
    return found


def ends_early(data: bytes) -> bool:
    """Whether a box claims to reach beyond the end of the file."""
    ends = [end for _, _, end in _boxes(data)]
    return not ends or ends[-1] > len(data)


def brands(data: bytes) -> list[bytes]:
    """Return what a file says that it may be read as."""
    end = min(int.from_bytes(data[:4]), len(data), 4 * _MOST_BRANDS)
    return [data[i : i + 4] for i in range(8, end, 4)]


def holds_hevc(data: bytes) -> bool:
    """Whether a picture is described that is coded as HEIC's are."""
    return b"hvcC" in _properties(data)


def holds_av1(data: bytes) -> bool:
    """Whether a picture is described that is coded as AVIF's are."""
    return b"av1C" in _properties(data)


def _properties(data: bytes) -> set[bytes]:
    return {kind for kind, _, _ in _inside(data, b"meta", b"iprp", b"ipco")}


def is_sequence(data: bytes) -> bool:
    """Whether there are moving pictures as well."""
    return any(kind == b"moov" for kind, _, _ in _boxes(data))


def is_premultiplied(data: bytes) -> bool:
    """Whether the colours were multiplied by alpha before they were coded."""
    return any(kind == b"prem" for kind, _, _ in _inside(data, b"meta", b"iref"))


def colour_numbers(data: bytes) -> tuple[int, int] | None:
    """Return the numbers of primaries and curve that stand in place of a profile."""
    for kind, begin, _ in _inside(data, b"meta", b"iprp", b"ipco"):
        told = data[begin + _HEAD_BYTES : begin + _HEAD_BYTES + 8]
        if kind == b"colr" and told[:4] == b"nclx":
            return int.from_bytes(told[4:6]), int.from_bytes(told[6:8])
    return None
