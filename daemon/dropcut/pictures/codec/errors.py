"""Whose fault it is that a picture cannot be read."""

from collections.abc import Iterator
from contextlib import contextmanager

import pyvips

from dropcut.core.errors import PictureError, Reason, TransientError
from dropcut.pictures.codec.pillow import UnreadableError
from dropcut.pictures.codec.sniff import InputFormat, ends_early, truncated, unsupported

VIPS_FAULTS = (pyvips.Error, UnicodeDecodeError)
"""What pyvips raises: its own error cannot be made of words that are no UTF-8."""

_MEMORY = ("out of memory", "nsufficient memory", "annot allocate memory")
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
    """Say of what cannot be read that it is truncated, corrupt or of an odd kind."""
    try:
        yield
    except (*VIPS_FAULTS, UnreadableError) as error:
        raise _explained(data, kind, _detail(error)) from error
    finally:
        # What a file had libvips say would else be part of every later error
        pyvips.vips_lib.vips_error_clear()


def _detail(error: Exception) -> str:
    words = str(error)
    if isinstance(error, pyvips.Error):
        words = error.detail or error.message
    if isinstance(error, UnicodeDecodeError):
        buffer = pyvips.ffi.string(pyvips.vips_lib.vips_error_buffer())
        words = buffer.decode("utf-8", "backslashreplace")
    return " ".join(words.split())


def _explained(data: bytes, kind: InputFormat, detail: str) -> Exception:
    if any(fault in detail for fault in _MEMORY):
        return MemoryError(f"the picture could not be read: {detail}")
    if any(fault in detail for fault in _MACHINE):
        return TransientError(f"the picture could not be read: {detail}")
    if any(words in detail for words in _UNSUPPORTED):
        return unsupported(f"unusual {kind} ({detail})")
    if ends_early(data, kind):
        return truncated()
    return PictureError(
        Reason.CORRUPT, f"The {kind} is damaged and cannot be read: {detail}"
    )
