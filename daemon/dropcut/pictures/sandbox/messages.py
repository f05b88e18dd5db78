"""The messages that parent and child exchange."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from dropcut.core.pictures import OutputFormat, OutputOptions

EXIT_OUT_OF_MEMORY = 3
"""The exit code of a child that had too little memory to send a reply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The resources a child may use; part of its command line.

    Attributes:
        threads: Number of threads that libvips uses.
    """

    max_megapixels: float
    decode_seconds: float
    threads: int


class Reply(StrEnum):
    """The kinds of replies that a child sends.

    FAILED: the picture is at fault. MEMORY: the child's memory limit was too low or,
    if `outside` is set, the system refused memory. BROKEN: a bug in Dropcut.
    """

    READY = "ready"
    OPENED = "opened"
    PART = "part"
    DONE = "done"
    FAILED = "failed"
    MEMORY = "memory"
    BROKEN = "broken"


def options_to_json(options: OutputOptions) -> dict[str, Any]:
    """Return options without a background picture, whose bytes are sent separately."""
    background = options.background
    colour = None if isinstance(background, bytes) else background
    return asdict(replace(options, background=colour))


def options_from_json(values: Mapping[str, Any], background: bytes) -> OutputOptions:
    """Return the options that `options_to_json` encoded."""
    canvas, colour = values["canvas_px"], values["background"]
    options = OutputOptions(**values)
    return replace(
        options,
        canvas_px=tuple(canvas) if canvas else None,
        background=background or (tuple(colour) if colour else None),
        format=OutputFormat(options.format),
    )
