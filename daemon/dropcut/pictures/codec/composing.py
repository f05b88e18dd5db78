"""Turns the cutout into the result: crop, canvas and background."""

from collections.abc import Callable

import pyvips

from dropcut.core.pictures import OutputOptions, Pixels
from dropcut.pictures.codec.colour import max_value_of
from dropcut.pictures.codec.resize import resized
from dropcut.pictures.numerics.layout import (
    Box,
    cut_off_sides,
    on_canvas,
    subject_box,
    with_margin,
)

InMemory = Callable[[pyvips.Image], pyvips.Image]
Background = Callable[[int, int], pyvips.Image]

_RESIDUE, _HALF = 10 / 255, 0.5
_REACH_PX = 3


def compose(
    cutout: pyvips.Image,
    mask: Pixels,
    options: OutputOptions,
    in_memory: InMemory,
    background: Background,
) -> pyvips.Image:
    """Return the result, ready to be encoded.

    Args:
        cutout: The subject; alpha is its last or only band.
        mask: The model's mask from which the cutout was made.
        options: What the result is to contain.
        in_memory: Decodes an image into memory.
        background: Returns the background of a width and a height, in the cutout's
            colours.
    """
    if options.crop or options.canvas_px:
        cutout = _framed(cutout, mask, options, in_memory)
    if options.output == "cutout" and options.background is not None:
        # Porter and Duff's operator "over", with an opaque background
        behind, alpha = background(cutout.width, cutout.height), cutout[3]
        mixed = behind + (cutout[:3] - behind) * (alpha / max_value_of(cutout))
        cutout = mixed.rint().cast(cutout.format)
    grey, deep = cutout.bands == 1, cutout.format == "ushort"
    kinds = ("rgb16", "grey16") if deep else ("srgb", "b-w")
    return cutout.copy(interpretation=kinds[grey])


def _framed(
    cutout: pyvips.Image, mask: Pixels, options: OutputOptions, in_memory: InMemory
) -> pyvips.Image:
    """Return the cropped or fitted subject, at its size and place in the result.

    Everything that may belong to it is decoded into memory, because the subject's
    extent is known only from the whole alpha, and a stream can be read only once.
    """
    around = _search_box(mask, cutout, options.margin_percent)
    held = in_memory(_part(cutout, around))
    box = _subject(held, _RESIDUE)
    if options.canvas_px is None:
        part = with_margin(box, options.margin_percent, held.width, held.height)
        return _part(held, part)
    solid = _subject(held, _HALF).shifted(around.left, around.top)
    cut = cut_off_sides(solid, cutout.width, cutout.height)
    place = on_canvas(box, options.margin_percent, options.canvas_px, cut)
    scaled = _scaled(_part(held, box), place.width, place.height)
    return scaled.embed(place.left, place.top, *options.canvas_px)


def _part(image: pyvips.Image, box: Box) -> pyvips.Image:
    return image.crop(box.left, box.top, box.width, box.height)


def _search_box(mask: Pixels, cutout: pyvips.Image, margin_percent: float) -> Box:
    """Return a box that is certain to contain the subject and its margin.

    If there is no subject, the box is the whole picture.
    """
    width, height = cutout.width, cutout.height
    box = subject_box(mask, width, height)
    if box is None:
        return Box(0, 0, width, height)
    # A resized mask may be visible this far outside its box
    across = round(width / mask.shape[1]) + _REACH_PX
    down = round(height / mask.shape[0]) + _REACH_PX
    left, top = max(box.left - across, 0), max(box.top - down, 0)
    right = min(box.left + box.width + across, width)
    bottom = min(box.top + box.height + down, height)
    box = Box(left, top, right - left, bottom - top)
    return with_margin(box, margin_percent, width, height)


def _subject(cutout: pyvips.Image, fraction: float) -> Box:
    """Return the exact box of alpha above a fraction of its maximum; all if empty."""
    alpha, threshold = cutout[cutout.bands - 1], fraction * max_value_of(cutout)
    box = Box(*alpha.find_trim(threshold=threshold, background=[0], line_art=True))
    return box if box.width else Box(0, 0, cutout.width, cutout.height)


def _scaled(cutout: pyvips.Image, width_px: int, height_px: int) -> pyvips.Image:
    """Resize alpha and premultiplied colours; otherwise edges would darken."""
    if cutout.bands == 1:
        return resized(cutout, width_px, height_px)
    full = max_value_of(cutout)
    multiplied = cutout.copy(interpretation="srgb").premultiply(max_alpha=full)
    scaled = resized(multiplied, width_px, height_px).unpremultiply(max_alpha=full)
    rounded = scaled.rint().cast(cutout.format)
    return (rounded[3] > 0).ifthenelse(rounded, 0)


def plain(colour: tuple[int, int, int], width_px: int, height_px: int) -> pyvips.Image:
    """Return a background of one colour."""
    black = pyvips.Image.black(width_px, height_px, bands=3)
    return (black + list(colour)).cast("uchar").copy(interpretation="srgb")


def cover(picture: pyvips.Image, width_px: int, height_px: int) -> pyvips.Image:
    """Scale and crop a background picture to a size, centred, as CSS `cover` does."""
    scale = max(width_px / picture.width, height_px / picture.height)
    width = max(round(picture.width * scale), width_px)
    height = max(round(picture.height * scale), height_px)
    left, top = (width - width_px) // 2, (height - height_px) // 2
    return resized(picture, width, height).crop(left, top, width_px, height_px)
