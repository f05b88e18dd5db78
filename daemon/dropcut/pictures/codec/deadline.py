"""How long a picture may keep libvips busy."""

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

    It is up when the time has passed, and this process was busy for a good part of it:
    a picture is not late because its process was frozen or got no processor. Whoever
    waits for the process notices that.
    """

    def __init__(self, seconds: float) -> None:
        """Allow the work that follows to last so many seconds."""
        self._seconds = seconds
        self._end_seconds = time.monotonic() + seconds
        self._busy_until_seconds = time.process_time() + seconds * _BUSY

    def check(self) -> None:
        """Raise PictureError if the time is up."""
        if self._is_up():
            raise PictureError(
                Reason.TIMED_OUT,
                f"Decoding took longer than {self._seconds:g} seconds, the limit set "
                "by DROPCUT_DECODE_SECONDS. If the picture is good, raise the limit.",
            )

    def _is_up(self) -> bool:
        late = time.monotonic() > self._end_seconds
        return late and time.process_time() > self._busy_until_seconds

    @contextmanager
    def over(self, image: pyvips.Image) -> Iterator[None]:
        """Make libvips abandon an image, between two tiles, when the time is up.

        Raises:
            PictureError: The time is up.
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

    def in_memory(self, image: pyvips.Image) -> pyvips.Image:
        """Decode all pixels of an image into memory.

        Raises:
            PictureError: The time is up.
            pyvips.Error: The picture cannot be decoded to its end.
        """
        with self.over(image):
            return image.copy_memory()
