"""What a result tells of its picture besides the pixels."""

import pyvips

from dropcut.codec.blobs import blob, copy_field
from dropcut.codec.colour import PROFILE, Colours
from dropcut.jobs import Look

_EXIF = "exif-"
_KEPT = (_EXIF, "xmp-", "iptc-")
_ORIENTATION = ("orientation", "exif-ifd0-Orientation")
_THUMBNAIL = "jpeg-thumbnail-data"  # it shows the background
_THUMBNAILS_IN_XMP = (b"xmpGImg:image", b"GImage:Data", b"GDepth:Data")


def with_metadata(result: pyvips.Image, colours: Colours, look: Look) -> pyvips.Image:
    """Return a result with all the metadata that its look keeps, and no other.

    Pictures within the metadata are left out: they show what was cut off.
    """
    dressed = result.copy()
    for name in [n for n in dressed.get_fields() if _is_metadata(n)]:
        dressed.remove(name)
    source = colours.image
    if look.keep != "none" and look.output == "cutout" and source.get_typeof(PROFILE):
        copy_field(PROFILE, source, dressed)
    if look.keep == "all":
        for name in source.get_fields():
            if name.startswith(_KEPT) and name not in _ORIENTATION:
                copy_field(name, source, dressed)
        _leave_pictures_out(dressed)
    return dressed


def _is_metadata(name: str) -> bool:
    return name.startswith(_KEPT) or name in (PROFILE, _THUMBNAIL, *_ORIENTATION)


def _leave_pictures_out(image: pyvips.Image) -> None:
    xmp = blob(image, "xmp-data")
    if any(word in xmp for word in _THUMBNAILS_IN_XMP):
        image.remove("xmp-data")
