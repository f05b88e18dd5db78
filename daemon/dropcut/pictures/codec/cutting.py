"""Makes the cutout; alpha and colour are computed only where the edge is soft.

`ifthenelse` computes its expensive side only in the tiles that need it.
"""

import math

import numpy as np
import pyvips
from numpy.typing import NDArray

from dropcut.core.pictures import OutputOptions, Pixels
from dropcut.pictures.codec.colour import Colours, max_value_of
from dropcut.pictures.codec.resize import image_of, resized
from dropcut.pictures.numerics import foreground
from dropcut.pictures.numerics.guided_filter import (
    CLEAR,
    SOLID,
    Refinement,
    levels,
    refine,
)
from dropcut.pictures.numerics.layout import touched_blocks

_BLOCK_PX = 16
_BINOMIAL = [[1, 2, 1], [2, 4, 2], [1, 2, 1]], 16
_ALPHAS = np.arange(256) / 255
_REACH, _SHRINKING_REACH = 2, 3  # samples, of bicubic interpolation and of Lanczos


def cut_out(
    colours: Colours, guide: Pixels, mask: Pixels, options: OutputOptions
) -> pyvips.Image:
    """Return a picture without its background.

    Args:
        colours: The full-size picture.
        guide: The picture at the model's size, (height, width, 3) uint8 sRGB.
        mask: The model's mask, (height, width) uint8.
        options: Whether edges are refined and cleaned.

    Returns:
        3 bands of colour, zero where alpha is zero, and one of alpha; only alpha if the
        output is a mask. The band format is the picture's.
    """
    alpha, small = _alpha(colours, guide, mask, refined=options.refine)
    if options.output == "mask":
        return _with_existing_alpha(alpha, colours)
    colour = colours.colour
    if options.clean_edges:
        colour = _cleaned(colours, guide, alpha, small)
    alpha = _with_existing_alpha(alpha, colours)
    return (alpha > 0).ifthenelse(colour, 0).bandjoin(alpha)


def _alpha(
    colours: Colours, guide: Pixels, mask: Pixels, *, refined: bool
) -> tuple[pyvips.Image, Pixels]:
    """Return alpha at full size and at the guide's size."""
    height, width = guide.shape[:2]
    image = colours.image
    small = mask
    if mask.shape != (height, width):
        small = resized(image_of(mask), width, height).numpy().reshape(height, width)
    if refined and max(image.width / width, image.height / height) > 1:
        fitted = refine(guide, small)
        return _refined(colours.to_srgb8(), fitted), fitted.alpha
    alpha = resized(image_of(mask), image.width, image.height)
    if refined:  # the picture has no more detail than the mask
        return alpha.maplut(image_of(levels()[None])), levels()[small]
    return alpha, small


def _refined(srgb: pyvips.Image, fitted: Refinement) -> pyvips.Image:
    """Apply the functions fitted at the model's size to the full-size colours.

    The colours are smoothed slightly; otherwise noise and compression would fray the
    edges.
    """
    size = srgb.width, srgb.height
    slope = resized(image_of(fitted.slope), *size, "bilinear")
    offset = resized(image_of(fitted.offset), *size, "bilinear")
    low = resized(image_of(fitted.low), *size, "bilinear")
    high = resized(image_of(fitted.high), *size, "bilinear")
    smoothed = srgb.conv(pyvips.Image.new_from_array(*_BINOMIAL), precision="integer")
    linear = (smoothed * slope).bandmean() * srgb.bands + offset
    floored = (linear < low).ifthenelse(low, linear)
    within = (floored > high).ifthenelse(high, floored).rint().cast("uchar")
    soft = within.maplut(image_of(levels()[None]))
    undecided = _blocks((fitted.low < SOLID) & (fitted.high > CLEAR), *size)
    solid = _blocks(fitted.low >= SOLID, *size)
    return undecided.ifthenelse(soft, solid)


def _cleaned(
    colours: Colours, guide: Pixels, alpha: pyvips.Image, small_alpha: Pixels
) -> pyvips.Image:
    """Replace the mixed colours of soft pixels by the subject's own.

    The estimate explains the small picture; the residual of the full-size picture is
    distributed between foreground and background by least squares.
    """
    image, full = colours.colour, max_value_of(colours.image)
    size = image.width, image.height
    space = colours.from_srgb8(image_of(guide).copy(interpretation="srgb"))
    like_guide = (space * (255 / full)).rint().cast("uchar").numpy()
    front, back = foreground.estimate(like_guide, small_alpha)
    subject, contrast = (
        resized(image_of(part * np.float32(full)), *size, "bilinear")
        for part in (front, front - back)
    )
    residual = image - subject + contrast * alpha.maplut(_table(1 - _ALPHAS))
    gain = _ALPHAS / (_ALPHAS**2 + (1 - _ALPHAS) ** 2)
    clean = (subject + residual * alpha.maplut(_table(gain))).rint()
    soft = (alpha > 0) & (alpha <= foreground.SOLID)
    result = soft.ifthenelse(clean.cast(image.format), image)
    some, some_less = small_alpha > 0, small_alpha <= foreground.SOLID
    return (_blocks(some, *size) & _blocks(some_less, *size)).ifthenelse(result, image)


def _table(values: NDArray[np.float64]) -> pyvips.Image:
    """Return a lookup table for `maplut`, indexed by alpha of 0 to 255."""
    return image_of(values.astype(np.float32)[None])


def _blocks(marked: NDArray[np.bool_], width: int, height: int) -> pyvips.Image:
    """Return 255 in the blocks of pixels that marked samples influence, 0 elsewhere.

    The image is made by `zoom`, which makes libvips compute small tiles instead of
    whole lines, so `ifthenelse` can skip many tiles.
    """
    shrunk = max(marked.shape[0] / height, marked.shape[1] / width)
    reach = math.ceil(_SHRINKING_REACH * shrunk) if shrunk > 1 else _REACH
    blocks = touched_blocks(marked, reach, width, height, _BLOCK_PX)
    flags = image_of(np.where(blocks, 255, 0).astype(np.uint8))
    return flags.zoom(_BLOCK_PX, _BLOCK_PX).crop(0, 0, width, height)


def _with_existing_alpha(alpha: pyvips.Image, colours: Colours) -> pyvips.Image:
    """Multiply alpha by the picture's own alpha, if any, at the picture's depth."""
    if colours.alpha is not None:
        product = colours.alpha * alpha / 255
        return product.rint().cast(colours.image.format)
    if colours.image.format == "ushort":
        return (alpha * 257).cast("ushort")
    return alpha
