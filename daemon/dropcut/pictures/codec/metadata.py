"""What a result tells of its picture besides the pixels."""

import re

import pyvips

from dropcut.core.pictures import OutputOptions
from dropcut.pictures.codec.colour import PROFILE
from dropcut.pictures.codec.metadata_fields import bare, blob, set_blob
from dropcut.pictures.codec.pillow import kept_exif

_EXIF, _XMP = "exif-data", "xmp-data"
_UNKNOWN_PER_MM = 1.0  # what libvips says of a file that says nothing
_USUAL_PER_MM = 72 / 25.4
_XMP_ORIENTATION = re.compile(
    rb"""(tiff:Orientation\s*(?:=\s*["']|>)\s*)[2-8](?=\s*["'<])"""
)
_PICTURES_IN_XMP = (b"/9j/", b"iVBORw0KGgo")  # JPEG and PNG begin so in base64


def with_metadata(
    result: pyvips.Image, source: pyvips.Image, options: OutputOptions, exif: bytes
) -> pyvips.Image:
    """Return a result with all the metadata that its look keeps, and no other.

    But how large it is to be printed is never lost, or a layout would break.
    Pictures within the metadata are left out: they show what was cut off. And nothing
    tells a reader to turn what is upright.

    Args:
        result: Carries any of its source's.
        source: The picture in the result's colours.
        options: Tells what is kept.
        exif: The file's.
    """
    unknown = source.xres == _UNKNOWN_PER_MM
    per_mm = (_USUAL_PER_MM,) * 2 if unknown else (source.xres, source.yres)
    dressed = bare(result).copy(xres=per_mm[0], yres=per_mm[1])
    if (
        options.keep != "none"
        and options.output == "cutout"
        and source.get_typeof(PROFILE)
    ):
        set_blob(dressed, PROFILE, blob(source, PROFILE))
    if options.keep == "all":
        if exif := kept_exif(exif):
            set_blob(dressed, _EXIF, exif)
        if xmp := _kept_xmp(blob(source, _XMP)):
            set_blob(dressed, _XMP, xmp)
    return dressed


def _kept_xmp(xmp: bytes) -> bytes:
    """Return XMP that holds no picture; it must be UTF-8 for that to be seen."""
    if b"\0" in xmp or any(head in xmp for head in _PICTURES_IN_XMP):
        return b""
    return _XMP_ORIENTATION.sub(rb"\g<1>1", xmp)
