"""The model's input is what Pillow and rembg would make of the picture."""

import numpy as np
import pytest
from dropcut.core.models import Recipe
from dropcut.core.pictures import Pixels
from dropcut.models.tensor import to_tensor
from dropcut.pictures.numerics.resample import Shrinker
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from ...photographs import noise, photograph

_SIZES = st.integers(1, 160)
_RECIPE = Recipe(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))


def _by_pillow(pixels: Pixels, width: int, height: int) -> Pixels:
    resized = Image.fromarray(pixels).resize((width, height), Image.Resampling.LANCZOS)
    return np.asarray(resized)


def _by_dropcut(pixels: Pixels, width: int, height: int, rows: int) -> Pixels:
    shrinker = Shrinker(pixels.shape[1], pixels.shape[0], width, height)
    for top in range(0, len(pixels), rows):
        shrinker.add(pixels[top : top + rows])
    return shrinker.result()


@given(_SIZES, _SIZES, _SIZES, _SIZES, _SIZES, st.integers(0, 99))
@example(1, 1, 1, 1, 1, 0)
@example(1, 160, 160, 1, 7, 1)
@example(160, 1, 1, 160, 1, 1)
@example(1, 1, 160, 160, 1, 0)
@example(160, 160, 160, 160, 160, 1)
@example(90, 160, 32, 32, 11, 0)
def test_shrinker_equals_pillow(  # noqa: PLR0913, PLR0917  # four sizes, a strip, a seed
    width: int, height: int, to_width: int, to_height: int, rows: int, seed: int
) -> None:
    """Any picture is resized to the bit as Pillow's LANCZOS does."""
    pixels = noise(width, height, seed)
    if seed % 2:
        pixels = np.where(pixels > 127, 255, 0).astype(np.uint8)
    expected = _by_pillow(pixels, to_width, to_height)
    assert np.array_equal(_by_dropcut(pixels, to_width, to_height, rows), expected)


@pytest.mark.parametrize("size", [320, 1024])
@pytest.mark.parametrize(
    "name", ["astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg", "retina.jpg"]
)
def test_shrinker_equals_pillow_on_photographs(name: str, size: int) -> None:
    """A photograph is shrunk to each model's size exactly as by Pillow."""
    pixels = np.asarray(photograph(name))
    expected = _by_pillow(pixels, size, size)
    assert np.array_equal(_by_dropcut(pixels, size, size, 37), expected)


def test_tensor_of_photograph() -> None:
    """A picture is divided by its own maximum and normalised channel by channel."""
    pixels = np.asarray(photograph("coffee.png")) // 2
    tensor = to_tensor(pixels, _RECIPE)
    assert tensor.shape == (1, 3, *pixels.shape[:2])
    assert tensor.dtype == np.float32
    assert tensor.flags.c_contiguous
    for channel in range(3):
        plane = pixels[:, :, channel].astype(np.float64) / int(pixels.max())
        expected = (plane - _RECIPE.mean[channel]) / _RECIPE.std[channel]
        assert np.allclose(tensor[0, channel], expected, rtol=1e-6, atol=1e-7)


def test_tensor_of_black_picture() -> None:
    """An all-black picture gives finite numbers: minus mean divided by deviation."""
    tensor = to_tensor(np.zeros((4, 5, 3), np.uint8), _RECIPE)
    for channel in range(3):
        expected = -_RECIPE.mean[channel] / _RECIPE.std[channel]
        assert np.allclose(tensor[0, channel], expected)
