"""Child processes of the codec, as their parent sees them."""

import os

from dropcut.core.cancel import CancelScope
from dropcut.core.pictures import OutputOptions, Pixels
from dropcut.pictures.sandbox import Limits, SandboxedCodec
from dropcut.pictures.sandbox.picture import SandboxedPicture

CHILD_LIMITS = Limits(max_megapixels=100, decode_seconds=30, threads=2)
_SIDE_PX = 64


def opened(
    codec: SandboxedCodec,
    data: bytes,
    options: OutputOptions | None = None,
    scope: CancelScope | None = None,
) -> SandboxedPicture:
    """Open a picture for a small model."""
    return codec.open(
        data, _SIDE_PX, _SIDE_PX, options or OutputOptions(), scope or CancelScope()
    )


def written(picture: SandboxedPicture, mask: Pixels) -> bytes:
    """Return the result of a picture, and close it."""
    sink = os.memfd_create("result")
    try:
        picture.cut_out(mask, sink)
        return os.pread(sink, os.fstat(sink).st_size, 0)
    finally:
        picture.close()
        os.close(sink)


def pid_of(codec: SandboxedCodec) -> int:
    """Return the process id of the child that is acquired next."""
    return codec.await_ready().pid
