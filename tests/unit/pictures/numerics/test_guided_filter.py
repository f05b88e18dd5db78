"""A mask is refined to follow the picture's edges."""

import numpy as np
import pytest
from dropcut.core.pictures import Pixels
from dropcut.pictures.numerics.guided_filter import (
    CLEAR,
    RADIUS,
    SOLID,
    Refinement,
    _Window,
    levels,
    refine,
)
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from ...photographs import noise, photograph

_SIDE = 96


def _disc(radius: float, side: int = _SIDE) -> Pixels:
    """Return a disc of alpha with edges one pixel wide."""
    rows, columns = np.mgrid[:side, :side] - (side - 1) / 2
    distance = radius - np.hypot(rows, columns)
    disc: Pixels = np.rint(np.clip(distance + 0.5, 0, 1) * 255).astype(np.uint8)
    return disc


def _before(alpha: Pixels, front: Pixels, back: Pixels) -> Pixels:
    """Return a picture of a subject before a background."""
    fraction = alpha[:, :, None] / 255
    return np.rint(front * fraction + back * (1 - fraction)).astype(np.uint8)


def _blurred(alpha: Pixels, radius: float) -> Pixels:
    blurred = Image.fromarray(alpha).filter(ImageFilter.GaussianBlur(radius))
    return np.asarray(blurred)


def _error(alpha: Pixels, wanted: Pixels) -> float:
    return float(np.abs(alpha.astype(int) - wanted).mean())


def _coloured(*colour: int) -> Pixels:
    return np.full((_SIDE, _SIDE, 3), colour, np.uint8)


@pytest.mark.parametrize(
    ("front", "back"),
    [
        (_coloured(200, 40, 30), _coloured(40, 90, 160)),
        (_coloured(90, 90, 90), _coloured(150, 150, 150)),
        (
            np.asarray(photograph("coffee.png").resize((_SIDE, _SIDE))),
            _coloured(9, 9, 9),
        ),
    ],
    ids=["colours", "greys", "photograph"],
)
def test_blurred_mask_follows_the_edge(front: Pixels, back: Pixels) -> None:
    """A mask that is too soft moves closer to the picture's edge."""
    wanted = _disc(30)
    mask = _blurred(wanted, 1)
    refined = refine(_before(wanted, front, back), mask).alpha
    assert _error(refined, wanted) < 0.8 * _error(mask, wanted)


def test_edge_without_colour_is_left_alone() -> None:
    """Where the picture has no edge, the mask hardly changes."""
    mask = _blurred(_disc(30), 3)
    refined = refine(_coloured(120, 120, 120), mask).alpha
    between = (mask > 40) & (mask < 215)
    assert np.abs(refined[between].astype(int) - mask[between]).max() <= 16


@pytest.mark.parametrize("value", [0, CLEAR, SOLID, 255])
def test_certain_areas(value: int) -> None:
    """Nearly clear areas become clear and nearly opaque ones opaque, of any picture."""
    mask = np.full((20, 30), value, np.uint8)
    alpha = refine(noise(30, 20), mask).alpha
    assert np.unique(alpha).tolist() == [255 if value >= SOLID else 0]


def test_levels() -> None:
    """Levels are monotonic, reach both ends, and leave the middle unchanged."""
    table = levels().astype(int)
    assert (np.diff(table) >= 0).all()
    assert (table[: CLEAR + 1] == 0).all()
    assert (table[SOLID:] == 255).all()
    assert (table[13:243] == np.arange(13, 243)).all()


def _pixel(refinement: Refinement, picture: Pixels) -> NDArray[np.float64]:
    """Compute alpha from a refinement at the mask's own size."""
    linear = (refinement.slope * picture.astype(float)).sum(axis=2) + refinement.offset
    alpha: NDArray[np.float64] = np.clip(linear, refinement.low, refinement.high)
    return alpha


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 99))
def test_any_mask(width: int, height: int, seed: int) -> None:
    """Alpha stays between the minimum and the maximum of the mask around it."""
    picture, mask = noise(width, height, seed), noise(width, height, seed + 1)[:, :, 0]
    refinement = refine(picture, mask)
    assert refinement.alpha.shape == mask.shape
    assert (refinement.low <= mask).all()
    assert (mask <= refinement.high).all()
    expected = levels()[np.rint(_pixel(refinement, picture)).astype(np.uint8)]
    assert np.abs(refinement.alpha.astype(int) - expected).max() <= 1


def test_settled_pixels_need_no_colour() -> None:
    """Where the mask around is all clear or all opaque, so is alpha."""
    mask = _blurred(_disc(20), 1)
    refinement = refine(noise(_SIDE, _SIDE), mask)
    assert (refinement.alpha[refinement.high <= CLEAR] == 0).all()
    assert (refinement.alpha[refinement.low >= SOLID] == 255).all()


def test_windows_are_exact() -> None:
    """The mean of a window is its pixels' mean, also where an edge clips it."""
    plane = noise(25, 19, seed=4)[:, :, 0].astype(np.uint32) * 65_025
    rows, columns = (grid.ravel() for grid in np.mgrid[:19, :25])
    means = _Window(plane.shape, rows, columns).mean(plane)
    for row, column, mean in zip(rows, columns, means, strict=True):
        top, left = max(row - RADIUS, 0), max(column - RADIUS, 0)
        window = plane[top : row + RADIUS + 1, left : column + RADIUS + 1]
        assert mean == window.mean()
