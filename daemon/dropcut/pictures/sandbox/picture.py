"""A picture that is open in a child process."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

import numpy as np

from dropcut.core.cancel import CancelScope
from dropcut.core.errors import PictureError, Reason
from dropcut.core.pictures import OutputOptions, Pixels
from dropcut.pictures.sandbox.messages import Reply, options_to_json
from dropcut.pictures.sandbox.pool import DecoderPool
from dropcut.pictures.sandbox.process import (
    ChildDiedError,
    ChildProcess,
    ChildTimedOutError,
)
from dropcut.pictures.sandbox.protocol import Header, TimeBudget

_GRACE_SECONDS = 5.0  # for the child to report its own timeout first
_MAX_PART_BYTES = 1 << 22
_MAX_NOTES, _MAX_NOTE_LENGTH = 16, 500
_CHANNELS, _MAX_BYTES_PER_PIXEL = 3, 9
_SLACK_BYTES = 1 << 20
_DIED = (
    "The decoder crashed on this picture twice ({words}). The file is damaged or "
    "malicious; export it again from its source."
)
_MEMORY = (
    "The decoder ran out of memory on this picture twice ({words}). Give the machine "
    "more memory, or raise DROPCUT_MAX_MEGAPIXELS if it is too low."
)
_SLOW = (
    "Decoding took longer than the {seconds:g} seconds that DROPCUT_DECODE_SECONDS "
    "allows. Raise it, or make the picture smaller."
)


class SandboxedPicture:
    """A picture open in a child process; if that dies, it is retried in another."""

    model_input: Pixels

    def __init__(
        self,
        children: DecoderPool,
        data: bytes,
        shape: tuple[int, int],
        options: OutputOptions,
        scope: CancelScope,
    ) -> None:
        """Keep what is needed to open the picture, and to open it again."""
        self._children, self._data = children, data
        self._options, self._scope = options, scope
        self._shape = shape
        self._child: ChildProcess | None = None
        self._exclusive = False
        self.width_px = self.height_px = 0
        self.notes: tuple[str, ...] = ()

    def open(self) -> None:
        """Open the picture in a child."""
        with self._release_on_error():
            self._with_one_retry(self._open)

    def cut_out(self, mask: Pixels, sink: int) -> None:
        """Receive the result from the child and write it, part by part."""
        with self._release_on_error():
            self._with_one_retry(lambda: self._cut_out(mask, sink))

    def close(self) -> None:
        """Release the child and make it drop the picture."""
        try:
            if self._child:
                self._child.notify({"do": "close"})
        except ChildDiedError:
            pass  # the picture is gone with the child
        finally:
            self._release()

    @contextmanager
    def _release_on_error(self) -> Iterator[None]:
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
        """Run a step; if the child dies, run it once more in an exclusive child.

        The first child may have been OOM-killed because of another picture.
        """
        try:
            return work()
        except ChildDiedError:
            if self._child:
                self._child.kill()
            self._release()
            self._exclusive = True
        except ChildTimedOutError as error:
            self._raise_picture_error(error)
        try:
            return work()
        except (ChildDiedError, ChildTimedOutError) as error:
            self._raise_picture_error(error)

    def _raise_picture_error(
        self, error: ChildDiedError | ChildTimedOutError
    ) -> NoReturn:
        if isinstance(error, ChildTimedOutError):
            message = _SLOW.format(seconds=self._children.decode_seconds)
            raise PictureError(Reason.TIMED_OUT, message) from error
        if error.memory:
            message = _MEMORY.format(words=error)
            raise PictureError(Reason.OUT_OF_MEMORY, message) from error
        raise PictureError(Reason.DECODER_CRASHED, _DIED.format(words=error)) from error

    def _open(self) -> None:
        self._child = child = self._children.acquire(exclusive=self._exclusive)
        height, width = self._shape
        background = self._options.background
        picture = background if isinstance(background, bytes) else b""
        request = {
            "do": "open",
            "width_px": width,
            "height_px": height,
            "bytes": len(self._data),
            "options": options_to_json(self._options),
        }
        with self._scope.cancellable(child.kill):
            child.await_ready()
            child.request(request, self._data, picture)
            header, pixels = child.receive(width * height * _CHANNELS, self._budget())
        try:
            self._parse_opened(header, pixels)
        except (ValueError, TypeError, KeyError, OverflowError) as error:
            raise ChildDiedError(f"it sent an invalid reply: {error!r}") from error

    def _parse_opened(self, header: Header, pixels: bytearray) -> None:
        flat = np.frombuffer(pixels, np.uint8)
        self.model_input = flat.reshape(*self._shape, _CHANNELS)
        width, height = int(header["width_px"]), int(header["height_px"])
        if min(width, height) < 1 or width * height > self._children.max_pixels:
            raise ValueError(f"{width}x{height} pixels")
        self.width_px, self.height_px = width, height
        notes = [str(note)[:_MAX_NOTE_LENGTH] for note in header["notes"]]
        self.notes = tuple(notes[:_MAX_NOTES])

    def _cut_out(self, mask: Pixels, sink: int) -> None:
        if self._child is None:
            self._open()
            os.lseek(sink, 0, os.SEEK_SET)
            os.ftruncate(sink, 0)
        child = self._child
        assert child is not None  # noqa: S101  # opened above, for mypy
        height, width = mask.shape
        request = {"do": "cut_out", "width_px": width, "height_px": height}
        left_bytes, budget = self._max_result_bytes(), self._budget()
        with self._scope.cancellable(child.kill):
            child.request(request, np.ascontiguousarray(mask).tobytes())
        while part := self._next_part(child, budget):
            left_bytes -= len(part)
            if left_bytes < 0:
                raise ChildDiedError("its result does not end")
            view = memoryview(part)
            while view:
                view = view[os.write(sink, view) :]

    def _next_part(self, child: ChildProcess, budget: TimeBudget) -> bytearray | None:
        """Wait for the next part of the result; None when it is complete."""
        with self._scope.cancellable(child.kill):
            header, part = child.receive(_MAX_PART_BYTES, budget)
        if header["is"] == Reply.DONE:
            return None
        if not part:
            raise ChildDiedError("it sent an empty part of its result")
        return part

    def _budget(self) -> TimeBudget:
        return TimeBudget(self._children.decode_seconds + _GRACE_SECONDS)

    def _max_result_bytes(self) -> int:
        """Bound the size of the result, so that a rogue child cannot fill the disk."""
        across, down = self._options.canvas_px or (0, 0)
        pixels = max(across * down, self.width_px * self.height_px)
        return pixels * _MAX_BYTES_PER_PIXEL + len(self._data) + _SLACK_BYTES
