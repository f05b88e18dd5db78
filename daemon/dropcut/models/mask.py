"""Turns a model's output into a mask, exactly as rembg does."""

import math

import numpy as np

from dropcut.core.models import Recipe, Tensor
from dropcut.core.pictures import Pixels

_FAINTEST_SUBJECT = 0.1
_HALF = 0.5


def to_mask(output: Tensor, recipe: Recipe) -> Pixels:
    """Stretch a model's output to 0 to 255 as rembg's `predict` does.

    Logits go through the sigmoid first. The cast to uint8 truncates, as rembg's does.

    Args:
        output: (height, width) float32.
        recipe: Whether the outputs are logits.

    Returns:
        (height, width) uint8. If there is a subject, 0 and 255 are both present. If
        there is none, because the output is flat or so faint that stretching would only
        show noise, the mask is flat: all 255 if the model classifies the whole picture
        as subject, otherwise all 0.
    """
    values = _sigmoid(output) if recipe.sigmoid else output
    low, high = float(values.min()), float(values.max())
    if not _FAINTEST_SUBJECT < high - low < math.inf:
        return np.full(values.shape, 255 if low > _HALF else 0, np.uint8)
    stretched = (values - values.min()) / (values.max() - values.min())
    mask: Pixels = (stretched * 255).astype(np.uint8)
    return mask


def is_flat(mask: Pixels) -> bool:
    """Whether a mask shows no subject: nothing, or the whole picture."""
    return bool(mask.min() == mask.max())


def _sigmoid(values: Tensor) -> Tensor:
    half = np.tanh(values / 2) / 2
    return (half + np.float32(0.5)).astype(np.float32)
