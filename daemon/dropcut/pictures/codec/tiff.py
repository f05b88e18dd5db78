"""Finds TIFFs that libvips would decode wrongly, and facts that it does not report."""

import math
import zlib

from dropcut.pictures.codec.sniff import unsupported
from dropcut.pictures.codec.tiff_tags import (
    all_numbers,
    blank_entry,
    entries,
    numbers_of,
    set_number,
)

EXTRA_LEFT_OUT = "channel that is not alpha left out"

_PLANES, _GREY_ALPHA, _NOT_CMYK = 2, 2, 2
_SUBFILE, _COMPRESSION, _COLOURS, _ORIENTATION = 254, 259, 262, 274
_SAMPLES, _PLANAR, _UNIT, _INK_SET = 277, 284, 296, 332
_EXTRA, _SAMPLE_FORMAT, _DNG, _BITS = 338, 339, 50706, 258
_FIRST_PRIVATE = 32768
_REDUCED, _OLD_JPEG, _INKS, _LAB, _ICC_LAB, _FLOAT = 1, 6, 5, 8, 9, 3
_SENSOR_COLOURS = {32803, 34892}
_COLOUR_KINDS = {None, 0, 1, 2, 3, _INKS, 6, _LAB, _ICC_LAB}
# Minimum and maximum SamplesPerPixel by PhotometricInterpretation: WhiteIsZero,
# BlackIsZero, Separated and CIELab. With more, libvips uses the wrong sample as alpha;
# Separated (inks) may have any number of extra samples
_SAMPLES_OF: dict[int | None, tuple[int, float]] = {
    0: (1, 2),
    1: (1, 2),
    _INKS: (4, math.inf),
    _LAB: (1, 3),
}
_ALPHAS = (1, 2)
_DEFLATE = ((8,), (32946,))
_STRIPS, _TILES = (273, 279), (324, 325)
_PART_BYTES = 4096  # unpacks to 4 MiB at most
_BYTE = 8
# Allowed values and the default of Orientation and ResolutionUnit: libtiff treats other
# values as damage, other programs ignore them
_ALLOWED = {_ORIENTATION: (range(1, 9), 1), _UNIT: (range(1, 4), 2)}


def refuse_misdecoded(data: bytes) -> None:
    """Refuse a TIFF that libvips would open but decode wrongly.

    Raises:
        PictureError: The file is such a TIFF.
    """
    tags = {tag: numbers[0] for tag, numbers in numbers_of(data).items() if numbers}
    colours, samples = tags.get(_COLOURS), tags.get(_SAMPLES, 1)
    least, most = _SAMPLES_OF.get(colours, (1, samples))
    # A camera's RAW is a TIFF whose first picture is a thumbnail
    is_raw = _DNG in tags or tags.get(_SUBFILE, 0) & _REDUCED or data[8:10] == b"CR"
    planes = tags.get(_PLANAR) == _PLANES and samples == _GREY_ALPHA
    other_inks = colours == _INKS and tags.get(_INK_SET) == _NOT_CMYK
    odd = (
        (is_raw or colours in _SENSOR_COLOURS, "camera RAW"),
        (colours not in _COLOUR_KINDS, "TIFF with an uncommon colour space"),
        (tags.get(_COMPRESSION) == _OLD_JPEG, "TIFF with old-style JPEG"),
        (colours == _ICC_LAB, "TIFF with ICC Lab colours"),
        (other_inks, "TIFF with inks other than CMYK"),
        (not least <= samples <= most, "TIFF with an unusual number of channels"),
        (tags.get(_SAMPLE_FORMAT) == _FLOAT, "TIFF with floating-point numbers"),
        (planes, "TIFF with grey and alpha in separate planes"),
    )
    if name := next((name for found, name in odd if found), None):
        raise unsupported(name)


def has_wrong_checksum(data: bytes, max_bytes: int) -> bool:
    """Whether Deflate's checksum shows that the pixels are not the original ones.

    libtiff reads only the bytes that it needs, and never reaches the checksum.

    Args:
        data: Content of the whole file.
        max_bytes: Limit of the size of all unpacked pixels.
    """
    if numbers_of(data).get(_COMPRESSION, ())[:1] not in _DEFLATE:
        return False
    for begins, sizes in (_STRIPS, _TILES):
        counts = all_numbers(data, sizes)
        if sum(counts) > len(data):  # strips overlap: a hostile file
            return False
        for begin, size in zip(all_numbers(data, begins), counts, strict=False):
            strip, end = zlib.decompressobj(), begin + size
            for at in range(begin, end, _PART_BYTES):
                packed = data[at : min(at + _PART_BYTES, end)]
                try:
                    max_bytes -= len(strip.decompress(packed))
                except zlib.error:
                    return True
                if max_bytes < 0:
                    return False
    return False


def is_byte_lab(data: bytes) -> bool:
    """Whether the colours are 8-bit CIELAB, which libvips does not open."""
    tags = numbers_of(data)
    return tags.get(_COLOURS) == (_LAB,) and tags.get(_BITS, ())[:1] == (_BYTE,)


def alpha_band(data: bytes) -> int | None:
    """Return the index of the alpha band among the extra bands; None if none is alpha.

    Without ExtraSamples, the first extra band is alpha, as in other programs.
    """
    kinds = numbers_of(data).get(_EXTRA, ())
    if not kinds:
        return 0
    alphas = [place for place, kind in enumerate(kinds) if kind in _ALPHAS]
    return alphas[0] if alphas else None


def without_minor_errors(data: bytes) -> bytes:
    """Return a file without the minor errors that libtiff treats as damage.

    These are a value that the standard does not allow, and a private tag of an unknown
    type.
    """
    better: bytearray | None = None
    for entry in entries(data):
        allowed, default = _ALLOWED.get(entry.tag, (None, 0))
        if allowed and len(entry.numbers) == 1 and entry.numbers[0] not in allowed:
            better = better or bytearray(data)
            set_number(better, entry, default)
        if not allowed and entry.has_unknown_type and entry.tag >= _FIRST_PRIVATE:
            better = better or bytearray(data)
            blank_entry(better, entry)
    return data if better is None else bytes(better)
