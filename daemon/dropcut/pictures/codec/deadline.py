"""How long a picture may keep libvips busy."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pyvips

from dropcut.core.errors import PictureError, Reason
from dropcut.pictures.codec.errors import VIPS_ERRORS


class Deadline:
    """A time limit that starts when the object is created."""

    def __init__(self, seconds: float) -> None:
        """Allow the work that follows to last so many seconds."""
        self._seconds = seconds
        self._end_seconds = time.monotonic() + seconds

    def check(self) -> None:
        """Raise PictureError if the time is up."""
        if time.monotonic() > self._end_seconds:
            raise PictureError(
                Reason.TIMED_OUT,
                f"Decoding took longer than {self._seconds:g} seconds, the limit set "
                "by DROPCUT_DECODE_SECONDS. If the picture is good, raise the limit.",
            )

    @contextmanager
    def over(self, image: pyvips.Image) -> Iterator[None]:
        """Make libvips abandon an image, between two tiles, when the time is up.

        Raises:
            PictureError: The time is up.
        """

        def kill_if_late(running: pyvips.Image, _progress: object) -> None:
            if time.monotonic() > self._end_seconds:
                running.set_kill(True)

        image.set_progress(True)
        image.signal_connect("eval", kill_if_late)
        try:
            yield
        except VIPS_ERRORS:
            self.check()
            raise

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Stop the clock: a slow disk is not the picture's fault."""
        end_seconds, start_seconds = self._end_seconds, time.monotonic()
        self._end_seconds = math.inf
        try:
            yield
        finally:
            self._end_seconds = end_seconds + time.monotonic() - start_seconds

    def in_memory(self, image: pyvips.Image) -> pyvips.Image:
        """Decode all pixels of an image into memory.

        Raises:
            PictureError: The time is up.
            pyvips.Error: The picture cannot be decoded to its end.
        """
        with self.over(image):
            return image.copy_memory()
