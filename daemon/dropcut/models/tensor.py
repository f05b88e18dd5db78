"""From pixels to the tensor that a model wants, exactly as rembg makes it.

rembg divides by the picture's own maximum (inherited from U-2-Net's `ToTensorLab`).
"""

import numpy as np

from dropcut.core.models import Recipe, Tensor
from dropcut.core.pictures import Pixels


def to_tensor(picture: Pixels, recipe: Recipe) -> Tensor:
    """Normalise a picture as rembg's `BaseSession.normalize` does.

    Args:
        picture: (height, width, 3) uint8.
        recipe: Mean and standard deviation of each channel.

    Returns:
        (1, 3, height, width) float32.
    """
    scaled = picture / max(float(picture.max()), 1e-6)
    tensor = (scaled - recipe.mean) / recipe.std
    return np.ascontiguousarray(tensor.transpose(2, 0, 1)[None], dtype=np.float32)
