"""What a TIFF says of itself, beyond what libvips tells: some kinds come out wrong."""

import math

from dropcut.pictures.codec.sniff import unsupported
from dropcut.pictures.codec.tiff_tags import (
    Entry,
    as_one_byte,
    entries,
    numbers_of,
    with_number,
)

EXTRA_LEFT_OUT = "channel that is no alpha left out"

_PLANES, _GREY_ALPHA, _NOT_CMYK = 2, 2, 2
_SUBFILE, _COMPRESSION, _COLOURS, _ORIENTATION = 254, 259, 262, 274
_SAMPLES, _PLANAR, _UNIT, _INK_SET = 277, 284, 296, 332
_EXTRA, _SAMPLE_FORMAT, _DNG, _BITS = 338, 339, 50706, 258
_FIRST_PRIVATE = 32768
_REDUCED, _OLD_JPEG, _INKS, _LAB, _ICC_LAB, _FLOAT = 1, 6, 5, 8, 9, 3
_SENSOR = {32803: "camera RAW", 34892: "camera RAW"}
_COLOUR_KINDS = {0, 1, 2, 3, _INKS, 6, _LAB, _ICC_LAB}
_LEAST_SAMPLES: dict[int | None, int] = {_INKS: 4}
# White is zero, black is zero, CIELAB: libvips takes the wrong one of more for alpha
_MOST_SAMPLES: dict[int | None, int] = {0: 2, 1: 2, _LAB: 3}
_ALPHAS = (1, 2)
_BYTE = 8
# libtiff takes these as damage, and other programs do not mind
_ALLOWED = {_ORIENTATION: (range(1, 9), 1), _UNIT: (range(1, 4), 2)}


def refuse_odd(data: bytes) -> None:
    """Refuse what libvips would open and show wrong.

    A camera's RAW is a TIFF whose first picture is a thumbnail.

    Raises:
        PictureError: The file is such a TIFF.
    """
    tags = {tag: numbers[0] for tag, numbers in numbers_of(data).items() if numbers}
    colours, samples = tags.get(_COLOURS), tags.get(_SAMPLES, 1)
    if _DNG in tags or tags.get(_SUBFILE, 0) & _REDUCED or data[8:10] == b"CR":
        raise unsupported("camera RAW")
    if colours is not None and colours not in _COLOUR_KINDS:
        raise unsupported(_SENSOR.get(colours, "TIFF with colours of a rare kind"))
    if tags.get(_COMPRESSION) == _OLD_JPEG:
        raise unsupported("TIFF with JPEG of the old kind")
    if colours == _ICC_LAB:
        raise unsupported("TIFF with ICC's Lab colours")
    if colours == _INKS and tags.get(_INK_SET) == _NOT_CMYK:
        raise unsupported("TIFF with inks that are not CMYK")
    most = _MOST_SAMPLES.get(colours, math.inf)
    if not _LEAST_SAMPLES.get(colours, 1) <= samples <= most:
        raise unsupported("TIFF with channels of its own")
    if tags.get(_SAMPLE_FORMAT) == _FLOAT:
        raise unsupported("TIFF with floating-point numbers")
    if tags.get(_PLANAR) == _PLANES and samples == _GREY_ALPHA:
        raise unsupported("TIFF with grey and alpha in planes")


def is_byte_lab(data: bytes) -> bool:
    """Whether the colours are CIELAB of 8 bits, which libvips does not open."""
    tags = numbers_of(data)
    return tags.get(_COLOURS) == (_LAB,) and tags.get(_BITS, ())[:1] == (_BYTE,)


def alpha_place(data: bytes) -> int | None:
    """Return which of the channels beyond the colours is alpha; None, if none is.

    Where the file says nothing it is the first one, as other programs take it.
    """
    kinds = numbers_of(data).get(_EXTRA, ())
    if not kinds:
        return 0
    alphas = [place for place, kind in enumerate(kinds) if kind in _ALPHAS]
    return alphas[0] if alphas else None


def mended(data: bytes) -> bytes:
    """Return a file without the slips that libtiff takes for damage."""
    slips = [entry for entry in entries(data) if _is_slip(entry)]
    if not slips:
        return data
    better = bytearray(data)
    for entry in slips:
        if entry.tag in _ALLOWED:
            with_number(better, entry, _ALLOWED[entry.tag][1])
        else:
            as_one_byte(better, entry)
    return bytes(better)


def _is_slip(entry: Entry) -> bool:
    if entry.tag in _ALLOWED:
        allowed, _ = _ALLOWED[entry.tag]
        return len(entry.numbers) == 1 and entry.numbers[0] not in allowed
    return entry.is_of_no_kind and entry.tag >= _FIRST_PRIVATE
