"""Crop and canvas: the complete subject, in the right place."""

from dataclasses import replace
from typing import Literal

import numpy as np
import pytest
from dropcut.core.pictures import OutputOptions, Pixels
from dropcut.pictures.codec import Decoder
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ...output_options import RAW
from ...photographs import encoded, noise, photograph
from ...results import Levels, blob, opaque, pixels

_CROP = OutputOptions(crop=True)
_OPTIONS = [replace(RAW, crop=True), _CROP]
_RED = (200, 20, 30)


def _photo(width: int, height: int) -> bytes:
    photo = photograph("coffee.png").resize((width, height))
    return encoded(photo, "PNG", compress_level=1)


def _red(width: int, height: int, alpha: Pixels | None = None) -> bytes:
    """Return a red picture, transparent or not."""
    picture = Image.new("RGB", (width, height), _RED)
    if alpha is not None:
        picture.putalpha(Image.fromarray(alpha))
    return encoded(picture, "PNG")


def _box(left: int, top: int, right: int, bottom: int, side: int = 64) -> Pixels:
    mask = np.zeros((side, side), np.uint8)
    mask[top:bottom, left:right] = 255
    return mask


def _subject(result: Levels) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of all that is visible."""
    visible = result[:, :, -1] > 10
    rows, columns = np.flatnonzero(visible.any(1)), np.flatnonzero(visible.any(0))
    return columns[0], rows[0], columns[-1] + 1, rows[-1] + 1


@pytest.mark.parametrize("options", _OPTIONS, ids=["raw", "default"])
@pytest.mark.parametrize("size", [(640, 480), (60, 44), (901, 333), (17, 300)])
def test_crop(codec: Decoder, options: OutputOptions, size: tuple[int, int]) -> None:
    """A crop equals the visible part of the whole, up to rounding."""
    data = _photo(*size)
    whole = pixels(codec, data, blob(), replace(options, crop=False))
    left, top, right, bottom = _subject(whole)
    assert (right - left, bottom - top) != size
    cropped = pixels(codec, data, blob(), options)
    assert cropped.shape == (bottom - top, right - left, 4)
    assert np.abs(cropped - whole[top:bottom, left:right]).max() <= 1


@pytest.mark.parametrize("percent", [5, 20, 45])
def test_margin(codec: Decoder, percent: float) -> None:
    """A margin is a share of the subject's longer side, on every side."""
    data = _photo(640, 480)
    whole = pixels(codec, data, blob(), OutputOptions())
    left, top, right, bottom = _subject(whole)
    margin = round(max(right - left, bottom - top) * percent / 100)
    rows = slice(max(top - margin, 0), bottom + margin)
    columns = slice(max(left - margin, 0), right + margin)
    cropped = pixels(codec, data, blob(), replace(_CROP, margin_percent=percent))
    assert cropped.shape == whole[rows, columns].shape
    assert np.abs(cropped - whole[rows, columns]).max() <= 1


@pytest.mark.parametrize(
    ("mask", "size"),
    [
        (_box(0, 0, 20, 20), (200, 200)),
        (_box(44, 44, 64, 64), (200, 200)),
        (_box(0, 30, 64, 40), (640, 100)),
        (_box(63, 0, 64, 64), (10, 640)),
    ],
    ids=["top-left", "bottom-right", "across", "edge"],
)
def test_crop_at_the_border(
    codec: Decoder, mask: Pixels, size: tuple[int, int]
) -> None:
    """A subject at the picture's border is cropped there, and has no margin beyond."""
    options = replace(RAW, crop=True, margin_percent=10)
    data = _red(640, 640)
    whole = pixels(codec, data, mask, RAW)
    left, top, right, bottom = _subject(whole)
    margin = round(max(right - left, bottom - top) / 10)
    cropped = pixels(codec, data, mask, options)
    assert cropped.shape[1] == min(right + margin, 640) - max(left - margin, 0)
    assert cropped.shape[0] == min(bottom + margin, 640) - max(top - margin, 0)
    assert abs(right - left - size[0]) + abs(bottom - top - size[1]) <= 40


@pytest.mark.parametrize("options", _OPTIONS, ids=["raw", "default"])
def test_own_alpha_is_cropped_to(codec: Decoder, options: OutputOptions) -> None:
    """A picture with an alpha of its own is cropped to what both leave visible."""
    alpha = np.zeros((300, 400), np.uint8)
    alpha[50:51, 100:301] = 255
    alpha[50:201, 200:202] = 11
    alpha[250, 20] = 10  # residue
    cropped = pixels(codec, _red(400, 300, alpha), opaque(), options)
    assert cropped.shape == (151, 201, 4)


@pytest.mark.parametrize("canvas", [None, (40, 30)])
@pytest.mark.parametrize("value", [0, 10])
def test_no_subject(codec: Decoder, value: int, canvas: tuple[int, int] | None) -> None:
    """Without a subject, the whole picture counts as the subject."""
    mask = np.full((32, 32), value, np.uint8)
    options = replace(RAW, crop=True, canvas_px=canvas)
    result = pixels(codec, _red(80, 60), mask, options)
    assert result.shape == (*(reversed(canvas) if canvas else (60, 80)), 4)
    assert (result[:, :, 3] == value).all()


@pytest.mark.parametrize("percent", [0, 5, 30])
@pytest.mark.parametrize("canvas", [(300, 300), (77, 200), (2000, 900), (31, 20)])
def test_canvas(codec: Decoder, canvas: tuple[int, int], percent: float) -> None:
    """A subject is centred on the canvas and as large as the margin allows."""
    options = replace(RAW, canvas_px=canvas, margin_percent=percent)
    data = _red(500, 400)
    left, top, right, bottom = _subject(pixels(codec, data, blob(), RAW))
    aspect = (right - left) / (bottom - top)
    result = pixels(codec, data, blob(), options)
    assert result.shape == (canvas[1], canvas[0], 4)
    left, top, right, bottom = _subject(result)
    assert abs(left + right - canvas[0]) <= 2
    assert abs(top + bottom - canvas[1]) <= 2
    room = [side - 2 * min(canvas) * percent / 100 for side in canvas]
    assert min(room[0] - (right - left), room[1] - (bottom - top)) <= 2
    assert right - left <= room[0] + 1
    assert bottom - top <= room[1] + 1
    assert abs((right - left) - aspect * (bottom - top)) <= 1 + aspect


@pytest.mark.parametrize("canvas", [(900, 700), (60, 90)], ids=["larger", "smaller"])
def test_no_dark_edge(codec: Decoder, canvas: tuple[int, int]) -> None:
    """A red subject stays red at soft edges, whichever way it is resized."""
    options = replace(RAW, canvas_px=canvas)
    result = pixels(codec, _red(300, 200), blob(), options)
    alpha = result[:, :, 3]
    assert ((alpha > 0) & (alpha < 255)).sum() > 100
    assert np.abs(result[alpha > 0][:, :3] - _RED).max() <= 1
    assert not result[alpha == 0].any()


def test_canvas_of_mask(codec: Decoder) -> None:
    """A mask on a canvas is the alpha of the cutout on it."""
    options = OutputOptions(canvas_px=(90, 120), margin_percent=5)
    data = _photo(400, 300)
    mask = pixels(codec, data, blob(), replace(options, output="mask"))
    cutout = pixels(codec, data, blob(), options)
    assert mask.shape == (120, 90)
    assert np.abs(mask - cutout[:, :, 3]).max() <= 1


@pytest.mark.parametrize("output", ["cutout", "mask"])
@pytest.mark.parametrize(
    "options", [replace(RAW, crop=True), RAW], ids=["crop", "canvas"]
)
def test_subject_of_one_pixel(
    codec: Decoder, options: OutputOptions, output: Literal["cutout", "mask"]
) -> None:
    """A subject of one pixel is cropped to it, and fills a canvas."""
    alpha = np.zeros((40, 50), np.uint8)
    alpha[31, 17] = 255
    data = _red(50, 40, alpha)
    canvas = None if options.crop else (30, 20)
    options = replace(options, canvas_px=canvas, output=output)
    result = pixels(codec, data, opaque(), options)
    assert result.shape[:2] == ((1, 1) if options.crop else (20, 30))
    assert result.max() == 255


@given(
    st.tuples(st.integers(1, 70), st.integers(1, 70)),
    st.tuples(st.integers(1, 60), st.integers(1, 60)),
    st.integers(0, 45),
)
def test_any_canvas(
    codec: Decoder, size: tuple[int, int], canvas: tuple[int, int], percent: float
) -> None:
    """Any picture fits any canvas, and hides no colour on it."""
    data = encoded(Image.fromarray(noise(*size)), "PNG")
    options = OutputOptions(canvas_px=canvas, margin_percent=percent)
    result = pixels(codec, data, blob(32, 32), options)
    assert result.shape == (canvas[1], canvas[0], 4)
    assert not result[result[:, :, 3] == 0].any()
