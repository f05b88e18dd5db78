"""Computes where the subject is, and where it is placed in the result, in pixels."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dropcut.core.pictures import Pixels

_RESIDUE = 10
_NEARLY = 0.005


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of whole pixels."""

    left: int
    top: int
    width: int
    height: int

    def shifted(self, across: int, down: int) -> "Box":
        """Return the box moved by a number of pixels."""
        return Box(self.left + across, self.top + down, self.width, self.height)


@dataclass(frozen=True, slots=True)
class Placement:
    """How a part of the picture is placed on a canvas; all numbers are pixels.

    Attributes:
        width: Width of the part on the canvas.
        height: Height of the part on the canvas.
        left: Left edge of the part on the canvas.
        top: Top edge of the part on the canvas.
    """

    width: int
    height: int
    left: int
    top: int


@dataclass(frozen=True, slots=True)
class CutOffSides:
    """The sides on which the picture's edge cuts the subject off."""

    left: bool = False
    top: bool = False
    right: bool = False
    bottom: bool = False


_NO_SIDES = CutOffSides()


def subject_box(alpha: Pixels, width_px: int, height_px: int) -> Box | None:
    """Return the part of a picture that the subject occupies.

    Alpha up to 10 is residue, which models leave anywhere.

    Args:
        alpha: (height, width) uint8, of any size.
        width_px: Width of the picture.
        height_px: Height of the picture.

    Returns:
        The smallest box that contains every sample of `alpha` above 10, and half a
        sample more on each side, as far out as an edge may be. None if no sample is
        above 10.
    """
    visible = alpha > _RESIDUE
    if not visible.any():
        return None
    top, bottom = _span(np.asarray(visible.any(axis=1)), height_px)
    left, right = _span(np.asarray(visible.any(axis=0)), width_px)
    return Box(left, top, right - left, bottom - top)


def _span(line: NDArray[np.bool_], size: int) -> tuple[int, int]:
    """Return the start of the first true sample and the end of the last, in pixels."""
    found = np.flatnonzero(line)
    scale = size / len(line)
    first = int(np.floor((found[0] - 0.5) * scale))
    last = int(np.ceil((found[-1] + 1.5) * scale))
    return max(first, 0), min(last, size)


def touched_blocks(
    marked: NDArray[np.bool_], reach: int, width_px: int, height_px: int, block_px: int
) -> NDArray[np.bool_]:
    """Return which square blocks of a picture marked samples influence.

    Args:
        marked: (height, width), of any size.
        reach: How far a sample's influence extends, in samples.
        width_px: Width of the picture.
        height_px: Height of the picture.
        block_px: Side of a block; the last blocks may extend beyond the picture.

    Returns:
        (rows, columns) of blocks.
    """
    height, width = marked.shape
    counts = np.zeros((height + 1, width + 1), np.int64)
    counts[1:, 1:] = marked.cumsum(axis=0).cumsum(axis=1)
    top, bottom = _footprints(height_px, height, reach, block_px)
    left, right = _footprints(width_px, width, reach, block_px)
    lower, upper = counts[bottom], counts[top]
    inside = lower[:, right] - lower[:, left] - upper[:, right] + upper[:, left]
    return inside > 0


def _footprints(
    size_px: int, samples: int, reach: int, block_px: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return for each block the index of its first sample, and after its last one."""
    edges = np.arange(0, size_px + block_px, block_px) * samples / size_px
    first = np.floor(edges[:-1]).astype(np.intp) - reach
    after = np.ceil(edges[1:]).astype(np.intp) + reach
    return np.clip(first, 0, samples - 1), np.clip(after, 1, samples)


def with_margin(box: Box, margin_percent: float, width_px: int, height_px: int) -> Box:
    """Enlarge a box by a percentage of its longer side, within the picture."""
    margin = round(max(box.width, box.height) * margin_percent / 100)
    left, top = max(box.left - margin, 0), max(box.top - margin, 0)
    right = min(box.left + box.width + margin, width_px)
    bottom = min(box.top + box.height + margin, height_px)
    return Box(left, top, right - left, bottom - top)


def cut_off_sides(box: Box, width_px: int, height_px: int) -> CutOffSides:
    """Return on which sides a box reaches, or nearly reaches, the picture's edge."""
    across, down = width_px * _NEARLY, height_px * _NEARLY
    return CutOffSides(
        left=box.left <= across,
        top=box.top <= down,
        right=box.left + box.width >= width_px - across,
        bottom=box.top + box.height >= height_px - down,
    )


def on_canvas(
    box: Box,
    margin_percent: float,
    canvas_px: tuple[int, int],
    cut: CutOffSides = _NO_SIDES,
) -> Placement:
    """Return how a part is centred on a canvas, as large as its margin allows.

    Sides where the subject is cut off have no margin, so the subject touches the edge
    of the canvas there: otherwise a portrait, for example, would float in the air.

    Args:
        box: The part.
        margin_percent: Margin on each side, in percent of the canvas's shorter side.
        canvas_px: Width and height of the canvas.
        cut: Where the subject is cut off.
    """
    margin = min(canvas_px) * margin_percent / 100
    sides = (cut.left, cut.right), (cut.top, cut.bottom)
    room = [
        max(side - margin * (2 - sum(cuts)), 1)
        for side, cuts in zip(canvas_px, sides, strict=True)
    ]
    scale = min(room[0] / box.width, room[1] / box.height)
    width = max(round(box.width * scale), 1)
    height = max(round(box.height * scale), 1)
    left = _start(canvas_px[0] - width, *sides[0])
    top = _start(canvas_px[1] - height, *sides[1])
    return Placement(width, height, left, top)


def _start(free_px: int, first: bool, last: bool) -> int:  # noqa: FBT001  # two sides
    """Return how much of the free space is before a part: all, none or half of it."""
    if first == last:
        return free_px // 2
    return free_px if last else 0
