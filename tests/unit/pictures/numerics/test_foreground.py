"""The subject's own colour is estimated where the picture shows a mixture."""

from typing import Any

import numpy as np
import pytest
from dropcut.core.pictures import Pixels
from dropcut.pictures.numerics.foreground import SOLID, estimate
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ...photographs import noise, photograph

_SIDE = 160

Floats = NDArray[np.floating[Any]]


def _photo(name: str) -> Pixels:
    return np.asarray(photograph(name).resize((_SIDE, _SIDE)))


def _soft_disc() -> Pixels:
    rows, columns = np.mgrid[:_SIDE, :_SIDE] - _SIDE / 2
    distance = 50 - np.hypot(rows, columns)
    disc: Pixels = np.rint(np.clip(distance / 12 + 0.5, 0, 1) * 255).astype(np.uint8)
    return disc


def _mixed(front: Pixels, back: Pixels, alpha: Pixels) -> Pixels:
    fraction = alpha[:, :, None] / 255
    return np.rint(front * fraction + back * (1 - fraction)).astype(np.uint8)


def _rmse(colours: Floats, wanted: Pixels, alpha: Pixels) -> float:
    """Return the error in the soft band, weighted by alpha, of 0 to 255."""
    soft = (alpha > 0) & (alpha < 255)
    squares = ((colours - wanted) ** 2).mean(axis=2)[soft]
    return float(np.sqrt(np.average(squares, weights=alpha[soft])))


@pytest.mark.parametrize(
    ("front", "back"),
    [
        ("coffee.png", "astronaut.png"),
        ("astronaut.png", "rocket.jpg"),
        ("chelsea.png", "coffee.png"),
    ],
)
def test_halo(front: str, back: str) -> None:
    """Much less of the old background's colour remains in a soft edge."""
    alpha, subject = _soft_disc(), _photo(front)
    picture = _mixed(subject, _photo(back), alpha)
    found, _ = estimate(picture, alpha)
    raw = _rmse(picture.astype(float), subject, alpha)
    assert _rmse(found * 255.0, subject, alpha) < 0.65 * raw


def test_flat_colours() -> None:
    """A plain subject on a plain background is separated almost exactly."""
    red, blue = (np.full((_SIDE, _SIDE, 3), c, np.uint8) for c in ((200, 30, 20), 90))
    alpha = _soft_disc()
    front, back = estimate(_mixed(red, blue, alpha), alpha)
    assert np.abs(front * 255 - red)[alpha > 12].max() < 3
    assert np.abs(back * 255 - blue)[alpha < 243].max() < 3


def test_certain_pixels() -> None:
    """Outside soft edges, the estimate equals the picture's colour."""
    picture, alpha = noise(_SIDE, _SIDE), _soft_disc()
    front, back = estimate(picture, alpha)
    seen = picture.astype(np.float32) / 255
    inside, outside = _shrunk(alpha > SOLID), _shrunk(alpha == 0)
    assert np.array_equal(front[inside], seen[inside])
    assert np.array_equal(back[outside], seen[outside])


def _shrunk(area: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Leave out the pixels that have a neighbour outside."""
    rows = area[:-2, 1:-1] & area[2:, 1:-1]
    return np.pad(area[1:-1, 1:-1] & area[1:-1, :-2] & area[1:-1, 2:] & rows, 1)


@pytest.mark.parametrize("value", [0, 128, 255])
def test_flat_alpha(value: int) -> None:
    """Without any edge there are still colours."""
    picture = noise(30, 20)
    front, back = estimate(picture, np.full((20, 30), value, np.uint8))
    assert np.isfinite(front).all()
    assert np.isfinite(back).all()


@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 99))
def test_any_picture(width: int, height: int, seed: int) -> None:
    """Colours of any picture and mask are between black and white, and repeatable."""
    picture, alpha = noise(width, height, seed), noise(width, height, seed + 1)[..., 0]
    front, back = estimate(picture, alpha)
    for colours in (front, back):
        assert colours.shape == (height, width, 3)
        assert colours.dtype == np.float32
        assert colours.min() >= 0
        assert colours.max() <= 1
    assert np.array_equal(estimate(picture, alpha)[0], front)


@pytest.mark.parametrize(
    ("size", "expected"),
    [((512, 512), (512, 512)), ((1024, 1024), (512, 512)), ((700, 1300), (234, 434))],
)
def test_size(size: tuple[int, int], expected: tuple[int, int]) -> None:
    """A large picture is reduced over the same field of view."""
    columns = size[1]
    alpha = np.zeros(size, np.uint8)
    alpha[:, columns // 2 :] = 255
    picture = np.dstack([alpha] * 3)
    front, back = estimate(picture, alpha)
    assert front.shape[:2] == back.shape[:2] == expected
    middle = expected[1] // 2
    assert (front[:, middle + 1 :] == 1).all()
    assert (back[:, : middle - 1] == 0).all()
