"""The settings of a picture's result: for all pictures, or for those of one folder."""

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from dropcut.core.models import is_model_file
from dropcut.core.pictures import OutputFormat, OutputOptions
from dropcut.settings.validation import from_home

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_SIZE = re.compile(r"(\d{1,5})\s*[xX]\s*(\d{1,5})")
_LARGEST_CANVAS_PX = 16_383  # what WebP can hold
_TRANSPARENT, _NO_CANVAS = "transparent", "none"


class PictureSettings(BaseModel):
    """What may differ from folder to folder."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str = "u2netp"
    model_recipe: Literal["u2net", "isnet", "birefnet"] | None = None
    refine: Literal["guided", "none"] = "guided"
    edges: Literal["clean", "raw"] = "clean"
    output: Literal["cutout", "mask"] = "cutout"
    background: str = _TRANSPARENT
    crop: Literal["none", "subject"] = "none"
    margin: float = Field(5, ge=0, le=45, allow_inf_nan=False)
    canvas: str = _NO_CANVAS
    format: Literal["png", "webp"] = "png"
    depth: Literal[8, 16] = 8
    keep: Literal["none", "icc", "all"] = "none"
    empty: Literal["fail", "publish"] = "fail"

    @field_validator("margin", "depth", mode="before")
    @classmethod
    def _number(cls, value: object) -> object:
        """Read a number that is written as text; a truth value is none."""
        if isinstance(value, bool):
            raise ValueError("it must be a number")  # noqa: TRY004  # pydantic's way
        return int(value) if isinstance(value, str) and value.isdecimal() else value

    @field_validator("model")
    @classmethod
    def _is_name_or_path(cls, value: str) -> str:
        return str(from_home(Path(value))) if names_file("model", value) else value

    @field_validator("model_recipe")
    @classmethod
    def _is_of_a_file(cls, value: str | None, info: ValidationInfo) -> str | None:
        model = info.data.get("model")
        if value and model and not names_file("model", model):
            raise ValueError(
                "it is for a model that is given by the path of its .onnx file, "
                f"not by its name as {model} is"
            )
        return value

    @field_validator("background")
    @classmethod
    def _is_colour_or_picture(cls, value: str) -> str:
        if not names_file("background", value):
            return value
        path = from_home(Path(value))
        if not _is_readable(path):
            raise ValueError(
                f"it must be {_TRANSPARENT}, a colour as #FFFFFF, or the path of a "
                f"picture that may be read; {path.absolute()} is none"
            )
        return str(path)

    @field_validator("canvas")
    @classmethod
    def _is_size(cls, value: str) -> str:
        if value != _NO_CANVAS and not _within(_size(value)):
            raise ValueError(
                f"it must be {_NO_CANVAS}, or WIDTHxHEIGHT in pixels, such as "
                f"2000x2000, each from 1 to {_LARGEST_CANVAS_PX}"
            )
        return value

    @field_validator("depth")
    @classmethod
    def _fits_format(cls, value: int, info: ValidationInfo) -> int:
        if value != 8 and info.data.get("format") == "webp":  # noqa: PLR2004  # bits
            raise ValueError("WebP holds 8 bits a channel, only PNG holds 16")
        return value

    def options(self) -> OutputOptions:
        """Return how results are to look.

        Raises:
            OSError: The background's file cannot be read.
        """
        return OutputOptions(
            output=self.output,
            background=_background(self.background),
            crop=self.crop == "subject",
            margin_percent=self.margin,
            canvas_px=_size(self.canvas),
            format=OutputFormat("." + self.format),
            keep=self.keep,
            depth=self.depth,
            clean_edges=self.edges == "clean",
            refine=self.refine == "guided",
        )


def names_file(key: str, value: str) -> bool:
    """Whether the value of a setting is the path of a file."""
    if key == "background":
        return value != _TRANSPARENT and not _COLOUR.fullmatch(value)
    return key == "model" and is_model_file(value)


def _is_readable(path: Path) -> bool:
    with suppress(OSError, ValueError):
        return path.is_file() and os.access(path, os.R_OK)
    return False


def _size(text: str) -> tuple[int, int] | None:
    match = _SIZE.fullmatch(text.strip())
    return (int(match[1]), int(match[2])) if match else None


def _within(size: tuple[int, int] | None) -> bool:
    return size is not None and all(1 <= side <= _LARGEST_CANVAS_PX for side in size)


def _background(text: str) -> tuple[int, int, int] | bytes | None:
    if text == _TRANSPARENT:
        return None
    if _COLOUR.fullmatch(text):
        red, green, blue = bytes.fromhex(text[1:])
        return red, green, blue
    return Path(text).read_bytes()
