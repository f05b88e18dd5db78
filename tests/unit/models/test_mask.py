"""A model's output becomes the mask that rembg would make of it."""

import numpy as np
import pytest
from dropcut.core.models import Recipe, Tensor
from dropcut.models.mask import is_flat, to_mask
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

_PLAIN = Recipe(mean=(0, 0, 0), std=(1, 1, 1))
_LOGITS = Recipe(mean=(0, 0, 0), std=(1, 1, 1), sigmoid=True)
_SHAPES = st_numpy.array_shapes(min_dims=2, max_dims=2, max_side=12)


def _maps(limit: float) -> st.SearchStrategy[Tensor]:
    elements = st.floats(-limit, limit, width=32)
    return st_numpy.arrays(np.float32, _SHAPES, elements=elements)


@given(_maps(4))
def test_mask_is_stretched_and_truncated(output: Tensor) -> None:
    """The mask is rembg's min-max stretch, cut off to whole numbers, or flat."""
    low, high = output.min(), output.max()
    if float(high) - float(low) <= 0.1:
        assert is_flat(to_mask(output, _PLAIN))
        return
    expected = ((output - low) / (high - low) * 255).astype(np.uint8)
    assert np.array_equal(to_mask(output, _PLAIN), expected)


@given(st.one_of(_maps(1), _maps(2.0**100)), st.booleans())
def test_mask_reaches_both_ends(output: Tensor, sigmoid: bool) -> None:  # noqa: FBT001  # hypothesis gives it by place
    """A mask has its map's size and, unless it is flat, holds both 0 and 255."""
    mask = to_mask(output, _LOGITS if sigmoid else _PLAIN)
    assert mask.shape == output.shape
    assert mask.dtype == np.uint8
    ends = (int(mask.min()), int(mask.max()))
    assert ends in ((0, 255), (0, 0), (255, 255))
    assert is_flat(mask) is (ends[0] == ends[1])


def test_mask_is_truncated_not_rounded() -> None:
    """A value just below a whole step is truncated to the step below, as in rembg."""
    output = np.array([[0, 0.9999, 1]], np.float32)
    assert to_mask(output, _PLAIN).tolist() == [[0, 254, 255]]


@pytest.mark.parametrize("value", [0, 1, 0.5, -3, float("nan"), float("inf")], ids=str)
@pytest.mark.parametrize("recipe", [_PLAIN, _LOGITS], ids=["plain", "logits"])
def test_flat_map_is_no_subject(value: float, recipe: Recipe) -> None:
    """A map that is the same everywhere is no subject and not noise."""
    with np.errstate(invalid="ignore"):
        assert is_flat(to_mask(np.full((3, 4), value, np.float32), recipe))


@pytest.mark.parametrize(
    ("low", "high", "alpha"), [(0, 0.09, 0), (0.45, 0.54, 0), (0.51, 0.6, 255)], ids=str
)
def test_faint_map_is_flat(low: float, high: float, alpha: int) -> None:
    """The mask of a faint map shows nothing, or the whole picture."""
    output = np.linspace(low, high, 12, dtype=np.float32).reshape(3, 4)
    mask = to_mask(output, _PLAIN)
    assert mask.shape == (3, 4)
    assert mask.dtype == np.uint8
    assert np.unique(mask).tolist() == [alpha]
    assert is_flat(mask)


@pytest.mark.parametrize("logit", [-9, 9])
def test_flat_logits(logit: int) -> None:
    """Flat logits are judged after the sigmoid."""
    output = np.full((3, 4), logit, np.float32)
    mask = to_mask(output, _LOGITS)
    assert np.unique(mask).tolist() == [255 if logit > 0 else 0]


@pytest.mark.parametrize("bad", ["nan", "inf", "-inf"])
def test_broken_number(bad: str) -> None:
    """One number in the map that is not finite makes the mask flat, not broken."""
    output = np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4)
    output[1, 1] = float(bad)
    with np.errstate(invalid="ignore"):
        mask = to_mask(output, _PLAIN)
    assert np.unique(mask).tolist() == [0]


def test_faint_map_is_no_subject() -> None:
    """A map whose strongest answer is a tenth is no subject."""
    faint = np.linspace(0, 0.0999, 9, dtype=np.float32).reshape(3, 3)
    assert is_flat(to_mask(faint, _PLAIN))


@given(_maps(20))
def test_logits_go_through_the_sigmoid(output: Tensor) -> None:
    """Logits are turned into probabilities before they are stretched."""
    chance = 1 / (1 + np.exp(-output.astype(np.float64)))
    low, high = chance.min(), chance.max()
    if high - low <= 0.1001:
        return
    expected = (chance - low) / (high - low) * 255
    assert np.abs(to_mask(output, _LOGITS) - expected).max() <= 1.001


def test_huge_logits_do_not_overflow() -> None:
    """Logits that no exponential can take are plain black and white."""
    output = np.array([[-1e30, 1e30]], np.float32)
    assert to_mask(output, _LOGITS).tolist() == [[0, 255]]
