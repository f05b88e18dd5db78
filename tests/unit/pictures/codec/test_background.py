"""A subject on a new background: a colour, or a picture that covers all."""

from dataclasses import replace

import numpy as np
import pytest
from dropcut.core.pictures import OutputOptions
from dropcut.pictures.codec import Decoder
from PIL import Image

from ...output_options import RAW
from ...photographs import (
    encoded,
    noise,
    photograph,
    wide_gamut_profile,
    with_orientation,
)
from ...results import Levels, blob, levels, made, pixels, seen

_NOTHING = np.zeros((8, 8), np.uint8)
_SIZES = [(60, 80), (80, 60), (300, 40), (40, 300), (1, 1), (2, 500), (1000, 700)]


def _photo(width: int, height: int) -> bytes:
    return encoded(photograph("coffee.png").resize((width, height)), "PNG")


def _chart(width: int, height: int) -> Image.Image:
    """Return a picture whose quarters differ, with a grey middle."""
    picture = Image.new("RGB", (2, 2))
    colours = [(250, 0, 0), (0, 250, 0), (0, 0, 250), (250, 250, 0)]
    for place, colour in zip(((0, 0), (1, 0), (0, 1), (1, 1)), colours, strict=True):
        picture.putpixel(place, colour)
    return picture.resize((width, height), Image.Resampling.NEAREST)


def _covering(picture: Image.Image, width: int, height: int) -> Levels:
    """Return a background picture that Pillow scaled and cropped, centred."""
    scale = max(width / picture.width, height / picture.height)
    left = max((picture.width - width / scale) / 2, 0)
    top = max((picture.height - height / scale) / 2, 0)
    box = (left, top, picture.width - left, picture.height - top)
    resized = picture.resize((width, height), Image.Resampling.BICUBIC, box=box)
    return np.asarray(resized).astype(int)


@pytest.mark.parametrize("options", [RAW, OutputOptions()], ids=["raw", "default"])
@pytest.mark.parametrize("colour", [(255, 255, 255), (0, 0, 0), (17, 99, 200)])
def test_colour(
    codec: Decoder, options: OutputOptions, colour: tuple[int, int, int]
) -> None:
    """A background colour is exact, and soft edges are mixed with it."""
    cutout = pixels(codec, _photo(300, 200), blob(), options)
    data = made(codec, _photo(300, 200), blob(), replace(options, background=colour))
    assert seen(data).mode == "RGB"
    share = cutout[:, :, 3:] / 255
    expected = cutout[:, :, :3] * share + np.array(colour) * (1 - share)
    assert np.abs(levels(data) - expected).max() <= 1
    clear = cutout[:, :, 3] == 0
    assert clear.any()
    assert (levels(data)[clear] == colour).all()


def test_own_alpha(codec: Decoder) -> None:
    """The background shows where the picture was already transparent."""
    picture = Image.fromarray(noise(40, 30))
    picture.putalpha(0)
    options = replace(RAW, background=(1, 2, 3))
    result = pixels(codec, encoded(picture, "PNG"), np.full((8, 8), 255, "u1"), options)
    assert (result == (1, 2, 3)).all()


@pytest.mark.parametrize("size", _SIZES, ids=str)
def test_picture_covers(codec: Decoder, size: tuple[int, int]) -> None:
    """A background picture of any shape covers the whole result, centred."""
    behind = photograph("chelsea.png").resize(size, Image.Resampling.LANCZOS)
    options = replace(RAW, background=encoded(behind, "PNG"))
    result = pixels(codec, _photo(120, 90), _NOTHING, options)
    expected = _covering(behind, 120, 90)
    assert result.shape == expected.shape
    assert np.abs(result - expected).mean() <= 6


@pytest.mark.parametrize("number", range(1, 9))
def test_picture_is_upright(codec: Decoder, number: int) -> None:
    """A background picture is rotated as its EXIF says."""
    behind = with_orientation(_chart(120, 90), "PNG", number)
    result = pixels(codec, _photo(120, 90), _NOTHING, replace(RAW, background=behind))
    assert np.array_equal(result, np.asarray(_chart(120, 90)))


def test_picture_of_another_gamut(codec: Decoder) -> None:
    """A background picture's colours are converted to sRGB."""
    options = {"icc_profile": wide_gamut_profile()}
    behind = encoded(Image.new("RGB", (9, 9), (200, 30, 40)), "PNG", **options)
    expected = pixels(codec, behind, np.full((8, 8), 255, "u1"), RAW)[0, 0, :3]
    assert np.abs(expected - (200, 30, 40)).max() > 5
    result = pixels(codec, _photo(40, 30), _NOTHING, replace(RAW, background=behind))
    assert (result == expected).all()


def test_clear_picture(codec: Decoder) -> None:
    """Transparent parts of a background are white; nothing hidden shows."""
    hidden = Image.new("RGBA", (20, 20), (200, 30, 40, 0))
    hidden.paste((0, 0, 255, 255), (10, 0, 20, 20))
    options = replace(RAW, background=encoded(hidden, "PNG"))
    result = pixels(codec, _photo(20, 20), _NOTHING, options)
    assert (result[:, :9] == 255).all()
    assert (result[:, 11:] == (0, 0, 255)).all()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIC", "BMP", "GIF", "AVIF"])
def test_picture_of_any_format(codec: Decoder, kind: str) -> None:
    """A background picture may have any format that Dropcut reads."""
    behind = encoded(Image.new("RGB", (64, 64), (200, 30, 40)), kind)
    result = pixels(codec, _photo(40, 30), _NOTHING, replace(RAW, background=behind))
    assert np.abs(result - (200, 30, 40)).max() <= 4


@pytest.mark.parametrize("canvas", [None, (150, 90)])
def test_behind_a_crop(codec: Decoder, canvas: tuple[int, int] | None) -> None:
    """A background covers the cropped result, or the canvas, and no more."""
    options = replace(RAW, crop=True, canvas_px=canvas, margin_percent=10)
    behind = _chart(60, 40)
    cutout = pixels(codec, _photo(300, 200), blob(), options)
    options = replace(options, background=encoded(behind, "PNG"))
    result = pixels(codec, _photo(300, 200), blob(), options)
    assert result.shape == (*cutout.shape[:2], 3)
    corners = result[[0, 0, -1, -1], [0, -1, 0, -1]]
    clear = cutout[[0, 0, -1, -1], [0, -1, 0, -1], 3] == 0
    assert (corners == np.asarray(behind)[[0, 0, -1, -1], [0, -1, 0, -1]])[clear].all()
    assert clear.any()


def test_mask_has_no_background(codec: Decoder) -> None:
    """A mask is the same, whatever the background."""
    options = OutputOptions(output="mask")
    plain = pixels(codec, _photo(300, 200), blob(), options)
    coloured = replace(options, background=(9, 9, 9))
    assert np.array_equal(pixels(codec, _photo(300, 200), blob(), coloured), plain)
