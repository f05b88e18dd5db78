"""The boxes of HEIC and AVIF files: what the libraries do not tell of them.

ISO/IEC 14496-12 (the boxes) and 23008-12 (pictures in them).
"""

from collections.abc import Iterator
from itertools import islice

_HEAD_BYTES = 8
_MOST_BOXES = 1000
_MOST_BRANDS = 100
_P3_PRIMARIES = 12  # ITU-T H.273, table 2


def _boxes(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, begin and end of outer boxes; the last may end beyond the file.

    No more of them than a thousand: a hostile file may consist of empty ones.
    """
    return islice(_all_boxes(data), _MOST_BOXES)


def _all_boxes(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    begin = 0
    while begin + _HEAD_BYTES <= len(data):
        size = int.from_bytes(data[begin : begin + 4])
        if size == 1:
            size = int.from_bytes(data[begin + 8 : begin + 16])
        end = begin + size if size else len(data)
        if end < begin + _HEAD_BYTES:
            return
        yield data[begin + 4 : begin + 8], begin, end
        begin = end


def ends_early(data: bytes) -> bool:
    """Whether a box claims to reach beyond the end of the file."""
    ends = [end for _, _, end in _boxes(data)]
    return not ends or ends[-1] > len(data)


def brands(data: bytes) -> list[bytes]:
    """Return what a file says that it may be read as."""
    end = min(int.from_bytes(data[:4]), len(data), 4 * _MOST_BRANDS)
    return [data[i : i + 4] for i in range(8, end, 4)]


def _find_in_meta(data: bytes, words: bytes) -> int:
    """Return where the box that describes the picture says something; -1 if nowhere."""
    for kind, begin, end in _boxes(data):
        if kind == b"meta":
            return data.find(words, begin, end)
    return -1


def holds_hevc(data: bytes) -> bool:
    """Whether a picture is described that is coded as HEIC's are."""
    return _find_in_meta(data, b"hvcC") >= 0


def holds_av1(data: bytes) -> bool:
    """Whether a picture is described that is coded as AVIF's are."""
    return _find_in_meta(data, b"av1C") >= 0


def is_sequence(data: bytes) -> bool:
    """Whether there are moving pictures as well."""
    return any(kind == b"moov" for kind, _, _ in _boxes(data))


def is_premultiplied(data: bytes) -> bool:
    """Whether the colours were multiplied by alpha before they were coded."""
    return _find_in_meta(data, b"prem") >= 0


def is_display_p3(data: bytes) -> bool:
    """Whether numbers, in place of a profile, say that the colours are Display P3."""
    at = _find_in_meta(data, b"colrnclx")
    return at >= 0 and int.from_bytes(data[at + 8 : at + 10]) == _P3_PRIMARIES
