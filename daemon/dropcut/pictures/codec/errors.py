"""Why a picture cannot be read: its own fault, or the machine's."""

from collections.abc import Iterator
from contextlib import contextmanager

import pyvips

from dropcut.core.errors import PictureError, Reason, TransientError
from dropcut.core.pictures import InputFormat
from dropcut.pictures.codec.endings import ends_early
from dropcut.pictures.codec.pillow import UnreadableError
from dropcut.pictures.codec.sniff import truncated, unsupported

VIPS_ERRORS = (pyvips.Error, UnicodeDecodeError)
"""What pyvips raises; the latter where libvips' message is not valid UTF-8."""

_MEMORY = ("out of memory", "nsufficient memory", "annot allocate memory")
_SMALL_SHARE = 0.02
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
    words = str(error)
    if isinstance(error, pyvips.Error):
        words = error.detail or error.message
    if isinstance(error, UnicodeDecodeError):
        buffer = pyvips.ffi.string(pyvips.vips_lib.vips_error_buffer())
        words = buffer.decode("utf-8", "backslashreplace")
    detail = " ".join(words.split())
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
    kind: InputFormat, words: str, share: float, *, publish: bool
) -> tuple[str, ...]:
    """Return what to say of a picture that can be decoded to its end; empty if nothing.

    Args:
        kind: Its format.
        words: What is wrong; empty if nothing is.
        share: How much of the picture it concerns at most, from 0 to 1.
        publish: Whether to publish it even so.

    Raises:
        PictureError: More than a small part is lost, and it is not to be published.
    """
    if words and share > _SMALL_SHARE and not publish:
        raise PictureError(
            Reason.CORRUPT,
            f"The {kind} is damaged inside, and a part of it would be wrong ({words}). "
            "Copy it again, or export it again from its source. "
            "DROPCUT_DAMAGED=publish publishes such pictures all the same.",
        )
    return (f"damaged: {words}",) if words else ()
