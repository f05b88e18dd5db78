"""From the cutout to the result: crop, canvas and background."""

from collections.abc import Callable

import pyvips

from dropcut.core.pictures import OutputOptions, Pixels
from dropcut.pictures.codec.colour import full_of
from dropcut.pictures.codec.resize import resized
from dropcut.pictures.numerics.layout import (
    Box,
    cut_sides,
    on_canvas,
    subject_box,
    with_margin,
)

Hold = Callable[[pyvips.Image], pyvips.Image]
Backdrop = Callable[[int, int], pyvips.Image]

_RESIDUE, _HALF = 10 / 255, 0.5
_REACH_PX = 3


def arrange(
    cutout: pyvips.Image,
    mask: Pixels,
    options: OutputOptions,
    hold: Hold,
    backdrop: Backdrop,
) -> pyvips.Image:
    """Return a result as it is to be saved.

    Args:
        cutout: The subject, of which alpha is the last band, or the only one.
        mask: Of the model, from which the cutout was made.
        options: What the result is to be.
        hold: Returns a picture in memory.
        backdrop: Returns the background, by width and height, in the cutout's colours.
    """
    if options.crop or options.canvas_px:
        cutout = _framed(cutout, mask, options, hold)
    if options.output == "cutout" and options.background is not None:
        cutout = _before(cutout, backdrop(cutout.width, cutout.height))
    return cutout.copy(interpretation=_interpretation(cutout))


def _framed(
    cutout: pyvips.Image, mask: Pixels, options: OutputOptions, hold: Hold
) -> pyvips.Image:
    """Return the part that is wanted, at the size and the place that are wanted.

    What may belong to it is held in memory: only the whole alpha tells where the
    subject ends, and a stream cannot be gone through twice.
    """
    around = _roughly(mask, cutout, options.margin_percent)
    held = hold(_part(cutout, around))
    box = _subject(held, _RESIDUE)
    if options.canvas_px is None:
        part = with_margin(box, options.margin_percent, held.width, held.height)
        return _part(held, part)
    solid = _subject(held, _HALF).shifted(around.left, around.top)
    cut = cut_sides(solid, cutout.width, cutout.height)
    place = on_canvas(box, options.margin_percent, options.canvas_px, cut)
    scaled = _scaled(_part(held, box), place.width, place.height)
    return scaled.embed(place.left, place.top, *options.canvas_px)


def _interpretation(image: pyvips.Image) -> str:
    grey = image.bands == 1
    if image.format == "ushort":
        return "grey16" if grey else "rgb16"
    return "b-w" if grey else "srgb"


def _part(image: pyvips.Image, box: Box) -> pyvips.Image:
    return image.crop(box.left, box.top, box.width, box.height)


def _roughly(mask: Pixels, cutout: pyvips.Image, margin_percent: float) -> Box:
    """Return what is as large as the subject and its margin, or larger.

    All of the picture, if there is no subject.
    """
    width, height = cutout.width, cutout.height
    box = subject_box(mask, width, height)
    if box is None:
        return Box(0, 0, width, height)
    across = _reach(width, mask.shape[1])
    down = _reach(height, mask.shape[0])
    left, top = max(box.left - across, 0), max(box.top - down, 0)
    right = min(box.left + box.width + across, width)
    bottom = min(box.top + box.height + down, height)
    box = Box(left, top, right - left, bottom - top)
    return with_margin(box, margin_percent, width, height)


def _reach(size_px: int, samples: int) -> int:
    """Return how far beyond its box, in pixels, a mask may be seen when resized."""
    return round(size_px / samples) + _REACH_PX


def _subject(cutout: pyvips.Image, share: float) -> Box:
    """Return where alpha is above a share of full, to the pixel; all, if nowhere."""
    alpha, threshold = cutout[cutout.bands - 1], share * full_of(cutout)
    box = Box(*alpha.find_trim(threshold=threshold, background=[0], line_art=True))
    return box if box.width else Box(0, 0, cutout.width, cutout.height)


def _scaled(cutout: pyvips.Image, width_px: int, height_px: int) -> pyvips.Image:
    """Resize alpha, and colours by their share of alpha, or edges would darken."""
    if cutout.bands == 1:
        return resized(cutout, width_px, height_px)
    full = full_of(cutout)
    shares = cutout.copy(interpretation="srgb").premultiply(max_alpha=full)
    scaled = resized(shares, width_px, height_px).unpremultiply(max_alpha=full)
    whole = scaled.rint().cast(cutout.format)
    return (whole[3] > 0).ifthenelse(whole, 0)


def _before(cutout: pyvips.Image, backdrop: pyvips.Image) -> pyvips.Image:
    """Lay a cutout before a background."""
    share = cutout[3] / full_of(cutout)
    mixed = backdrop + (cutout[:3] - backdrop) * share
    return mixed.rint().cast(cutout.format)


def plain(colour: tuple[int, int, int], width_px: int, height_px: int) -> pyvips.Image:
    """Return a background of one colour."""
    black = pyvips.Image.black(width_px, height_px, bands=3)
    return (black + list(colour)).cast("uchar").copy(interpretation="srgb")


def covering(picture: pyvips.Image, width_px: int, height_px: int) -> pyvips.Image:
    """Return a background picture, as large as needed, its middle in the middle."""
    scale = max(width_px / picture.width, height_px / picture.height)
    width = max(round(picture.width * scale), width_px)
    height = max(round(picture.height * scale), height_px)
    left, top = (width - width_px) // 2, (height - height_px) // 2
    return resized(picture, width, height).crop(left, top, width_px, height_px)
