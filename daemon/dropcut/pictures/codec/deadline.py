"""Limits how long libvips may work on a picture."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pyvips

from dropcut.core.errors import PictureError, Reason
from dropcut.pictures.codec.errors import VIPS_ERRORS

_BUSY = 0.5


class Deadline:
    """A time limit that starts when the object is created.

    The limit is exceeded when the time has passed and this process was busy for a good
    part of it: a picture is not late if its process was stopped or had no CPU. The
    parent, which waits for this process, notices that.
    """

    def __init__(self, seconds: float) -> None:
        """Start the limit, which ends after `seconds`."""
        self._seconds = seconds
        self._end_seconds = time.monotonic() + seconds
        self._busy_until_seconds = time.process_time() + seconds * _BUSY

    def check(self) -> None:
        """Raise PictureError if the limit is exceeded."""
        if self._is_up():
            raise PictureError(
                Reason.TIMED_OUT,
                f"Decoding took longer than {self._seconds:g} seconds, the limit set "
                "by DROPCUT_DECODE_SECONDS. If the picture is not damaged, raise the "
                "limit.",
            )

    def _is_up(self) -> bool:
        late = time.monotonic() > self._end_seconds
        return late and time.process_time() > self._busy_until_seconds

    @contextmanager
    def enforced_on(self, image: pyvips.Image) -> Iterator[None]:
        """Make libvips abandon an image, between two tiles, once the limit is exceeded.

        Raises:
            PictureError: The limit is exceeded.
        """

        def kill_if_late(running: pyvips.Image, _progress: object) -> None:
            if self._is_up():
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

    def decoded_into_memory(self, image: pyvips.Image) -> pyvips.Image:
        """Decode all pixels of an image into memory.

        Raises:
            PictureError: The limit is exceeded.
            pyvips.Error: The picture cannot be decoded to its end.
        """
        with self.enforced_on(image):
            return image.copy_memory()
