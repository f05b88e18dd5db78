"""How long a picture may keep libvips busy."""

import time

import pyvips

from dropcut.errors import PictureError, Reason


class Deadline:
    """Starts to run when it is made."""

    def __init__(self, seconds: float) -> None:
        """Take how long the work may last."""
        self._seconds = seconds
        self._end_seconds = time.monotonic() + seconds

    @property
    def passed(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() > self._end_seconds

    def bind(self, image: pyvips.Image) -> None:
        """Have libvips give up between two tiles when the time is up."""

        def check(running: pyvips.Image, _progress: object) -> None:
            if self.passed:
                running.set_kill(True)

        image.set_progress(True)
        image.signal_connect("eval", check)

    def error(self) -> PictureError:
        """Return the error for a picture that took too long."""
        return PictureError(
            Reason.TIMED_OUT,
            f"Decoding took longer than {self._seconds:g} seconds, "
            "which DROPCUT_DECODE_SECONDS allows.",
        )
