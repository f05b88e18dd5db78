"""Pictures and results, and the codec that turns one into the other."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from dropcut.core.cancel import CancelScope

Pixels = NDArray[np.uint8]


class OutputFormat(StrEnum):
    """The format of a result; its value is the suffix of the file."""

    PNG = ".png"
    WEBP = ".webp"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputOptions:
    """How the result of a picture is to look.

    Attributes:
        output: `cutout`, or `mask`: the alpha alone, as a grey picture.
        background: None for transparent; a colour, sRGB of 0 to 255; or the content of
            a picture file, which is to cover the result.
        crop: Whether the result ends `margin_percent` around the subject.
        margin_percent: Of the longer side of the subject, or of the canvas.
        canvas_px: Width and height on which the subject is centred and fitted.
        format: PNG, or lossless WebP.
        keep: Metadata of the original in the result: `none`, `icc` or `all`.
        depth: Bits of each channel that a source of 16 bits keeps, 8 or 16.
        clean_edges: Whether colour at soft edges becomes the subject's alone.
        refine: Whether the mask is made to follow the picture's edges.
    """

    output: Literal["cutout", "mask"] = "cutout"
    background: tuple[int, int, int] | bytes | None = field(default=None, repr=False)
    crop: bool = False
    margin_percent: float = 0
    canvas_px: tuple[int, int] | None = None
    format: OutputFormat = OutputFormat.PNG
    keep: Literal["none", "icc", "all"] = "none"
    depth: Literal[8, 16] = 8
    clean_edges: bool = True
    refine: bool = True


class Picture(Protocol):
    """An opened picture; its full-size pixels stay behind this seam."""

    @property
    def width_px(self) -> int:
        """Width of the upright picture."""

    @property
    def height_px(self) -> int:
        """Height of the upright picture."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What was left out or ignored."""

    @property
    def model_input(self) -> Pixels:
        """The upright sRGB picture at the model's size, (height, width, 3) uint8."""

    def cut_out(self, mask: Pixels, sink: int) -> None:
        """Write the result to the file descriptor `sink`, as the look says.

        Args:
            mask: Alpha at the model's size, (height, width) uint8.
            sink: Open for writing; stays open.

        Raises:
            PictureError: The picture cannot be decoded to its end.
            OSError: The result cannot be written.
        """

    def close(self) -> None:
        """Let go of the picture; what was not done by now will not be."""


class Codec(Protocol):
    """Opens pictures and writes results."""

    def open(
        self,
        data: bytes,
        width_px: int,
        height_px: int,
        options: OutputOptions,
        scope: CancelScope,
    ) -> Picture:
        """Decode a picture for a model of the given input size.

        Args:
            data: Of the whole file.
            width_px: Of the model's input.
            height_px: Of the model's input.
            options: How the result is to look.
            scope: Breaks off this, and `cut_out`.

        Raises:
            PictureError: It is no picture that Dropcut can work on.
            MachineError: It could not be tried.
        """
