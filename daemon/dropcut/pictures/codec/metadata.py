"""The metadata of a result."""

import re

import pyvips

from dropcut.core.pictures import OutputOptions
from dropcut.pictures.codec.colour import PROFILE
from dropcut.pictures.codec.metadata_fields import bare, blob, set_blob
from dropcut.pictures.codec.pillow import kept_exif

_EXIF, _XMP = "exif-data", "xmp-data"
_UNKNOWN_PER_MM = 1.0  # libvips' value for a file without a resolution
_USUAL_PER_MM = 72 / 25.4
_XMP_ORIENTATION = re.compile(
    rb"""(tiff:Orientation\s*(?:=\s*["']|>)\s*)[2-8](?=\s*["'<])"""
)
_PICTURES_IN_XMP = (b"/9j/", b"iVBORw0KGgo")  # how JPEG and PNG begin in base64


def with_metadata(
    result: pyvips.Image, source: pyvips.Image, options: OutputOptions, exif: bytes
) -> pyvips.Image:
    """Return a result with only the metadata that the options keep.

    The print resolution (dpi) is always kept; otherwise layouts would break. Embedded
    pictures are left out, because they show what was removed. The orientation is reset,
    because the result is upright. XMP is dropped if it may hide a picture: only UTF-8
    can be searched.

    Args:
        result: The result, with any metadata of its source.
        source: The picture, in the result's colours.
        options: Which metadata is kept.
        exif: The EXIF of the file.
    """
    unknown = source.xres == _UNKNOWN_PER_MM
    per_mm = (_USUAL_PER_MM,) * 2 if unknown else (source.xres, source.yres)
    tagged = bare(result).copy(xres=per_mm[0], yres=per_mm[1])
    if (
        options.keep != "none"
        and options.output == "cutout"
        and source.get_typeof(PROFILE)
    ):
        set_blob(tagged, PROFILE, blob(source, PROFILE))
    if options.keep == "all":
        if exif := kept_exif(exif):
            set_blob(tagged, _EXIF, exif)
        xmp = blob(source, _XMP)
        if xmp and not any(part in xmp for part in (b"\0", *_PICTURES_IN_XMP)):
            set_blob(tagged, _XMP, _XMP_ORIENTATION.sub(rb"\g<1>1", xmp))
    return tagged
