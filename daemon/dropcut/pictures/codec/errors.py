"""Translates decoder errors: either the picture or the machine is at fault."""

from collections.abc import Iterator
from contextlib import contextmanager

import pyvips

from dropcut.core.errors import PictureError, Reason, TransientError
from dropcut.core.pictures import InputFormat
from dropcut.pictures.codec.endings import ends_early
from dropcut.pictures.codec.pillow import UnreadableError
from dropcut.pictures.codec.sniff import truncated, unsupported

VIPS_ERRORS = (pyvips.Error, UnicodeDecodeError)
"""What pyvips raises; the latter if libvips' message is not valid UTF-8."""

_MEMORY = ("out of memory", "nsufficient memory", "annot allocate memory")
_SMALL_FRACTION = 0.02
_MACHINE = ("unable to create thread",)
_UNSUPPORTED = (
    "support is not configured",
    "not a whole number of bytes",
    "separate planes not supported",
    "Unsupported JPEG data precision",
    "Unsupported JPEG process",
    "Unsupported BMP",
)


@contextmanager
def translating_errors(data: bytes, kind: InputFormat) -> Iterator[None]:
    """Translate decoder errors into Dropcut's.

    Raises:
        PictureError: `truncated`, `corrupt` or `unsupported-format`.
        MemoryError: The decoder had too little memory.
        TransientError: The decoder could not start a thread.
    """
    try:
        yield
    except (*VIPS_ERRORS, UnreadableError) as error:
        raise _translated(error, data, kind) from error
    finally:
        # Otherwise libvips would repeat its messages about this file in later errors
        pyvips.vips_lib.vips_error_clear()


def _translated(error: Exception, data: bytes, kind: InputFormat) -> Exception:
    message = str(error)
    if isinstance(error, pyvips.Error):
        message = error.detail or error.message
    if isinstance(error, UnicodeDecodeError):
        buffer = pyvips.ffi.string(pyvips.vips_lib.vips_error_buffer())
        message = buffer.decode("utf-8", "backslashreplace")
    detail = " ".join(message.split())
    if any(fault in detail for fault in _MEMORY):
        return MemoryError(f"the picture could not be read: {detail}")
    if any(fault in detail for fault in _MACHINE):
        return TransientError(f"the picture could not be read: {detail}")
    if any(fault in detail for fault in _UNSUPPORTED):
        return unsupported(f"an unusual {kind} ({detail})")
    if ends_early(data, kind):
        return truncated()
    return PictureError(
        Reason.CORRUPT,
        f"The {kind} is damaged and cannot be read: {detail}. "
        "Copy it again, or export it again from its source.",
    )


def damage_notes(
    kind: InputFormat, damage: str, fraction: float, *, publish: bool
) -> tuple[str, ...]:
    """Return the note on a damaged picture that can be decoded to its end.

    Args:
        kind: The picture's format.
        damage: What is wrong; empty if nothing is.
        fraction: The largest fraction of the picture that may be wrong, from 0 to 1.
        publish: Whether to publish the picture anyway.

    Raises:
        PictureError: More than a small part is lost, and `publish` is false.
    """
    if damage and fraction > _SMALL_FRACTION and not publish:
        raise PictureError(
            Reason.CORRUPT,
            f"The {kind} is damaged inside, and part of the result would be wrong "
            f"({damage}). Copy it again, or export it again from its source. "
            "DROPCUT_DAMAGED=publish publishes such pictures anyway.",
        )
    return (f"damaged: {damage}",) if damage else ()
