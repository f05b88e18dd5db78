"""From a model's output to a mask, exactly as rembg makes it."""

import math

import numpy as np

from dropcut.core.errors import PictureError, Reason
from dropcut.core.models import Recipe, Tensor
from dropcut.core.pictures import Pixels

_FAINTEST_SUBJECT = 0.1
_HALF = 0.5


def to_mask(
    output: Tensor, recipe: Recipe, *, allow_no_subject: bool = False
) -> Pixels:
    """Stretch a model's output to 0 to 255 as rembg's `predict` does.

    Logits go through the sigmoid first. The cast to uint8 truncates, as rembg's does.

    Args:
        output: (height, width) float32.
        recipe: Tells whether the output are logits.
        allow_no_subject: Whether a map without a subject is a mask, too: all 0, or all
            255 where the model takes the whole picture for the subject.

    Returns:
        (height, width) uint8, with 0 and 255 both present where there is a subject.

    Raises:
        PictureError: The model saw no subject: the map is flat, or everywhere so faint
            that stretching it would only show noise.
    """
    values = _sigmoid(output) if recipe.sigmoid else output
    low, high = float(values.min()), float(values.max())
    if not _FAINTEST_SUBJECT < high - low < math.inf:
        if allow_no_subject:
            return np.full(values.shape, 255 if low > _HALF else 0, np.uint8)
        raise PictureError(
            Reason.NO_SUBJECT,
            "The model found nothing that stands out in this picture. "
            "Try one with a clearer subject, or another model.",
        )
    stretched = (values - values.min()) / (values.max() - values.min())
    mask: Pixels = (stretched * 255).astype(np.uint8)
    return mask


def is_empty(mask: Pixels) -> bool:
    """Whether a mask shows no subject: nothing, or the whole picture."""
    return bool(mask.min() == mask.max())


def _sigmoid(values: Tensor) -> Tensor:
    half = np.tanh(values / 2) / 2
    return (half + np.float32(0.5)).astype(np.float32)
