"""Where the subject is and where it goes, in whole pixels."""

import numpy as np
import pytest
from dropcut.core.pictures import Pixels
from dropcut.pictures.numerics.layout import (
    Box,
    CutOffSides,
    cut_off_sides,
    on_canvas,
    subject_box,
    touched_blocks,
    with_margin,
)
from hypothesis import given
from hypothesis import strategies as st

_SIDES = st.integers(1, 60)


def _alpha(height: int, width: int, box: Box, value: int = 255) -> Pixels:
    alpha = np.zeros((height, width), np.uint8)
    alpha[box.top : box.top + box.height, box.left : box.left + box.width] = value
    return alpha


def test_subject_box() -> None:
    """The subject's box holds it, and half a sample more on each side."""
    alpha = _alpha(100, 100, Box(20, 30, 40, 50))
    assert subject_box(alpha, 1000, 2000) == Box(195, 590, 410, 1020)


@pytest.mark.parametrize("value", [0, 10])
def test_residue_is_no_subject(value: int) -> None:
    """The faint residue that models leave anywhere is not a subject."""
    assert subject_box(np.full((9, 9), value, np.uint8), 90, 90) is None


@given(_SIDES, _SIDES, st.integers(1, 300), st.integers(1, 300), st.data())
def test_subject_is_inside(
    width: int, height: int, width_px: int, height_px: int, data: st.DataObject
) -> None:
    """Every visible sample is in the box, and the box is within the picture."""
    row = data.draw(st.integers(0, height - 1))
    column = data.draw(st.integers(0, width - 1))
    box = subject_box(
        _alpha(height, width, Box(column, row, 1, 1)), width_px, height_px
    )
    assert box is not None
    assert 0 <= box.left <= column * width_px / width
    assert 0 <= box.top <= row * height_px / height
    assert (column + 1) * width_px / width <= box.left + box.width <= width_px
    assert (row + 1) * height_px / height <= box.top + box.height <= height_px


@pytest.mark.parametrize(
    ("percent", "expected"),
    [
        (0, Box(50, 60, 20, 10)),
        (10, Box(48, 58, 24, 14)),
        (45, Box(41, 51, 38, 28)),
    ],
)
def test_margin(percent: float, expected: Box) -> None:
    """A margin is the same percentage of the subject's longer side on each side."""
    assert with_margin(Box(50, 60, 20, 10), percent, 200, 200) == expected


def test_margin_ends_with_the_picture() -> None:
    """A margin ends where the picture does."""
    assert with_margin(Box(0, 5, 100, 90), 45, 100, 100) == Box(0, 0, 100, 100)


@pytest.mark.parametrize(
    ("box", "canvas", "percent", "placed"),
    [
        (Box(0, 0, 100, 50), (200, 200), 0, (200, 100, 0, 50)),
        (Box(0, 0, 50, 100), (200, 200), 10, (80, 160, 60, 20)),
        (Box(7, 7, 4000, 3000), (800, 800), 5, (720, 540, 40, 130)),
        (Box(0, 0, 1, 1), (30, 20), 0, (20, 20, 5, 0)),
        (Box(0, 0, 5000, 1), (10, 10), 45, (1, 1, 4, 4)),
    ],
)
def test_canvas(
    box: Box,
    canvas: tuple[int, int],
    percent: float,
    placed: tuple[int, int, int, int],
) -> None:
    """A subject is centred on a canvas and as large as its margin allows."""
    place = on_canvas(box, percent, canvas)
    assert (place.width, place.height, place.left, place.top) == placed


@pytest.mark.parametrize(
    ("cut", "placed"),
    [
        (CutOffSides(bottom=True), (90, 180, 55, 20)),
        (CutOffSides(top=True), (90, 180, 55, 0)),
        (CutOffSides(left=True, bottom=True), (90, 180, 0, 20)),
        (CutOffSides(right=True), (80, 160, 120, 20)),
        (CutOffSides(top=True, bottom=True), (100, 200, 50, 0)),
        (CutOffSides(left=True, right=True), (80, 160, 60, 20)),
    ],
    ids=["portrait", "from above", "corner", "right", "through", "across"],
)
def test_canvas_of_a_part(cut: CutOffSides, placed: tuple[int, int, int, int]) -> None:
    """A subject that the picture's edge cuts off touches the canvas' edge."""
    place = on_canvas(Box(0, 0, 50, 100), 10, (200, 200), cut)
    assert (place.width, place.height, place.left, place.top) == placed


@pytest.mark.parametrize(
    ("box", "cut"),
    [
        (Box(100, 100, 800, 800), CutOffSides()),
        (Box(100, 100, 800, 900), CutOffSides(bottom=True)),
        (Box(4, 100, 800, 893), CutOffSides(left=True)),
        (
            Box(0, 0, 1000, 1000),
            CutOffSides(left=True, top=True, right=True, bottom=True),
        ),
    ],
    ids=["whole", "portrait", "nearly", "all"],
)
def test_cut_sides(box: Box, cut: CutOffSides) -> None:
    """A subject that reaches the picture's edge, or nearly so, is cut off there."""
    assert cut_off_sides(box, 1000, 1000) == cut


@given(_SIDES, _SIDES, _SIDES, _SIDES, st.floats(0, 45), st.builds(CutOffSides))
def test_canvas_holds_the_subject(  # noqa: PLR0913, PLR0917  # hypothesis gives each
    width: int, height: int, across: int, down: int, percent: float, cut: CutOffSides
) -> None:
    """A subject of any shape fits completely on a canvas of any shape."""
    place = on_canvas(Box(0, 0, width, height), percent, (across, down), cut)
    assert 0 <= place.left <= place.left + place.width <= across
    assert 0 <= place.top <= place.top + place.height <= down


@given(_SIDES, _SIDES, st.integers(1, 200), st.integers(1, 200), st.data())
def test_touched_blocks(
    width: int, height: int, width_px: int, height_px: int, data: st.DataObject
) -> None:
    """Every pixel that a marked sample is interpolated into is in a touched block."""
    marked = np.zeros((height, width), np.bool_)
    row = data.draw(st.integers(0, height - 1))
    column = data.draw(st.integers(0, width - 1))
    marked[row, column] = True
    blocks = touched_blocks(marked, 2, width_px, height_px, 16)
    assert blocks.shape == (-(-height_px // 16), -(-width_px // 16))
    down = (np.arange(height_px) + 0.5) * height / height_px - 0.5 - row
    across = (np.arange(width_px) + 0.5) * width / width_px - 0.5 - column
    reached = (np.abs(down) < 2)[:, None] & (np.abs(across) < 2)
    large = blocks.repeat(16, axis=0).repeat(16, axis=1)[:height_px, :width_px]
    assert not (reached & ~large).any()
