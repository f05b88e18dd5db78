"""TIFF files built tag by tag, valid or not."""

import struct

import numpy as np
from numpy.typing import NDArray

_SHORT, _LONG = 3, 4

Tag = tuple[int, int, bytes | int]
"""Kind, count, and the value in place or the bytes elsewhere."""


def shorts(*values: int) -> Tag:
    """Return a tag of 16-bit numbers."""
    packed = struct.pack(f"<{len(values)}H", *values)
    return _SHORT, len(values), packed


def tiff_bytes(
    samples: NDArray[np.unsignedinteger], tags: dict[int, Tag] | None = None
) -> bytes:
    """Return a TIFF of one strip with additional or different tags.

    Args:
        samples: (height, width, channels) of 8 or 16 bits.
        tags: By their numbers.
    """
    height, width, channels = samples.shape
    wanted: dict[int, Tag] = {
        256: (_LONG, 1, width),
        257: (_LONG, 1, height),
        258: shorts(*[samples.dtype.itemsize * 8] * channels),
        259: shorts(1),
        262: shorts(2),
        273: (_LONG, 1, 0),
        277: shorts(channels),
        278: (_LONG, 1, height),
        279: (_LONG, 1, samples.nbytes),
    } | (tags or {})
    wanted[273] = (_LONG, 1, len(_directory(wanted)))
    return _directory(wanted) + samples.astype(f"<u{samples.dtype.itemsize}").tobytes()


def _directory(tags: dict[int, Tag]) -> bytes:
    entries, rest = b"", b""
    begin = 8 + 2 + 12 * len(tags) + 4
    for tag, (kind, count, value) in sorted(tags.items()):
        if isinstance(value, int):
            inline = struct.pack("<I", value)
        elif len(value) <= 4:
            inline = value.ljust(4, b"\0")
        else:
            inline, rest = struct.pack("<I", begin + len(rest)), rest + value
        entries += struct.pack("<HHI", tag, kind, count) + inline
    head = b"II*\0" + struct.pack("<IH", 8, len(tags))
    return head + entries + struct.pack("<I", 0) + rest
