"""Messages between the parent and the child."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from dropcut.core.pictures import OutputFormat, OutputOptions

EXIT_OUT_OF_MEMORY = 3
"""Exit code of a child that had too little memory left to reply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of a child, passed on its command line.

    Attributes:
        threads: Worker threads of libvips.
    """

    max_megapixels: float
    decode_seconds: float
    threads: int


class Reply(StrEnum):
    """The kind of a child's reply.

    FAILED: the picture's fault. MEMORY: the child's memory limit was too low.
    BROKEN: a bug in Dropcut.
    """

    READY = "ready"
    OPENED = "opened"
    PART = "part"
    DONE = "done"
    FAILED = "failed"
    MEMORY = "memory"
    BROKEN = "broken"


def options_to_json(options: OutputOptions) -> dict[str, Any]:
    """Serialise options; a background picture's bytes are sent as payload instead."""
    background = options.background
    plain = None if isinstance(background, bytes) else background
    return asdict(replace(options, background=plain))


def options_from_json(values: Mapping[str, Any], background: bytes) -> OutputOptions:
    """Restore options from `options_to_json` and the background's bytes."""
    canvas, colour = values["canvas_px"], values["background"]
    options = OutputOptions(**values)
    return replace(
        options,
        canvas_px=tuple(canvas) if canvas else None,
        background=background or (tuple(colour) if colour else None),
        format=OutputFormat(options.format),
    )
