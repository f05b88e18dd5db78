"""Colours: of the picture itself, and in sRGB as model and screens want them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyvips

from dropcut.pictures.codec.metadata_fields import blob, set_blob, without
from dropcut.pictures.codec.primaries import Primaries
from dropcut.pictures.codec.sniff import unsupported

PROFILE = "icc-profile-data"
IGNORED = "colour profile ignored"
CONVERTED = "colour profile not kept"
DEEP_BITS = 16

_INTENT: dict[str, Any] = {"intent": "relative", "black_point_compensation": True}
_RGB = 3
_FULL = {"uchar": 255, "ushort": 65_535}


@dataclass(frozen=True, slots=True)
class Colours:
    """A picture whose colours are known.

    Attributes:
        image: Of 3 bands, or 4 with a straight alpha; 8 or 16 bits. A profile that it
            carries is its own.
        own: Whether its colours are not sRGB, but those of its profile.
        notes: What was ignored.
    """

    image: pyvips.Image
    own: bool = False
    notes: tuple[str, ...] = ()

    @property
    def full(self) -> int:
        """The largest value."""
        return full_of(self.image)

    @property
    def colour(self) -> pyvips.Image:
        """The bands without alpha."""
        return self.image[:3]

    @property
    def alpha(self) -> pyvips.Image | None:
        """The alpha band, if there is one."""
        return self.image[_RGB] if self.image.bands > _RGB else None

    def seen(self) -> pyvips.Image:
        """Return the colours in 8-bit sRGB."""
        if self.own:
            return self.colour.icc_transform("srgb", embedded=True, depth=8, **_INTENT)
        return _eight_bits(self.colour)

    def like(self, srgb: pyvips.Image) -> pyvips.Image:
        """Return another picture, 8-bit sRGB, in these colours and as many bits."""
        if self.own:
            space = srgb.icc_import(input_profile="srgb", **_INTENT).copy()
            set_blob(space, PROFILE, blob(self.image, PROFILE))
            depth = DEEP_BITS if self.image.format == "ushort" else 8
            return space.icc_export(depth=depth, **_INTENT)
        return srgb if self.image.format == "uchar" else (srgb * 257).cast("ushort")


def full_of(image: pyvips.Image) -> int:
    """Return the largest value that a picture of whole numbers can have."""
    return _FULL[str(image.format)]


def colours_of(
    image: pyvips.Image,
    *,
    keep: bool,
    deep: bool,
    told: Primaries | None = None,
    alpha_place: int | None = 0,
) -> Colours:
    """Return a picture of any kind in colours that are known.

    Args:
        image: As its loader gave it.
        keep: Whether a profile of its own is to be kept, if it is one for RGB.
        deep: Whether more than 8 bits are kept, as 16.
        told: Which colours the file tells by other means than a profile, which wins.
        alpha_place: Which band beyond the colours is alpha.
    """
    image, alpha = _parted(_regular(image, deep=deep), alpha_place)
    profile_there = bool(image.get_typeof(PROFILE))
    fits = profile_there and _fits(image)
    wanted = fits and keep and image.bands == _RGB
    kept = wanted and _can_be_kept(blob(image, PROFILE))
    foreign = fits and (image.bands != _RGB or not _is_srgb(blob(image, PROFILE)))
    depth = DEEP_BITS if deep and image.format == "ushort" else 8
    if kept:
        colour = image if depth == DEEP_BITS else _eight_bits(image)
    else:
        colour = _to_srgb(image, depth, None if fits else told, foreign=foreign)
    if alpha is not None:
        colour = colour.bandjoin(alpha if depth == DEEP_BITS else _eight_bits(alpha))
    ignored = (IGNORED,) if profile_there and not fits else ()
    notes = (*ignored, CONVERTED) if wanted and not kept else ignored
    return Colours(colour, own=kept and foreign, notes=notes)


def _regular(image: pyvips.Image, *, deep: bool) -> pyvips.Image:
    """Return a picture of which each band is what its interpretation says."""
    if image.interpretation == "labs":
        lab = image.colourspace("lab")
        depth = DEEP_BITS if deep else 8
        rgb = lab.icc_export(output_profile="srgb", depth=depth, intent="relative")
        return without(rgb, PROFILE)
    if image.format in _FULL:
        return image
    raise unsupported(f"TIFF with numbers of the kind {image.format}")


def _parted(
    image: pyvips.Image, alpha_place: int | None
) -> tuple[pyvips.Image, pyvips.Image | None]:
    """Part the colours from alpha, and leave bands out that are neither."""
    inks = 4 if image.interpretation == "cmyk" else 3
    colours = min(inks, image.bands - 1 if image.hasalpha() else image.bands)
    if image.interpretation in ("b-w", "grey16"):
        colours = 1
    there = alpha_place is not None and colours + alpha_place < image.bands
    alpha = image[colours + (alpha_place or 0)] if there else None
    return image[:colours] if image.bands > colours else image, alpha


def _fits(image: pyvips.Image) -> bool:
    """Whether the profile is used: libvips falls back to others without an error."""
    try:
        used = image.icc_import(embedded=True, **_INTENT)
    except pyvips.Error:
        return False
    return blob(used, PROFILE) == blob(image, PROFILE)


def _to_srgb(
    image: pyvips.Image, depth: int, told: Primaries | None, *, foreign: bool
) -> pyvips.Image:
    if foreign:
        image = image.icc_transform("srgb", embedded=True, depth=depth, **_INTENT)
    elif image.interpretation == "cmyk":
        image = image.icc_transform(
            "srgb", input_profile="cmyk", depth=depth, **_INTENT
        )
    elif told and image.bands == _RGB:
        image = told.srgb(image, full_of(image))
    wanted = "rgb16" if depth == DEEP_BITS else "srgb"
    if image.interpretation != wanted:
        image = image.colourspace(wanted)
    return without(image, PROFILE)


def _eight_bits(image: pyvips.Image) -> pyvips.Image:
    """Take the upper 8 of 16 bits, as libvips and Pillow do."""
    if image.format == "uchar":
        return image
    eight = (image >> 8).cast("uchar")
    return eight.copy(interpretation="srgb") if image.bands > 1 else eight


def _can_be_kept(profile: bytes) -> bool:
    """Whether a profile gets from sRGB to its colours, and into a PNG: both are tried.

    Some only lead out of a scanner's colours, and the library of PNG has own rules.
    """
    dot = pyvips.Image.black(1, 1, bands=_RGB).copy(interpretation="srgb")
    own = dot.copy()
    set_blob(own, PROFILE, profile)
    try:
        Colours(own, own=True).like(dot).avg()
        png = own.write_to_buffer(".png", keep="icc")
        return blob(pyvips.Image.pngload_buffer(png), PROFILE) == profile
    except pyvips.Error:
        return False


def _is_srgb(profile: bytes) -> bool:
    """Whether a profile changes no colour by more than one level: it is tried."""
    steps = np.linspace(0, 255, 6).astype(np.uint8)
    cube = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(1, -1, 3)
    image = pyvips.Image.new_from_array(cube).copy(interpretation="srgb")
    set_blob(image, PROFILE, profile)
    try:
        converted = image.icc_transform("srgb", embedded=True, depth=8, **_INTENT)
        pixels = converted.numpy().reshape(cube.shape).astype(int)
    except (pyvips.Error, ValueError):
        return False
    return bool(np.abs(pixels - cube).max() <= 1)
