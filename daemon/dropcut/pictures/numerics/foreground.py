"""Estimates the subject's own colour where the picture shows a mixture.

At a soft edge a camera sees I = alpha F + (1 - alpha) B; a cutout that keeps I has a
halo of the old background. T. Germer, T. Uelwer, S. Conrad, S. Harmeling, "Fast
Multi-Level Foreground Estimation" (arXiv 2006.14970) find F and B that explain I and
are smooth where alpha changes, from the coarsest size to the finest.

Unlike the paper, this module solves only for soft pixels, and for half of them at once
(red-black Gauss-Seidel), so numpy is enough. It works at the model's size; the caller
takes the detail from the full-size picture.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dropcut.core.models import Tensor
from dropcut.core.pictures import Pixels

SOLID = 250
_MAX_SIDE_PX = 512
_ITERATIONS = 5
_SMOOTHNESS = 1.0
_FLOOR = 1e-5
_PAIR = 6
_FULL = np.float32(255)

Index = NDArray[np.intp]


def estimate(picture: Pixels, alpha: Pixels) -> tuple[Tensor, Tensor]:
    """Return the colours of foreground and background everywhere.

    Args:
        picture: (height, width, 3) uint8.
        alpha: (height, width) uint8; values above `SOLID` count as opaque.

    Returns:
        Foreground and background, each (rows, columns, 3) float32 of 0 to 1, over the
        same field of view; no side is longer than 512.
    """
    shrink = max(1, -(-max(alpha.shape) // _MAX_SIDE_PX))
    size = tuple(-(-side // shrink) for side in alpha.shape)
    opaque = np.where(alpha > SOLID, 255, alpha)
    seen = _sampled(picture, size).astype(np.float32) / _FULL
    fraction = _sampled(opaque, size).astype(np.float32) / _FULL
    sizes = [size]  # from the finest level to the coarsest, halving
    while max(sizes[-1]) > 2:  # noqa: PLR2004  # a level of one pixel has no edge
        sizes.append(tuple(-(-side // 2) for side in sizes[-1]))
    # Start with the mean colours of certain foreground and background, (1, 1, 6)
    certain = (fraction > 0.9, fraction < 0.1)  # noqa: PLR2004  # the authors' limits
    means = [
        (seen[sure] if sure.any() else seen.reshape(-1, 3)).mean(axis=0)
        for sure in certain
    ]
    colours = np.concatenate(means)[None, None].astype(np.float32)
    for at in reversed(sizes):
        level = _Level(_sampled(seen, at), _sampled(fraction, at))
        colours = level.solve(_sampled(colours, at))
    return colours[..., :3], colours[..., 3:]


def _sampled(array: NDArray[Any], size: tuple[int, ...]) -> NDArray[Any]:
    """Resize to (rows, columns) by nearest-neighbour sampling."""
    if array.shape[:2] == size:
        return array.copy()
    rows, columns = (
        (np.arange(wanted) * 2 + 1) * there // (wanted * 2)
        for wanted, there in zip(size, array.shape, strict=False)
    )
    sampled: NDArray[Any] = array.take(rows, axis=0).take(columns, axis=1)
    return sampled


class _Level:
    """The equations at one size; the unknowns are soft pixels and their neighbours.

    They are solved in checkerboard (red-black) order: first all black pixels, which
    have only white neighbours, then all white ones.
    """

    def __init__(self, seen: Tensor, fraction: Tensor) -> None:
        self._seen, self._alpha = seen, fraction
        soft = (fraction > 0) & (fraction < 1)
        unknown = soft.copy()
        unknown[1:] |= soft[:-1]
        unknown[:-1] |= soft[1:]
        unknown[:, 1:] |= soft[:, :-1]
        unknown[:, :-1] |= soft[:, 1:]
        rows, columns = np.nonzero(unknown)
        white = (rows + columns) % 2 == 1
        self._halves = [
            _Half(seen, fraction, rows[half], columns[half]) for half in (~white, white)
        ]

    def solve(self, colours: Tensor) -> Tensor:
        """Improve colours from a coarser level, (rows, columns, 6), in place."""
        fraction = self._alpha[..., None]
        np.copyto(colours[..., :3], self._seen, where=fraction >= 1)
        np.copyto(colours[..., 3:], self._seen, where=fraction <= 0)
        flat = colours.reshape(-1, _PAIR)
        for _ in range(_ITERATIONS):
            for half in self._halves:
                half.improve(flat)
        return colours


class _Half:
    """Half of the unknown pixels, no two of which are neighbours."""

    def __init__(
        self, seen: Tensor, fraction: Tensor, rows: Index, columns: Index
    ) -> None:
        height, width = fraction.shape
        self._at = rows * width + columns
        self._near = [  # the four neighbours; at the edge, the pixel itself instead
            np.maximum(rows - 1, 0) * width + columns,
            np.minimum(rows + 1, height - 1) * width + columns,
            rows * width + np.maximum(columns - 1, 0),
            rows * width + np.minimum(columns + 1, width - 1),
        ]
        own = fraction.reshape(-1)[self._at]
        weights = [
            _FLOOR + _SMOOTHNESS * np.abs(own - fraction.reshape(-1)[near])
            for near in self._near
        ]
        self._weights = [weight[:, None].astype(np.float32) for weight in weights]
        alpha = own[:, None]
        mixture = seen.reshape(-1, 3)[self._at]
        self._known = np.hstack([alpha * mixture, (1 - alpha) * mixture])
        # The inverse of each pixel's 2 by 2 matrix (the paper's equation 8)
        pull = np.sum(self._weights, axis=0)
        front, back = alpha**2 + pull, (1 - alpha) ** 2 + pull
        mixed = alpha * (1 - alpha)
        determinant = front * back - mixed**2
        self._inverse = back / determinant, mixed / determinant, front / determinant

    def improve(self, flat: Tensor) -> None:
        """Set the pixels to the colours that best fit their neighbours."""
        wanted = self._known.copy()
        for near, weight in zip(self._near, self._weights, strict=True):
            wanted += weight * flat.take(near, axis=0)
        other, mixed, own = self._inverse
        front, back = wanted[:, :3], wanted[:, 3:]
        pair = np.empty_like(wanted)
        pair[:, :3] = other * front - mixed * back
        pair[:, 3:] = own * back - mixed * front
        flat[self._at] = np.clip(pair, 0, 1, out=pair)
