"""A picture that is open in a child process."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from dropcut.core.cancel import CancelScope
from dropcut.core.errors import PictureError, Reason, UncertainFaultError
from dropcut.core.pictures import OutputOptions, Pixels
from dropcut.pictures.sandbox.messages import Reply, options_to_json
from dropcut.pictures.sandbox.pool import DecoderPool
from dropcut.pictures.sandbox.process import (
    ChildDiedError,
    ChildProcess,
    ChildTimedOutError,
)
from dropcut.pictures.sandbox.protocol import TimeBudget

_GRACE_SECONDS = 5.0  # for the child itself to report that its time is up
_BUSY = 0.5  # a child that is slow, not stopped, uses a CPU for this part of the time
_MAX_PART_BYTES = 1 << 22
_MAX_NOTES, _MAX_NOTE_LENGTH = 16, 500
_CHANNELS, _MAX_BYTES_PER_PIXEL = 3, 9
_SLACK_BYTES = 1 << 20
_DIED = (
    "The decoder crashed on this picture twice ({detail}): the file is damaged or "
    "malicious. Export it again from its source."
)
_MEMORY = (
    "The decoder ran out of memory on this picture twice ({detail}). The machine may "
    "need more memory, or DROPCUT_MAX_MEGAPIXELS may be too low."
)
_KILLED_REPEATEDLY = (
    "The decoder was killed repeatedly while processing this picture ({detail}). No "
    "other picture was open, and other pictures succeeded in between: the machine "
    "seems to have too little memory for it. Make the picture smaller, or give the "
    "machine more memory."
)
KILLED = "a decoder process ended ({detail}): the machine may have too little memory"
_SLOW = (
    "Decoding took longer than {seconds:g} seconds, the limit set by "
    "DROPCUT_DECODE_SECONDS. If the picture is not damaged, raise the limit."
)


class SandboxedPicture:
    """A picture that is open in a child; if the child dies, another one opens it."""

    model_input: Pixels

    def __init__(
        self,
        children: DecoderPool,
        data: bytes,
        shape: tuple[int, int],
        options: OutputOptions,
        scope: CancelScope,
    ) -> None:
        """Create a picture that is not open yet; `shape` is the model's input size."""
        self._children, self._data = children, data
        self._options, self._scope = options, scope
        self._shape = shape
        self._child: ChildProcess | None = None
        self._exclusive = False
        self.width_px = self.height_px = 0
        self.notes: tuple[str, ...] = ()

    def open(self) -> None:
        """Open the picture in a child."""
        with self._released_on_error():
            self._with_one_retry(self._open)

    def cut_out(self, mask: Pixels, sink: int) -> None:
        """Have the child encode the result, and write it to `sink` part by part."""
        with self._released_on_error():
            self._with_one_retry(lambda: self._cut_out(mask, sink))

    def close(self) -> None:
        """Release the child, and have it drop the picture."""
        try:
            if self._child:
                self._child.notify({"do": "close"})
        except ChildDiedError:
            pass  # a dead child holds no picture
        finally:
            self._release()

    @contextmanager
    def _released_on_error(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self._release()
            raise

    def _release(self) -> None:
        child, self._child = self._child, None
        if child:
            self._children.release(child)

    def _with_one_retry(self, work: Callable[[], None]) -> None:
        """Do some work with a child; if that fails, retry once, with no other picture.

        The first child may have been killed because of another picture, for example by
        the kernel when memory ran out. If it timed out although it was hardly busy, it
        may have been stopped from outside.
        """
        try:
            return work()
        except ChildDiedError as error:
            first_outside = error.outside
        except ChildTimedOutError as error:
            if error.busy_seconds > self._children.limits.decode_seconds * _BUSY:
                raise self._picture_error(error) from error
            first_outside = False
        if self._child:
            self._child.kill()
        self._release()
        self._exclusive = True
        try:
            return work()
        except ChildTimedOutError as error:
            raise self._picture_error(error) from error
        except ChildDiedError as error:
            picture_error = self._picture_error(error)
            if not (first_outside or error.outside):
                raise picture_error from error
            problem = KILLED.format(detail=error)
            raise UncertainFaultError(problem, picture_error) from error

    def _picture_error(
        self, error: ChildDiedError | ChildTimedOutError
    ) -> PictureError:
        if isinstance(error, ChildTimedOutError):
            message = _SLOW.format(seconds=self._children.limits.decode_seconds)
            return PictureError(Reason.TIMED_OUT, message)
        if not error.memory:
            return PictureError(Reason.DECODER_CRASHED, _DIED.format(detail=error))
        message = _KILLED_REPEATEDLY if error.outside else _MEMORY
        return PictureError(Reason.OUT_OF_MEMORY, message.format(detail=error))

    def _open(self) -> None:
        """Open the picture in a child, and validate the reply."""
        self._child = child = self._children.acquire(exclusive=self._exclusive)
        height, width = self._shape
        background = self._options.background
        request = {
            "do": "open",
            "width_px": width,
            "height_px": height,
            "bytes": len(self._data),
            "options": options_to_json(self._options),
        }
        with self._scope.cancellable(child.kill):
            child.await_ready()
            child.request(
                request,
                self._data,
                background if isinstance(background, bytes) else b"",
            )
            header, pixels = child.receive(width * height * _CHANNELS, self._budget())
        try:
            flat = np.frombuffer(pixels, np.uint8)
            self.model_input = flat.reshape(height, width, _CHANNELS)
            size = int(header["width_px"]), int(header["height_px"])
            max_pixels = self._children.limits.max_megapixels * 1e6
            if min(size) < 1 or size[0] * size[1] > max_pixels:
                raise ValueError(f"{size[0]}x{size[1]} pixels")  # noqa: TRY301  # handled below
            self.width_px, self.height_px = size
            notes = [str(note)[:_MAX_NOTE_LENGTH] for note in header["notes"]]
            self.notes = tuple(notes[:_MAX_NOTES])
        except (ValueError, TypeError, KeyError, OverflowError) as error:
            raise ChildDiedError(f"invalid reply: {error!r}") from error

    def _cut_out(self, mask: Pixels, sink: int) -> None:
        if self._child is None:
            self._open()
            os.lseek(sink, 0, os.SEEK_SET)
            os.ftruncate(sink, 0)
        child = self._child
        assert child is not None  # noqa: S101  # for mypy: `_open` has set it
        height, width = mask.shape
        request = {"do": "cut_out", "width_px": width, "height_px": height}
        # More than any result has, so that a misbehaving child cannot fill the disk
        across, down = self._options.canvas_px or (0, 0)
        pixels = max(across * down, self.width_px * self.height_px)
        left_bytes = pixels * _MAX_BYTES_PER_PIXEL + len(self._data) + _SLACK_BYTES
        budget = self._budget()
        with self._scope.cancellable(child.kill):
            child.request(request, np.ascontiguousarray(mask).tobytes())
        while True:
            # The writing is not included: a slow disk is not the picture's fault
            with self._scope.cancellable(child.kill):
                header, part = child.receive(_MAX_PART_BYTES, budget)
            if header["is"] == Reply.DONE:
                return
            left_bytes -= len(part)
            if not part:
                raise ChildDiedError("the result does not advance")
            if left_bytes < 0:
                raise ChildDiedError("the result does not end")
            view = memoryview(part)
            while view:
                view = view[os.write(sink, view) :]

    def _budget(self) -> TimeBudget:
        return TimeBudget(self._children.limits.decode_seconds + _GRACE_SECONDS)
