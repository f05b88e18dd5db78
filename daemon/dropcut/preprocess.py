"""From pixels to the tensor that a model wants, exactly as rembg makes it.

rembg shrinks with Pillow's LANCZOS and divides by the picture's own maximum (inherited
from U-2-Net's `ToTensorLab`). A mask is only as equal as its input, and some
pictures are sensitive: so this repeats Pillow's fixed-point arithmetic to the bit.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dropcut.jobs import Pixels, Recipe, Tensor

_PRECISION = 1 << 22
_SUPPORT = 3
_BLOCK_COLUMNS = 8


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


@dataclass(frozen=True, slots=True)
class _Band:
    """The weights of some neighbouring outputs over the inputs that they touch."""

    outputs: slice
    inputs: slice
    weights: NDArray[np.float64]


def _kernel(centre: float, scale: float, size: int) -> tuple[int, NDArray[np.float64]]:
    """Return the first input and the fixed-point weights of one output."""
    low = max(int(centre - _SUPPORT * scale + 0.5), 0)
    high = min(int(centre + _SUPPORT * scale + 0.5), size)
    x = (np.arange(low, high) - centre + 0.5) / scale
    weights = np.where(np.abs(x) < _SUPPORT, np.sinc(x) * np.sinc(x / _SUPPORT), 0)
    weights *= _PRECISION / weights.sum()
    return low, np.trunc(weights + np.copysign(0.5, weights))


def _bands(size: int, wanted: int) -> list[_Band]:
    """Return the Lanczos weights from `size` to `wanted` samples, in blocks."""
    ratio = size / wanted
    kernels = [_kernel((i + 0.5) * ratio, max(ratio, 1.0), size) for i in range(wanted)]
    return [
        _band(kernels[first : first + _BLOCK_COLUMNS], first)
        for first in range(0, wanted, _BLOCK_COLUMNS)
    ]


def _band(kernels: list[tuple[int, NDArray[np.float64]]], first: int) -> _Band:
    low = min(start for start, _ in kernels)
    high = max(start + len(weights) for start, weights in kernels)
    matrix = np.zeros((high - low, len(kernels)))
    for column, (start, weights) in enumerate(kernels):
        matrix[start - low : start - low + len(weights), column] = weights
    return _Band(slice(first, first + len(kernels)), slice(low, high), matrix)


def _rounded(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return fixed-point sums as whole numbers of 0 to 255, as Pillow's clip8 does."""
    sums += _PRECISION / 2
    sums /= _PRECISION
    return np.clip(np.floor(sums, out=sums), 0, 255, out=sums)


class Shrinker:
    """Pillow's LANCZOS resize of a picture that arrives in strips, top to bottom.

    Separable convolution with 22-bit weights, and rounding to uint8 after each pass
    (`ImagingResample` in Pillow's Resample.c). float64 holds every sum of the
    fixed-point products exactly, so the matrix products equal the integer ones.
    """

    def __init__(
        self, width_px: int, height_px: int, wanted_width_px: int, wanted_height_px: int
    ) -> None:
        """Prepare the weights from the picture's size to the wanted one."""
        across = _bands(width_px, wanted_width_px)
        down = _bands(height_px, wanted_height_px)
        lost_rows, lost_columns = (
            height_px - wanted_height_px,
            width_px - wanted_width_px,
        )
        self._passes: _DownFirst | _AcrossFirst
        if lost_rows > max(0, 2 * lost_columns):  # Pillow 13 does a tall picture so
            self._passes = _DownFirst(across, down, width_px)
        else:
            self._passes = _AcrossFirst(across, down, height_px)

    def add(self, strip: Pixels) -> None:
        """Take the next rows, (rows, width, 3) uint8."""
        self._passes.add(strip.transpose(2, 0, 1).astype(np.float64, order="C"))

    def result(self) -> Pixels:
        """Return the resized picture, (height, width, 3) uint8."""
        return np.ascontiguousarray(self._passes.result().transpose(1, 2, 0))


class _AcrossFirst:
    """Each strip is resized across at once; the rows are resized down at the end."""

    def __init__(self, across: list[_Band], down: list[_Band], height_px: int) -> None:
        self._across, self._down = across, down
        self._rows = np.empty((3, height_px, across[-1].outputs.stop), np.uint8)
        self._filled = 0

    def add(self, planes: NDArray[np.float64]) -> None:
        end = self._filled + planes.shape[1]
        rows = self._rows[:, self._filled : end]
        for band in self._across:
            sums = planes[..., band.inputs] @ band.weights
            rows[..., band.outputs] = _rounded(sums)
        self._filled = end

    def result(self) -> Pixels:
        width = self._rows.shape[2]
        picture = np.empty((3, self._down[-1].outputs.stop, width), np.uint8)
        for band in self._down:
            rows = self._rows[:, band.inputs].astype(np.float64)
            picture[:, band.outputs] = _rounded(band.weights.T @ rows)
        return picture


class _DownFirst:
    """Each strip adds to the sums of the rows that it touches; across at the end."""

    def __init__(self, across: list[_Band], down: list[_Band], width_px: int) -> None:
        self._across, self._down = across, down
        self._sums = np.zeros((3, down[-1].outputs.stop, width_px))
        self._filled = 0

    def add(self, planes: NDArray[np.float64]) -> None:
        top, end = self._filled, self._filled + planes.shape[1]
        for band in self._down:
            first, last = max(band.inputs.start, top), min(band.inputs.stop, end)
            if first < last:
                lines = slice(first - band.inputs.start, last - band.inputs.start)
                rows = planes[:, first - top : last - top]
                self._sums[:, band.outputs] += band.weights[lines].T @ rows
        self._filled = end

    def result(self) -> Pixels:
        rows = _rounded(self._sums)
        size = (*rows.shape[:2], self._across[-1].outputs.stop)
        picture = np.empty(size, np.uint8)
        for band in self._across:
            picture[..., band.outputs] = _rounded(rows[..., band.inputs] @ band.weights)
        return picture


def shrink(strips: Iterable[Pixels], shrinker: Shrinker) -> Pixels:
    """Return the resized picture of all strips, (height, width, 3) uint8."""
    for strip in strips:
        shrinker.add(strip)
    return shrinker.result()
