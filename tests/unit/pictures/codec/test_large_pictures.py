"""Long and large pictures: streams are read once, and in order."""

from dataclasses import replace

import numpy as np
import pytest
from dropcut.core.pictures import OutputOptions, Pixels
from dropcut.pictures.codec import Decoder
from PIL import Image

from ...output_options import RAW
from ...photographs import encoded, photograph
from ...results import opaque, pixels

_SIZES = [(200, 7000), (7000, 200), (1500, 1100)]
_OPTIONS = {
    "default": OutputOptions(),
    "crop": OutputOptions(crop=True, margin_percent=5),
    "small-canvas": OutputOptions(canvas_px=(90, 70)),
    "large-canvas": OutputOptions(canvas_px=(1500, 1200), margin_percent=5),
    "mask": OutputOptions(output="mask", canvas_px=(90, 70)),
}


def _photo(size: tuple[int, int]) -> bytes:
    photo = photograph("coffee.png").resize(size, Image.Resampling.BILINEAR)
    return encoded(photo, "JPEG")


def _at_the_end(width: int, height: int) -> Pixels:
    """Return a mask whose subject is in the lower right."""
    rows, columns = np.mgrid[:height, :width]
    distance = np.hypot(rows / height - 0.8, columns / width - 0.8)
    mask: Pixels = np.clip((0.15 - distance) * 4000, 0, 255).astype(np.uint8)
    return mask


@pytest.mark.parametrize("options", _OPTIONS.values(), ids=_OPTIONS.keys())
@pytest.mark.parametrize("size", _SIZES, ids=str)
def test_long_picture(
    codec: Decoder, size: tuple[int, int], options: OutputOptions
) -> None:
    """A streamed picture gives the same result as one in memory."""
    data, mask = _photo(size), _at_the_end(64, 64)
    decoded = pixels(codec, data, opaque(), RAW)[:, :, :3].astype(np.uint8)
    held = pixels(codec, encoded(Image.fromarray(decoded), "BMP"), mask, options)
    streamed = pixels(codec, data, mask, options)
    assert streamed.shape == held.shape
    assert np.abs(streamed - held).max() <= 1


@pytest.mark.parametrize("behind", _SIZES, ids=str)
@pytest.mark.parametrize("size", [(120, 90), (900, 40), (1000, 900)], ids=str)
def test_long_background(
    codec: Decoder, size: tuple[int, int], behind: tuple[int, int]
) -> None:
    """A background of any shape covers a result of any other."""
    options = replace(RAW, background=_photo(behind))
    result = pixels(codec, _photo(size), np.zeros((8, 8), np.uint8), options)
    assert result.shape == (size[1], size[0], 3)
