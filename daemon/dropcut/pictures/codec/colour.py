"""Converts colours: between a picture's own and sRGB, which models and displays use."""

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
_MAX_VALUE = {"uchar": 255, "ushort": 65_535}


@dataclass(frozen=True, slots=True)
class Colours:
    """A picture whose colours are known.

    Attributes:
        image: 3 bands, or 4 with a straight alpha; 8 or 16 bits.
        has_own_profile: Whether the colours are those of the image's embedded profile;
            otherwise they are sRGB.
        notes: What was ignored.
    """

    image: pyvips.Image
    has_own_profile: bool = False
    notes: tuple[str, ...] = ()

    @property
    def colour(self) -> pyvips.Image:
        """The bands without alpha."""
        return self.image[:3]

    @property
    def alpha(self) -> pyvips.Image | None:
        """The alpha band, if there is one."""
        return self.image[_RGB] if self.image.bands > _RGB else None

    def to_srgb8(self) -> pyvips.Image:
        """Return the colours in 8-bit sRGB."""
        if self.has_own_profile:
            return self.colour.icc_transform("srgb", embedded=True, depth=8, **_INTENT)
        return _at_depth(self.colour, 8)

    def from_srgb8(self, srgb: pyvips.Image) -> pyvips.Image:
        """Convert another picture from 8-bit sRGB to this one's colours and depth."""
        if self.has_own_profile:
            space = srgb.icc_import(input_profile="srgb", **_INTENT).copy()
            set_blob(space, PROFILE, blob(self.image, PROFILE))
            depth = DEEP_BITS if self.image.format == "ushort" else 8
            return space.icc_export(depth=depth, **_INTENT)
        return srgb if self.image.format == "uchar" else (srgb * 257).cast("ushort")


def max_value_of(image: pyvips.Image) -> int:
    """Return the largest value that an image's integer format can have."""
    return _MAX_VALUE[str(image.format)]


def colours_of(
    image: pyvips.Image,
    *,
    keep: bool,
    deep: bool,
    primaries: Primaries | None = None,
    alpha_band: int | None = 0,
) -> Colours:
    """Return a picture of any kind in known colours.

    Args:
        image: As its loader returned it.
        keep: Whether an embedded RGB profile is kept.
        deep: Whether more than 8 bits are kept, as 16.
        primaries: The primaries that the file declares without a profile; a profile
            wins over them.
        alpha_band: The index of the alpha band among the extra bands.

    Raises:
        PictureError: The values have a type that cannot be converted.
    """
    image, alpha = _split_alpha(image, alpha_band, deep=deep)
    depth = DEEP_BITS if deep and image.format == "ushort" else 8
    known = _known_colours(image, depth, primaries, keep=keep)
    if alpha is None:
        return known
    joined = known.image.bandjoin(_at_depth(alpha, depth))
    return Colours(joined, known.has_own_profile, known.notes)


def _split_alpha(
    image: pyvips.Image, alpha_band: int | None, *, deep: bool
) -> tuple[pyvips.Image, pyvips.Image | None]:
    """Separate colours from alpha, and drop bands that are neither."""
    if image.interpretation == "labs":
        lab = image.colourspace("lab")
        depth = DEEP_BITS if deep else 8
        rgb = lab.icc_export(output_profile="srgb", depth=depth, intent="relative")
        image = without(rgb, PROFILE)
    elif image.format not in _MAX_VALUE:
        raise unsupported(f"TIFF with values of type {image.format}")
    inks = 4 if image.interpretation == "cmyk" else 3
    colours = min(inks, image.bands - 1 if image.hasalpha() else image.bands)
    if image.interpretation in ("b-w", "grey16"):
        colours = 1
    there = alpha_band is not None and colours + alpha_band < image.bands
    alpha = image[colours + (alpha_band or 0)] if there else None
    return image[:colours] if image.bands > colours else image, alpha


def _known_colours(
    image: pyvips.Image, depth: int, primaries: Primaries | None, *, keep: bool
) -> Colours:
    """Return colours with their profile if it is kept, and otherwise in sRGB."""
    profile = blob(image, PROFILE)
    if not _is_used(image, profile):
        notes = (IGNORED,) if image.get_typeof(PROFILE) else ()
        return Colours(_to_srgb(image, depth, primaries), notes=notes)
    is_rgb = image.bands == _RGB
    foreign = not (is_rgb and _is_srgb(profile))
    if keep and is_rgb and _can_be_kept(profile):
        return Colours(_at_depth(image, depth), has_own_profile=foreign)
    if foreign:
        image = image.icc_transform("srgb", embedded=True, depth=depth, **_INTENT)
    notes = (CONVERTED,) if keep and is_rgb else ()
    return Colours(_to_srgb(image, depth, None), notes=notes)


def _is_used(image: pyvips.Image, profile: bytes) -> bool:
    """Whether libvips uses a profile: it may use another one without an error."""
    if not profile:
        return False
    try:
        used = image.icc_import(embedded=True, **_INTENT)
    except pyvips.Error:
        return False
    return blob(used, PROFILE) == profile


def _to_srgb(
    image: pyvips.Image, depth: int, primaries: Primaries | None
) -> pyvips.Image:
    """Convert colours that no profile describes; remove an unused profile."""
    if image.interpretation == "cmyk":
        image = image.icc_transform(
            "srgb", input_profile="cmyk", depth=depth, **_INTENT
        )
    elif primaries and image.bands == _RGB:
        image = primaries.srgb(image, max_value_of(image))
    wanted = "rgb16" if depth == DEEP_BITS else "srgb"
    if image.interpretation != wanted:
        image = image.colourspace(wanted)
    return without(image, PROFILE)


def _at_depth(image: pyvips.Image, depth: int) -> pyvips.Image:
    """Return the upper 8 of 16 bits if 8 are wanted, as libvips and Pillow do."""
    if depth == DEEP_BITS or image.format == "uchar":
        return image
    eight = (image >> 8).cast("uchar")
    return eight.copy(interpretation="srgb") if image.bands > 1 else eight


def _can_be_kept(profile: bytes) -> bool:
    """Whether a profile converts from sRGB, and a PNG can hold it; both are tried.

    Some profiles only convert from a device's colours, and libpng has its own rules.
    """
    dot = pyvips.Image.black(1, 1, bands=_RGB).copy(interpretation="srgb")
    own = dot.copy()
    set_blob(own, PROFILE, profile)
    try:
        Colours(own, has_own_profile=True).from_srgb8(dot).avg()
        png = own.write_to_buffer(".png", keep="icc")
        return blob(pyvips.Image.pngload_buffer(png), PROFILE) == profile
    except pyvips.Error:
        return False


def _is_srgb(profile: bytes) -> bool:
    """Whether a profile changes no colour of a test cube by more than one level."""
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
