"""Edges on composites whose subject, background and alpha are known."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from dropcut.core.pictures import OutputOptions, Pixels
from dropcut.pictures.codec import Decoder
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from ...output_options import RAW
from ...photographs import encoded, noise, photograph
from ...results import Levels, blob, opaque, pixels

_WIDTH, _HEIGHT = 1200, 900
_CLEAN = OutputOptions(refine=False)
_REFINED = OutputOptions(clean_edges=False)
_LARGEST_ERROR = 8
_TINY = [(1, 1), (1, 500), (500, 1), (3, 2), (40, 30)]


def _photo(name: str) -> Pixels:
    resized = photograph(name).resize((_WIDTH, _HEIGHT), Image.Resampling.BICUBIC)
    return np.array(resized.filter(ImageFilter.GaussianBlur(2)))


@cache
def _alpha() -> Pixels:
    """Return a lopsided subject with lobes, whose edge is 12 pixels wide."""
    rows, columns = np.mgrid[:_HEIGHT, :_WIDTH]
    down, across = rows - 0.52 * _HEIGHT, columns - 0.45 * _WIDTH
    angle = np.arctan2(down, across)
    radius = 280 + 60 * np.sin(5 * angle) + 25 * np.cos(3 * angle + 1)
    alpha = np.clip((radius - np.hypot(down, across)) / 12 + 0.5, 0, 1)
    levels: Pixels = np.rint(alpha * 255).astype(np.uint8)
    return levels


@cache
def _composite(alpha_too: bool = False) -> bytes:  # noqa: FBT001, FBT002  # cached
    """Return a cat before coffee; with its own alpha, if wanted."""
    share = _alpha()[:, :, None] / 255
    mixture = _photo("chelsea.png") * share + _photo("coffee.png") * (1 - share)
    picture = Image.fromarray(np.rint(mixture).astype(np.uint8))
    if alpha_too:
        picture.putalpha(Image.fromarray(noise(_WIDTH, _HEIGHT)[:, :, 0]))
    return encoded(picture, "PNG", compress_level=1)


def _small(alpha: Pixels, blur: float = 0) -> Pixels:
    """Return alpha as a perfect model of 320 pixels would see it."""
    picture = Image.fromarray(alpha).resize((320, 320), Image.Resampling.BOX)
    return np.asarray(picture.filter(ImageFilter.GaussianBlur(blur)))


def _soft(alpha: Levels) -> NDArray[np.bool_]:
    return (alpha > 0) & (alpha <= 250)


def _colour_error(result: Levels) -> float:
    """Return the RMSE of the subject's colours in the soft band, weighted by alpha."""
    soft = _soft(result[:, :, 3])
    squares = ((result[:, :, :3] - _photo("chelsea.png")) ** 2).mean(axis=2)[soft]
    share = result[:, :, 3][soft]
    return float(np.sqrt((squares * share).sum() / share.sum()))


def _alpha_error(result: Levels) -> float:
    return float(np.abs(result[:, :, 3] - _alpha()).mean())


def test_clean_edges(codec: Decoder) -> None:
    """Clean edges have at most half the error of raw ones, and at most 8 of 255."""
    clean = _colour_error(pixels(codec, _composite(), _small(_alpha()), _CLEAN))
    raw = _colour_error(pixels(codec, _composite(), _small(_alpha()), RAW))
    assert clean <= raw / 2
    assert clean <= _LARGEST_ERROR


def test_hard_mask_is_cleaned(codec: Decoder) -> None:
    """A mask of only 0 and 255 is enlarged to soft edges, which are cleaned, too."""
    hard = np.where(_small(_alpha()) > 127, 255, 0).astype(np.uint8)
    clean = _colour_error(pixels(codec, _composite(), hard, _CLEAN))
    raw = _colour_error(pixels(codec, _composite(), hard, RAW))
    assert clean <= raw * 0.75


def test_refined_mask(codec: Decoder) -> None:
    """A blurred mask becomes more accurate when it follows the picture's edges."""
    blurred = _small(_alpha(), blur=2)
    refined = _alpha_error(pixels(codec, _composite(), blurred, _REFINED))
    assert refined <= _alpha_error(pixels(codec, _composite(), blurred, RAW)) * 0.9


def test_both(codec: Decoder) -> None:
    """Refined edges are clean as well."""
    blurred = _small(_alpha(), blur=2)
    both = _colour_error(pixels(codec, _composite(), blurred, OutputOptions()))
    assert both <= _colour_error(pixels(codec, _composite(), blurred, RAW)) / 2


@pytest.mark.parametrize("alpha_too", [False, True], ids=["opaque", "own-alpha"])
@pytest.mark.parametrize("options", [RAW, _CLEAN, _REFINED, OutputOptions()], ids=str)
def test_colours_elsewhere(
    codec: Decoder,
    options: OutputOptions,
    alpha_too: bool,  # noqa: FBT001  # a case
) -> None:
    """Without soft pixels the colours are the picture's, to the bit."""
    data = _composite(alpha_too)
    source = pixels(codec, data, opaque(), RAW)
    result = pixels(codec, data, _small(_alpha()), options)
    mask = pixels(
        codec, _composite(), _small(_alpha()), replace(options, output="mask")
    )
    inside = (mask > 250) & (result[:, :, 3] > 0)
    assert inside.sum() > _WIDTH * _HEIGHT / 8
    assert np.array_equal(result[inside][:, :3], source[inside][:, :3])
    assert not result[result[:, :, 3] == 0].any()


@pytest.mark.parametrize(
    "options", [_CLEAN, OutputOptions()], ids=["raw-mask", "refined"]
)
def test_alpha_does_not_depend_on_edges(codec: Decoder, options: OutputOptions) -> None:
    """Clean edges change colours but not alpha."""
    raw = replace(options, clean_edges=False)
    mask = _small(_alpha())
    clean = pixels(codec, _composite(), mask, options)[:, :, 3]
    assert np.array_equal(clean, pixels(codec, _composite(), mask, raw)[:, :, 3])


@pytest.mark.parametrize("size", [*_TINY, (333, 222)], ids=str)
@pytest.mark.parametrize("value", [0, 255])
def test_flat_mask(codec: Decoder, value: int, size: tuple[int, int]) -> None:
    """A full mask leaves the picture unchanged; an empty one leaves nothing."""
    source = noise(*size)
    data = encoded(Image.fromarray(source), "PNG")
    mask = np.full((32, 32), value, np.uint8)
    result = pixels(codec, data, mask, OutputOptions())
    assert (result[:, :, 3] == value).all()
    assert np.array_equal(result[:, :, :3], source if value else source * 0)


@pytest.mark.parametrize("size", _TINY, ids=str)
@pytest.mark.parametrize("mask", [blob(32, 32), blob(9, 50), blob(1, 1)], ids=len)
def test_tiny_picture(codec: Decoder, mask: Pixels, size: tuple[int, int]) -> None:
    """A picture that is smaller than its mask also gets refined edges."""
    data = encoded(Image.new("RGB", size, (200, 30, 40)), "PNG")
    result = pixels(codec, data, mask, OutputOptions())
    assert result.shape == (size[1], size[0], 4)
    visible = result[:, :, 3] > 0
    assert np.abs(result[visible][:, :3] - (200, 30, 40)).max(initial=0) <= 2
    assert not result[~visible].any()


def test_mask_of_another_size(codec: Decoder) -> None:
    """A mask of another size than the model's gives nearly the same result."""
    usual = pixels(codec, _composite(), _small(_alpha()), OutputOptions())
    other = Image.fromarray(_small(_alpha())).resize((200, 260))
    result = pixels(codec, _composite(), np.asarray(other), OutputOptions())
    assert np.abs(result[:, :, 3] - usual[:, :, 3]).mean() <= 1
