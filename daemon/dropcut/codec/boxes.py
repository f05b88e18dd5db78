"""The boxes of HEIC and AVIF files: what the libraries do not tell of them.

ISO/IEC 14496-12 (the boxes) and 23008-12 (pictures in them).
"""

from collections.abc import Iterator

_HEAD_BYTES = 8
_LONG_HEAD_BYTES = 16
_P3_PRIMARIES = 12  # ITU-T H.273, table 2


def _boxes(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, begin and end of each outer box; the last may end beyond the file."""
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
    size = int.from_bytes(data[:4])
    return [data[i : i + 4] for i in range(8, min(size, len(data)), 4)]


def _meta(data: bytes) -> bytes:
    """Return the box that describes the picture."""
    for kind, begin, end in _boxes(data):
        if kind == b"meta":
            return data[begin:end]
    return b""


def holds_hevc(data: bytes) -> bool:
    """Whether a picture is described that is coded as HEIC's are."""
    return b"hvcC" in _meta(data)


def holds_av1(data: bytes) -> bool:
    """Whether a picture is described that is coded as AVIF's are."""
    return b"av1C" in _meta(data)


def is_sequence(data: bytes) -> bool:
    """Whether there are moving pictures as well."""
    return any(kind == b"moov" for kind, _, _ in _boxes(data))


def is_premultiplied(data: bytes) -> bool:
    """Whether the colours were multiplied by alpha before they were coded."""
    return b"prem" in _meta(data)


def is_display_p3(data: bytes) -> bool:
    """Whether numbers, in place of a profile, say that the colours are Display P3."""
    meta = _meta(data)
    at = meta.find(b"colrnclx")
    return at >= 0 and int.from_bytes(meta[at + 8 : at + 10]) == _P3_PRIMARIES
