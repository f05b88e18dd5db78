"""The settings of the results: for all pictures, or for those of one folder.

The text below a field describes it in docs/settings.md and config/dropcut.env.
"""

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from dropcut.core.models import is_model_file
from dropcut.core.pictures import OutputFormat, OutputOptions
from dropcut.settings.reading import MAX_PICTURE_BYTES, read_file
from dropcut.settings.validation import from_home

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_SIZE = re.compile(r"(\d{1,5})\s*[xX]\s*(\d{1,5})")
_MAX_CANVAS_PX = 16_383  # the limit of WebP
_TRANSPARENT, _NO_CANVAS = "transparent", "none"


class PictureSettings(BaseModel):
    """The settings that a profile can change for its folder."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str = "u2netp"
    """The model: a name that `dropcut models list` shows, or the path of an `.onnx`
    file. `u2netp` is built in; download any other first, with `sudo dropcut models
    pull NAME` for the service, and without `sudo` for yourself."""
    model_recipe: Literal["u2net", "isnet", "birefnet"] | None = None
    """Only for a model that is given by its path: the family whose pre- and
    post-processing the model needs, `u2net`, `isnet` or `birefnet`. Empty: the family
    is recognised from the file, where possible. Catalogue models have their own."""
    refine: Literal["guided", "none"] = "guided"
    """`guided`: the mask follows the edges of the full-size picture. `none`: the
    model's own mask, as in rembg."""
    edges: Literal["clean", "raw"] = "clean"
    """`clean`: the old background's colour is removed from soft edges. `raw`: the
    colours stay as they are, with a halo of the old background."""
    output: Literal["cutout", "mask"] = "cutout"
    """`cutout`, or `mask`: only the mask, as a grey picture."""
    background: str = _TRANSPARENT
    """What is behind the subject: `transparent`, a colour such as `#FFFFFF`, or the
    path of a picture."""
    crop: Literal["none", "subject"] = "none"
    """`none`, or `subject`: the result is cropped to the subject and the margin."""
    margin: float = Field(5, ge=0, le=45, allow_inf_nan=False)
    """Space left around the subject, in percent from 0 to 45, as far as the photo
    extends: percent of the subject's longer side with `crop`, of the canvas's
    shorter side with `canvas`."""
    canvas: str = _NO_CANVAS
    """`none`, or `WIDTHxHEIGHT` in pixels, such as `2000x2000`: the subject is
    centred on a canvas of this size, as large as fits. Where the photo cuts the
    subject off, the subject stays at that edge of the canvas, without a margin."""
    format: Literal["png", "webp"] = "png"
    """`png`, or `webp`: lossless, smaller and slower."""
    depth: Literal[8, 16] = 8
    """Bits per colour channel: `8`, or `16` for pictures that have 16. 8-bit pictures
    stay 8-bit, and WebP has only 8."""
    keep: Literal["none", "icc", "all"] = "none"
    """Metadata kept in the result: `none`, `icc` for the picture's own RGB profile,
    or `all` for place, time and camera as well."""
    empty: Literal["fail", "publish"] = "fail"
    """What happens to a picture in which the model finds no subject: `fail`, or
    `publish` the result anyway."""

    damaged: Literal["fail", "publish"] = "fail"
    """What happens to a picture that can be decoded to its end, but of which a part is
    lost or wrong: `fail`, or `publish` the result anyway. Lesser damage is only noted
    in the log."""

    @field_validator("margin", "depth", mode="before")
    @classmethod
    def read_number(cls, value: object) -> object:
        """Parse a number that is written as text; refuse true and false."""
        if isinstance(value, bool):
            raise ValueError("it must be a number")  # noqa: TRY004  # pydantic's way
        return int(value) if isinstance(value, str) and value.isdecimal() else value

    @field_validator("model")
    @classmethod
    def expand_model(cls, value: str) -> str:
        """Return a catalogue name unchanged, and a path with its ~ expanded."""
        return str(from_home(Path(value))) if names_file("model", value) else value

    @field_validator("model_recipe")
    @classmethod
    def check_recipe(cls, value: str | None, info: ValidationInfo) -> str | None:
        """Refuse a recipe for a model of the catalogue, which has its own."""
        model = info.data.get("model")
        if value and model and not names_file("model", model):
            raise ValueError(
                "it is for a model that is given by the path of its .onnx file, "
                f"not by its name as {model} is"
            )
        return value

    @field_validator("background")
    @classmethod
    def check_background(cls, value: str) -> str:
        """Refuse a value that is neither a colour nor the path of a readable file."""
        if not names_file("background", value):
            return value
        path = from_home(Path(value))
        with suppress(OSError, ValueError):
            if path.is_file() and os.access(path, os.R_OK):
                return str(path)
        raise ValueError(
            f"it must be {_TRANSPARENT}, a colour such as #FFFFFF, or the path of a "
            f"picture; {path.absolute()} is not a readable file"
        )

    @field_validator("canvas")
    @classmethod
    def check_canvas(cls, value: str) -> str:
        """Refuse a value that is not a size, or not one that WebP allows."""
        size = _size(value) or ()
        fits = [side for side in size if 1 <= side <= _MAX_CANVAS_PX]
        if value != _NO_CANVAS and len(fits) != 2:  # noqa: PLR2004  # width and height
            raise ValueError(
                f"it must be {_NO_CANVAS}, or WIDTHxHEIGHT in pixels, such as "
                f"2000x2000, each from 1 to {_MAX_CANVAS_PX}"
            )
        return value

    @field_validator("depth")
    @classmethod
    def check_depth(cls, value: int, info: ValidationInfo) -> int:
        """Refuse 16 bits in a WebP."""
        if value != 8 and info.data.get("format") == "webp":  # noqa: PLR2004  # bits
            raise ValueError("WebP has 8 bits per channel; only PNG can have 16")
        return value

    def options(self) -> OutputOptions:
        """Return the options of the results.

        Raises:
            OSError: The background's file cannot be read.
        """
        background: tuple[int, int, int] | bytes | None = None
        if _COLOUR.fullmatch(self.background):
            red, green, blue = bytes.fromhex(self.background[1:])
            background = red, green, blue
        elif names_file("background", self.background):
            background = read_file(Path(self.background), MAX_PICTURE_BYTES)
        return OutputOptions(
            output=self.output,
            background=background,
            crop=self.crop == "subject",
            margin_percent=self.margin,
            canvas_px=_size(self.canvas),
            format=OutputFormat("." + self.format),
            keep=self.keep,
            depth=self.depth,
            clean_edges=self.edges == "clean",
            refine=self.refine == "guided",
            publish_damaged=self.damaged == "publish",
        )


def names_file(setting: str, value: str) -> bool:
    """Whether the value of a setting is the path of a file."""
    if setting == "background":
        return value != _TRANSPARENT and not _COLOUR.fullmatch(value)
    return setting == "model" and is_model_file(value)


def _size(text: str) -> tuple[int, int] | None:
    match = _SIZE.fullmatch(text.strip())
    return (int(match[1]), int(match[2])) if match else None
