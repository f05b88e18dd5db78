"""Opens a file with the loader for its format."""

from dataclasses import dataclass
from typing import Any, cast

import pyvips

from dropcut.core.pictures import InputFormat
from dropcut.pictures.codec import heif, pillow, png, tiff
from dropcut.pictures.codec.colour import PROFILE
from dropcut.pictures.codec.endings import is_unfinished
from dropcut.pictures.codec.metadata_fields import blob, set_blob
from dropcut.pictures.codec.primaries import (
    ADOBE_RGB,
    Primaries,
    primaries_from_cicp,
)
from dropcut.pictures.codec.sniff import truncated, unsupported

_LOADERS = {
    InputFormat.JPEG: "jpegload_buffer",
    InputFormat.PNG: "pngload_buffer",
    InputFormat.WEBP: "webpload_buffer",
    InputFormat.TIFF: "tiffload_buffer",
    InputFormat.GIF: "gifload_buffer",
    InputFormat.AVIF: "heifload_buffer",
}
_CORRECTIONS = {
    InputFormat.PNG: png.with_early_metadata,
    InputFormat.TIFF: tiff.without_minor_errors,
}
_MAX_BANDS = 5  # CMYK and alpha
_BYTE_BITS = 8
_UNKNOWN_PER_MM, _MAX_PER_MM = 1.0, 1_000_000  # libvips' limit of a resolution
_INTEROPERABILITY = "exif-ifd4-InteroperabilityIndex"


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What is known of a picture before its pixels are decoded.

    Attributes:
        orientation: 1 to 8, as in EXIF.
        primaries: The colour space, if declared by other means than a profile.
        alpha_band: Index of the alpha band among the extra bands, if any is alpha.
        opened: The picture as Pillow opened it, if libvips cannot read it.
    """

    width_px: int
    height_px: int
    orientation: int
    notes: tuple[str, ...]
    primaries: Primaries | None
    alpha_band: int | None = 0
    opened: pillow.Opened | None = None


def read_header(data: bytes, kind: InputFormat, *, deep: bool) -> Header:
    """Read the header of a file.

    Raises:
        PictureError: The file is truncated, or of a kind that cannot be read.
        pyvips.Error: The file is damaged.
        pillow.UnreadableError: The file is damaged.
    """
    if is_unfinished(data, kind):
        raise truncated()  # decoders would show the missing part as grey or noise
    if kind is InputFormat.TIFF:
        tiff.refuse_misdecoded(data)
    if opened := _opened_by_pillow(data, kind, deep=deep):
        return Header(
            width_px=opened.width_px,
            height_px=opened.height_px,
            orientation=1,
            notes=_pages(data, kind, opened.pages),
            primaries=_primaries(data, kind, None, profiled=PROFILE in opened.metadata),
            opened=opened,
        )
    image = load(data, kind)
    profiled = bool(image.get_typeof(PROFILE))
    if image.bands > _MAX_BANDS:
        raise unsupported(f"{kind} with {image.bands} channels")
    band = tiff.alpha_band(data) if kind is InputFormat.TIFF else 0
    pages = _pages(data, kind, _number(image, "n-pages"))
    return Header(
        width_px=image.width,
        height_px=image.height,
        orientation=_number(image, "orientation"),
        notes=pages if band is not None else (*pages, tiff.EXTRA_LEFT_OUT),
        primaries=_primaries(data, kind, image, profiled=profiled),
        alpha_band=band,
    )


def _opened_by_pillow(
    data: bytes, kind: InputFormat, *, deep: bool
) -> pillow.Opened | None:
    if kind is InputFormat.HEIC:
        return pillow.open_heic(data, deep=deep)
    if kind is InputFormat.BMP:
        return pillow.open_bmp(data)
    if kind is InputFormat.TIFF and tiff.is_byte_lab(data):
        return pillow.open_lab_tiff(data)
    return None


def load(
    data: bytes, kind: InputFormat, source: pyvips.Source | None = None
) -> pyvips.Image:
    """Open a file with libvips, as a stream of pixels.

    Args:
        data: The content of the whole file.
        kind: The file's format.
        source: A source of the same bytes, for a JPEG that is watched.
    """
    options: Any = {"access": "sequential", "fail_on": "error"}
    if correct := _CORRECTIONS.get(kind):
        data = correct(data)
    image: pyvips.Image
    if source:
        image = pyvips.Image.jpegload_source(source, **options)
    else:
        image = getattr(pyvips.Image, _LOADERS[kind])(data, **options)
    resolutions = image.xres, image.yres
    if not all(0 < per_mm <= _MAX_PER_MM for per_mm in resolutions):
        image = image.copy(xres=_UNKNOWN_PER_MM, yres=_UNKNOWN_PER_MM)
    bits = _number(image, "bits-per-sample")
    if kind is InputFormat.AVIF and image.format == "ushort" and bits > _BYTE_BITS:
        image |= image >> bits  # otherwise white is slightly below the maximum
    if kind is InputFormat.AVIF and image.hasalpha() and heif.is_premultiplied(data):
        image = image.unpremultiply().rint().cast(image.format)
    return image


def exif_of(data: bytes, kind: InputFormat, image: pyvips.Image) -> bytes:
    """Return a picture's EXIF; a TIFF file is itself in that format."""
    return data if kind is InputFormat.TIFF else blob(image, "exif-data")


def from_pillow(opened: pillow.Opened) -> pyvips.Image:
    """Decode all pixels with Pillow, and attach the metadata to the image."""
    image = pyvips.Image.new_from_array(opened.pixels())
    deep = image.format == "ushort"
    kinds = ("grey16", "rgb16") if deep else ("b-w", "srgb")
    image = image.copy(interpretation=kinds[image.bands > 2])  # noqa: PLR2004
    for name, value in opened.metadata.items():
        set_blob(image, name, value)
    return image


def _pages(data: bytes, kind: InputFormat, pages: int) -> tuple[str, ...]:
    if kind is InputFormat.PNG and png.is_animated(data):
        return ("still picture of an animation",)
    if (
        kind in (InputFormat.HEIC, InputFormat.AVIF)
        and pages == 1
        and heif.is_sequence(data)
    ):
        return ("still picture of an animation",)
    return (f"first of {pages} pages",) if pages > 1 else ()


def _primaries(
    data: bytes, kind: InputFormat, image: pyvips.Image | None, *, profiled: bool
) -> Primaries | None:
    """Return the primaries that a file declares by other means than a profile."""
    if not profiled and kind in (InputFormat.HEIC, InputFormat.AVIF):
        return primaries_from_cicp(heif.cicp_codes(data), kind)
    if not profiled and kind is InputFormat.PNG:
        return primaries_from_cicp(png.cicp_codes(data), kind)
    if kind is InputFormat.JPEG and image and image.get_typeof(_INTEROPERABILITY):
        index = str(image.get(_INTEROPERABILITY))
        return ADOBE_RGB if index.startswith("R03") else None
    return None


def _number(image: pyvips.Image, name: str) -> int:
    """Return a number from the header, or 1 if it is absent."""
    return cast("int", image.get(name)) if image.get_typeof(name) else 1
