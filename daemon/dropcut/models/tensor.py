"""Turns pixels into a model's input tensor, exactly as rembg does.

rembg divides by the picture's own maximum (inherited from U-2-Net's `ToTensorLab`).
"""

import numpy as np

from dropcut.core.models import Recipe, Tensor
from dropcut.core.pictures import Pixels


def to_tensor(picture: Pixels, recipe: Recipe) -> Tensor:
    """Normalise a picture as rembg's `BaseSession.normalize` does.

    A channel has 256 values, so each is computed once, in float64 as rembg does.

    Args:
        picture: (height, width, 3) uint8.
        recipe: Mean and standard deviation of each channel.

    Returns:
        (1, 3, height, width) float32.
    """
    scaled = np.arange(256)[:, None] / max(float(picture.max()), 1e-6)
    table = ((scaled - recipe.mean) / recipe.std).astype(np.float32)
    return np.stack([table[picture[..., n], n] for n in range(3)])[None]
