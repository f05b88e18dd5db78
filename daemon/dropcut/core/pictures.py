"""Pictures and results, and the codec that turns one into the other."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from dropcut.core.cancel import CancelScope

Pixels = NDArray[np.uint8]


class InputFormat(StrEnum):
    """The picture formats that Dropcut reads."""

    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WebP"
    TIFF = "TIFF"
    GIF = "GIF"
    AVIF = "AVIF"
    HEIC = "HEIC"
    BMP = "BMP"


class OutputFormat(StrEnum):
    """The format of a result; the value is the suffix of the file."""

    PNG = ".png"
    WEBP = ".webp"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputOptions:
    """What the result of a picture contains and how it is encoded.

    Attributes:
        output: `cutout`, or `mask`: only the alpha, as a grey picture.
        background: None for transparent; a colour, sRGB of 0 to 255; or the content of
            a picture file that covers the whole result.
        crop: Whether the result is cropped to the subject and `margin_percent`.
        margin_percent: Percent of the subject's longer side or, with a canvas, of the
            canvas's shorter side.
        canvas_px: Width and height of a canvas on which the subject is fitted, centred.
        format: PNG, or lossless WebP.
        keep: The original's metadata that the result keeps: `none`, `icc` or `all`.
        depth: Bits per channel, 8 or 16, if the source has 16.
        clean_edges: Whether the old background's colour is removed from soft edges.
        refine: Whether the mask is refined to follow the picture's edges.
        publish_damaged: Whether a picture of which a part is lost gets a result too.
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
    publish_damaged: bool = False


class Picture(Protocol):
    """An opened picture; its full-size pixels stay behind this interface."""

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
        """Write the result, following the output options, to a file descriptor.

        Args:
            mask: Alpha at the model's size, (height, width) uint8.
            sink: A descriptor open for writing; it stays open.

        Raises:
            PictureError: The picture cannot be decoded to its end.
            OSError: The result cannot be written.
        """

    def close(self) -> None:
        """Release the picture; it cannot be cut out afterwards."""


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
            data: Content of the whole file.
            width_px: Width of the model's input.
            height_px: Height of the model's input.
            options: What the result is to contain.
            scope: Cancels this call and `cut_out`.

        Raises:
            PictureError: Dropcut cannot process the picture.
            OSError: The machine is at fault, so the picture could not be tried.
        """
