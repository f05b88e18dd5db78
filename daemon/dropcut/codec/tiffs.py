"""What a TIFF says of itself, beyond what libvips tells: some kinds come out wrong."""

import math
import warnings
from io import BytesIO
from typing import Any

from dropcut.codec.sniff import unsupported

_PLANES, _GREY_ALPHA = 2, 2
_SUBFILE, _COMPRESSION, _COLOURS = 254, 259, 262
_SAMPLES, _PLANAR, _SAMPLE_FORMAT, _DNG = 277, 284, 339, 50706
_REDUCED, _OLD_JPEG, _LAB, _ICC_LAB, _FLOAT = 1, 6, 8, 9, 3
_BITS = 258
# White is zero, black is zero, CIELAB: libvips takes the wrong one of more for alpha
_MOST_SAMPLES: dict[int | None, int] = {0: 2, 1: 2, _LAB: 3}
_BYTE = 8


def refuse_odd(data: bytes) -> None:
    """Refuse what libvips would open and show wrong.

    A camera's RAW is a TIFF whose first picture is a thumbnail.

    Raises:
        PictureError: The file is such a TIFF.
    """
    tags = _tags(data)
    if _DNG in tags or tags.get(_SUBFILE, 0) & _REDUCED or data[8:10] == b"CR":
        raise unsupported("camera RAW")
    if tags.get(_COMPRESSION) == _OLD_JPEG:
        raise unsupported("TIFF with JPEG of the old kind")
    if tags.get(_COLOURS) == _ICC_LAB:
        raise unsupported("TIFF with ICC's Lab colours")
    if tags.get(_SAMPLES, 1) > _MOST_SAMPLES.get(tags.get(_COLOURS), math.inf):
        raise unsupported("TIFF with channels of its own")
    if tags.get(_SAMPLE_FORMAT) == _FLOAT:
        raise unsupported("TIFF with floating-point numbers")
    if tags.get(_PLANAR) == _PLANES and tags.get(_SAMPLES) == _GREY_ALPHA:
        raise unsupported("TIFF with grey and alpha in planes")


def is_byte_lab(data: bytes) -> bool:
    """Whether the colours are CIELAB of 8 bits, which libvips does not open."""
    tags = _tags(data)
    return tags.get(_COLOURS) == _LAB and tags.get(_BITS) == _BYTE


def _tags(data: bytes) -> dict[int, int]:
    """Return the numbers of the first picture; none of a file that is damaged."""
    from PIL.TiffImagePlugin import ImageFileDirectory_v2  # noqa: PLC0415  # slow

    try:
        with warnings.catch_warnings(action="ignore"):
            head = data[:16] if b"+" in data[2:4] else data[:8]
            directory: Any = ImageFileDirectory_v2(head)
            stream = BytesIO(data)
            stream.seek(directory.next)
            directory.load(stream)
            return {tag: _number(value) for tag, value in directory.items()}
    except Exception:  # noqa: BLE001  # Pillow raises anything; libvips judges the rest
        return {}


def _number(value: object) -> int:
    first = value[0] if isinstance(value, tuple) and value else value
    return first if isinstance(first, int) else 0
