"""Parses the boxes of HEIC and AVIF files for facts that the libraries do not report.

See ISO/IEC 14496-12 (the boxes) and 23008-12 (the pictures in them).
"""

from collections.abc import Iterator

_HEAD_BYTES = 8
_MAX_BOXES = 1000
_MAX_BRANDS = 100
_VERSION_BYTES = 4
_VERSIONED = (b"meta", b"iref")

Box = tuple[bytes, int, int]


def boxes(data: bytes, begin: int = 0, limit: int | None = None) -> Iterator[Box]:
    """Yield type, start and end of boxes; the last may end beyond the file.

    Stops after a thousand boxes, because a hostile file may consist of empty ones.
    """
    limit = len(data) if limit is None else limit
    for _ in range(_MAX_BOXES):
        if begin + _HEAD_BYTES > limit:
            return
        size = int.from_bytes(data[begin : begin + 4])
        if size == 1:
            size = int.from_bytes(data[begin + 8 : begin + 16])
        end = begin + size if size else limit
        if end < begin + _HEAD_BYTES:
            return
        yield data[begin + 4 : begin + 8], begin, end
        begin = end


def _inside(data: bytes, *path: bytes) -> Iterator[Box]:
    """Yield the boxes in the first box at a path of types, such as `meta`, `iprp`."""
    found = boxes(data)
    for wanted in path:
        _, begin, end = next((box for box in found if box[0] == wanted), (b"", 0, 0))
        head = _HEAD_BYTES + (_VERSION_BYTES if wanted in _VERSIONED else 0)
        found = boxes(data, begin + head, min(end, len(data)))
    return found


def ends_early(data: bytes) -> bool:
    """Whether a box claims to extend beyond the end of the file."""
    ends = [end for _, _, end in boxes(data)]
    return not ends or ends[-1] > len(data)


def brands(data: bytes) -> list[bytes]:
    """Return the formats that the file declares compatibility with."""
    end = min(int.from_bytes(data[:4]), len(data), 4 * _MAX_BRANDS)
    return [data[i : i + 4] for i in range(8, end, 4)]


def properties(data: bytes) -> set[bytes]:
    """Return the types of properties: `hvcC` if coded as in HEIC, `av1C` as in AVIF."""
    return {kind for kind, _, _ in _inside(data, b"meta", b"iprp", b"ipco")}


def content(data: bytes, kind: bytes) -> bytes:
    """Return the content of the first box of a type in `meta`; empty without one."""
    for found, begin, end in _inside(data, b"meta"):
        if found == kind:
            return data[begin + _HEAD_BYTES : end]
    return b""


def is_sequence(data: bytes) -> bool:
    """Whether the file also contains an image sequence."""
    return any(kind == b"moov" for kind, _, _ in boxes(data))


def is_premultiplied(data: bytes) -> bool:
    """Whether the colours were multiplied by alpha before they were coded."""
    return any(kind == b"prem" for kind, _, _ in _inside(data, b"meta", b"iref"))


def cicp_codes(data: bytes) -> tuple[int, int] | None:
    """Return the CICP codes of the primaries and the transfer function, if any.

    They stand in for a profile if the file has none; a profile wins over them.
    """
    for kind, begin, _ in _inside(data, b"meta", b"iprp", b"ipco"):
        value = data[begin + _HEAD_BYTES : begin + _HEAD_BYTES + 8]
        if kind == b"colr" and value[:4] == b"nclx":
            return int.from_bytes(value[4:6]), int.from_bytes(value[6:8])
    return None
