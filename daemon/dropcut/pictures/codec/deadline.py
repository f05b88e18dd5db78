"""How long a picture may keep libvips busy."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pyvips

from dropcut.core.errors import PictureError, Reason
from dropcut.pictures.codec.errors import VIPS_FAULTS


class Deadline:
    """Starts to run when it is made."""

    def __init__(self, seconds: float) -> None:
        """Take how long the work may last."""
        self._seconds = seconds
        self._end_seconds = time.monotonic() + seconds

    def check(self) -> None:
        """Raise PictureError when the time is up."""
        if time.monotonic() > self._end_seconds:
            raise PictureError(
                Reason.TIMED_OUT,
                f"Decoding took longer than {self._seconds:g} seconds, "
                "which DROPCUT_DECODE_SECONDS allows.",
            )

    @contextmanager
    def over(self, image: pyvips.Image) -> Iterator[None]:
        """Have libvips give up an image between two tiles when the time is up.

        Raises:
            PictureError: The time is up.
        """
        image.set_progress(True)
        image.signal_connect("eval", self._kill_late)
        try:
            yield
        except VIPS_FAULTS:
            self.check()
            raise

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Let the time stand still: a slow disk is no fault of the picture."""
        end_seconds, start_seconds = self._end_seconds, time.monotonic()
        self._end_seconds = math.inf
        try:
            yield
        finally:
            self._end_seconds = end_seconds + time.monotonic() - start_seconds

    def _kill_late(self, running: pyvips.Image, _progress: object) -> None:
        if time.monotonic() > self._end_seconds:
            running.set_kill(True)

    def hold(self, image: pyvips.Image) -> pyvips.Image:
        """Return a picture with all its pixels in memory.

        Raises:
            PictureError: The time is up.
            pyvips.Error: The picture cannot be decoded to its end.
        """
        with self.over(image):
            return image.copy_memory()
