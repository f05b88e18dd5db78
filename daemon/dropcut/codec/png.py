"""Encodes PNGs into an open file, in one pass over a stream of pixels."""

import os
from typing import Any

import pyvips

from dropcut.codec.deadline import Deadline

_OPTIONS: dict[str, Any] = {"compression": 3, "filter": "up", "keep": "none"}


def save_png(image: pyvips.Image, sink: int, deadline: Deadline) -> None:
    """Write an RGBA picture as PNG, without metadata.

    Compression 3 with the `up` filter: measured on cutouts of photographs, a tenth more
    bytes than Pillow's default, in a third of the time of level 6.

    Raises:
        OSError: The file cannot be written.
        PictureError: The time is up.
        pyvips.Error: The picture cannot be decoded to its end.
    """
    target = _Sink(sink)
    deadline.bind(image)
    try:
        image.pngsave_target(target.stream, **_OPTIONS)
    except pyvips.Error:
        if target.error is not None:
            raise target.error from None
        if deadline.passed:
            raise deadline.error() from None
        raise


class _Sink:
    """A target that remembers why the file could not be written."""

    def __init__(self, file: int) -> None:
        self._file = file
        self.error: OSError | None = None
        self.stream = pyvips.TargetCustom()
        self.stream.on_write(self._write)

    def _write(self, data: bytes | bytearray | memoryview) -> int:
        try:
            return os.write(self._file, data)
        except OSError as error:
            self.error = error
            return -1
