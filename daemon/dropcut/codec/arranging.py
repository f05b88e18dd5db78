"""From the cutout to the result: crop, canvas, background, or the mask alone."""

from collections.abc import Callable

import pyvips

from dropcut.codec.colour import Colours
from dropcut.codec.cutting import Cutout
from dropcut.codec.sizing import resized
from dropcut.framing import Box, on_canvas, subject_box, with_margin
from dropcut.jobs import Look, Pixels

Backdrop = Callable[[int, int], pyvips.Image]


def arrange(
    cutout: Cutout,
    colours: Colours,
    look: Look,
    own_alpha: Pixels | None,
    backdrop: Backdrop,
) -> pyvips.Image:
    """Return the result as it is to be saved.

    Args:
        cutout: The subject.
        colours: Of the picture, to which a background is matched.
        look: What the result is to be.
        own_alpha: The picture's own, at the model's size, if it has one.
        backdrop: Gives the background in sRGB, by width and height.
    """
    layers = [cutout.alpha]
    if look.output == "cutout":
        layers = [cutout.colour, cutout.alpha]
    if look.crop or look.canvas_px:
        box = _subject(cutout, own_alpha)
        layers = _framed(layers, box, look, full=colours.full)
    if look.output == "mask":
        return layers[0].copy(interpretation=_interpretation(layers[0], grey=True))
    colour, alpha = layers
    if look.background is not None:
        back = colours.like(backdrop(colour.width, colour.height))
        mixed = back + (colour - back) * (alpha / colours.full)
        result = mixed.rint().cast(colour.format)
    else:
        result = colour.bandjoin(alpha)
    return result.copy(interpretation=_interpretation(result, grey=False))


def _interpretation(image: pyvips.Image, *, grey: bool) -> str:
    if image.format == "ushort":
        return "grey16" if grey else "rgb16"
    return "b-w" if grey else "srgb"


def _subject(cutout: Cutout, own_alpha: Pixels | None) -> Box:
    """Return where the subject is; all of the picture, if there is none."""
    small = cutout.small_alpha
    if own_alpha is not None:
        small = (small * (own_alpha / 255)).astype(small.dtype)
    width, height = cutout.alpha.width, cutout.alpha.height
    return subject_box(small, width, height) or Box(0, 0, width, height)


def _framed(
    layers: list[pyvips.Image], box: Box, look: Look, *, full: int
) -> list[pyvips.Image]:
    """Return the part of each layer that is wanted, where it is wanted."""
    if look.canvas_px is None:
        size = layers[0].width, layers[0].height
        part = with_margin(box, look.margin_percent, *size)
        return [_part(layer, part) for layer in layers]
    place = on_canvas(box, look.margin_percent, look.canvas_px)
    parts = [_part(layer, box) for layer in layers]
    return [
        layer.embed(place.left, place.top, *look.canvas_px)
        for layer in _scaled(parts, place.width, place.height, full=full)
    ]


def _part(image: pyvips.Image, box: Box) -> pyvips.Image:
    return image.crop(box.left, box.top, box.width, box.height)


def _scaled(
    layers: list[pyvips.Image], width_px: int, height_px: int, *, full: int
) -> list[pyvips.Image]:
    """Resize alpha, and colours by their share of alpha, or edges would darken."""
    alpha = layers[-1]
    small = resized(alpha, width_px, height_px)
    if len(layers) == 1:
        return [small]
    weighted = layers[0] * (alpha / full)
    colour = resized(weighted, width_px, height_px) * full / small
    colour = (small > 0).ifthenelse(colour, 0).rint().cast(alpha.format)
    return [colour, small]


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
