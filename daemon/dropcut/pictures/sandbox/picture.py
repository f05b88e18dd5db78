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

_GRACE_SECONDS = 5.0  # in which the child says itself that it takes too long
_MOST_PART_BYTES = 1 << 22
_MOST_NOTES, _LONGEST_NOTE = 16, 500
_CHANNELS, _MOST_BYTES_PER_PIXEL = 3, 9
_SLACK_BYTES = 1 << 20
_DIED = (
    "The decoder died on this picture twice ({words}): the file is damaged, or made to "
    "do harm."
)
_MEMORY = (
    "The decoder had too little memory for this picture, twice ({words}). The machine "
    "may need more of it, or DROPCUT_MAX_MEGAPIXELS may be too low."
)
_SLOW = (
    "Decoding took longer than {seconds:g} seconds, "
    "which DROPCUT_DECODE_SECONDS allows."
)


class SandboxedPicture:
    """A picture that is open in a child; where that dies, once more in another."""

    model_input: Pixels

    def __init__(
        self,
        children: DecoderPool,
        data: bytes,
        shape: tuple[int, int],
        options: OutputOptions,
        scope: CancelScope,
    ) -> None:
        """Take what is needed to open it, once or again."""
        self._children, self._data = children, data
        self._options, self._scope = options, scope
        self._shape = shape
        self._child: ChildProcess | None = None
        self._alone = False
        self.width_px = self.height_px = 0
        self.notes: tuple[str, ...] = ()

    def open(self) -> None:
        """Open it in a child."""
        with self._let_go_after_fault():
            self._twice(self._open)

    def cut_out(self, mask: Pixels, sink: int) -> None:
        """Have the child write the result, part by part."""
        with self._let_go_after_fault():
            self._twice(lambda: self._cut_out(mask, sink))

    def close(self) -> None:
        """Let go of the picture, and have the child do the same."""
        try:
            if self._child:
                self._child.tell({"do": "close"})
        except ChildDiedError:
            pass  # it has let go of everything
        finally:
            self._let_go()

    @contextmanager
    def _let_go_after_fault(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self._let_go()
            raise

    def _let_go(self) -> None:
        child, self._child = self._child, None
        if child:
            self._children.release(child)

    def _twice(self, work: Callable[[], None]) -> None:
        """Do something with a child; if that dies, once more with another, alone.

        Whoever ended the first one, be it the system for want of memory, did not
        necessarily mean this picture.
        """
        try:
            return work()
        except ChildDiedError:
            if self._child:
                self._child.kill()
            self._let_go()
            self._alone = True
        except ChildTimedOutError as error:
            self._blame(error)
        try:
            return work()
        except (ChildDiedError, ChildTimedOutError) as error:
            self._blame(error)

    def _blame(self, error: ChildDiedError | ChildTimedOutError) -> NoReturn:
        if isinstance(error, ChildTimedOutError):
            words = _SLOW.format(seconds=self._children.decode_seconds)
            raise PictureError(Reason.TIMED_OUT, words) from error
        if error.memory:
            words = _MEMORY.format(words=error)
            raise PictureError(Reason.OUT_OF_MEMORY, words) from error
        raise PictureError(Reason.DECODER_CRASHED, _DIED.format(words=error)) from error

    def _open(self) -> None:
        self._child = child = self._children.acquire(alone=self._alone)
        height, width = self._shape
        background = self._options.background
        picture = background if isinstance(background, bytes) else b""
        request = {
            "do": "open",
            "width_px": width,
            "height_px": height,
            "bytes": len(self._data),
            "look": options_to_json(self._options),
        }
        with self._scope.cancellable(child.kill):
            child.await_ready()
            child.ask(request, self._data, picture)
            header, pixels = child.answer(width * height * _CHANNELS, self._budget())
        try:
            self._understand(header, pixels)
        except (ValueError, TypeError, KeyError, OverflowError) as error:
            raise ChildDiedError(f"it gave a senseless answer: {error!r}") from error

    def _understand(self, header: Header, pixels: bytearray) -> None:
        flat = np.frombuffer(pixels, np.uint8)
        self.model_input = flat.reshape(*self._shape, _CHANNELS)
        width, height = int(header["width_px"]), int(header["height_px"])
        if min(width, height) < 1 or width * height > self._children.max_pixels:
            raise ValueError(f"{width}x{height} pixels")
        self.width_px, self.height_px = width, height
        notes = [str(note)[:_LONGEST_NOTE] for note in header["notes"]]
        self.notes = tuple(notes[:_MOST_NOTES])

    def _cut_out(self, mask: Pixels, sink: int) -> None:
        if self._child is None:
            self._open()
            os.lseek(sink, 0, os.SEEK_SET)
            os.ftruncate(sink, 0)
        child = self._child
        assert child is not None  # noqa: S101  # it was opened, for mypy
        height, width = mask.shape
        request = {"do": "cut_out", "width_px": width, "height_px": height}
        left_bytes, budget = self._most_bytes(), self._budget()
        with self._scope.cancellable(child.kill):
            child.ask(request, np.ascontiguousarray(mask).tobytes())
        while part := self._next_part(child, budget):
            left_bytes -= len(part)
            if left_bytes < 0:
                raise ChildDiedError("its result has no end")
            _write_all(sink, part)

    def _next_part(self, child: ChildProcess, budget: TimeBudget) -> bytearray | None:
        """Wait for the next part of the result; None, when that is whole."""
        with self._scope.cancellable(child.kill):
            header, part = child.answer(_MOST_PART_BYTES, budget)
        if header["is"] == Reply.DONE:
            return None
        if not part:
            raise ChildDiedError("its result does not move on")
        return part

    def _budget(self) -> TimeBudget:
        return TimeBudget(self._children.decode_seconds + _GRACE_SECONDS)

    def _most_bytes(self) -> int:
        """Return more than any result has, so that a child gone mad fills no disk."""
        across, down = self._options.canvas_px or (0, 0)
        pixels = max(across * down, self.width_px * self.height_px)
        return pixels * _MOST_BYTES_PER_PIXEL + len(self._data) + _SLACK_BYTES


def _write_all(file: int, data: bytearray) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]
