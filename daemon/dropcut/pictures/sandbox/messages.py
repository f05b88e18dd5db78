"""What parent and child agree on."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from dropcut.core.pictures import OutputFormat, OutputOptions

EXIT_OUT_OF_MEMORY = 3
"""The exit code of a child that had too little memory to say so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a child may use; part of its command line.

    Attributes:
        threads: Of libvips.
    """

    max_megapixels: float
    decode_seconds: float
    threads: int


class Reply(StrEnum):
    """What a child answers.

    FAILED: the picture's fault. MEMORY: there was too little of it within the child's
    bounds. BROKEN: a fault of Dropcut.
    """

    READY = "ready"
    OPENED = "opened"
    PART = "part"
    DONE = "done"
    FAILED = "failed"
    MEMORY = "memory"
    BROKEN = "broken"


def options_to_json(options: OutputOptions) -> dict[str, Any]:
    """Return a look without its background picture, whose bytes travel beside it."""
    background = options.background
    plain = None if isinstance(background, bytes) else background
    return asdict(replace(options, background=plain))


def options_from_json(values: Mapping[str, Any], background: bytes) -> OutputOptions:
    """Return the look again."""
    canvas, colour = values["canvas_px"], values["background"]
    options = OutputOptions(**values)
    return replace(
        options,
        canvas_px=tuple(canvas) if canvas else None,
        background=background or (tuple(colour) if colour else None),
        format=OutputFormat(options.format),
    )
