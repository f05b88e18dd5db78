"""Resizes pictures without shifting them."""

import numpy as np
import pyvips
from numpy.typing import NDArray


def image_of(array: NDArray[np.uint8] | NDArray[np.float32]) -> pyvips.Image:
    """Return an array, (height, width) or (height, width, bands), as an image."""
    return pyvips.Image.new_from_array(np.ascontiguousarray(array))


def resized(
    image: pyvips.Image, width_px: int, height_px: int, interpolate: str = "bicubic"
) -> pyvips.Image:
    """Return a picture at another size.

    Enlarging uses `affine` with both centres set, as `resize` shifts by half a pixel.
    Alpha is treated like any other band: to weight colours by it, premultiply first.
    """
    across, down = width_px / image.width, height_px / image.height
    if min(across, down) < 1:
        image = image.resize(min(across, 1), vscale=min(down, 1), kernel="lanczos3")
    if (image.width, image.height) == (width_px, height_px):
        return image
    across, down = width_px / image.width, height_px / image.height
    return image.affine(
        [across, 0, 0, down],
        interpolate=pyvips.Interpolate.new(interpolate),
        idx=0.5,
        idy=0.5,
        odx=-0.5,
        ody=-0.5,
        oarea=[0, 0, width_px, height_px],
        extend="copy",
        premultiplied=True,
    )
