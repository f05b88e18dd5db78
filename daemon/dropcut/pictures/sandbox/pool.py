"""The child processes: started, lent, taken back, replaced."""

import threading
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

from dropcut.pictures.sandbox.messages import Limits
from dropcut.pictures.sandbox.process import ChildProcess


class DecoderPool:
    """As many child processes as pictures are open at once, and at least one."""

    def __init__(self, limits: Limits, *, pictures_per_life: int) -> None:
        """Begin to start the first one; it gets ready while others load a model."""
        self._limits, self._requests_per_life = limits, 2 * pictures_per_life
        self._changed, self._lent, self._alone = threading.Condition(), 0, False
        # One thread of its own: a child is killed when the thread ends that started it
        self._starter = ThreadPoolExecutor(1, thread_name_prefix="children")
        self._idle: deque[Future[ChildProcess]] = deque([self._started()])

    def _started(self) -> "Future[ChildProcess]":
        return self._starter.submit(ChildProcess, self._limits)

    @property
    def decode_seconds(self) -> float:
        """How long the decoding of a picture may take."""
        return self._limits.decode_seconds

    @property
    def max_pixels(self) -> float:
        """How many pixels a picture may have."""
        return self._limits.max_megapixels * 1e6

    def acquire(self, *, alone: bool = False) -> ChildProcess:
        """Return a child that has no picture, and need not be ready yet.

        Args:
            alone: Whether no other picture is to be open meanwhile.

        Raises:
            OSError: None can be started.
        """
        with self._changed:
            self._changed.wait_for(lambda: not (self._alone or (alone and self._lent)))
            self._lent, self._alone = self._lent + 1, alone
        try:
            return self._next()
        except BaseException:
            self._note_return()
            raise

    def _next(self) -> ChildProcess:
        with suppress(IndexError):
            while True:
                child = self._idle.pop().result()
                if not child.has_ended:
                    return child
                child.end()  # it died of no picture
        return self._started().result()

    def release(self, child: ChildProcess) -> None:
        """Take a child back; a lost or an old one is replaced at once."""
        if child.is_sound and child.requests < self._requests_per_life:
            start: Future[ChildProcess] = Future()
            start.set_result(child)
        else:
            child.end()
            start = self._started()
        self._idle.append(start)
        self._note_return()

    def _note_return(self) -> None:
        with self._changed:
            self._lent, self._alone = self._lent - 1, False
            self._changed.notify_all()

    def close(self) -> None:
        """End all children that have no picture."""
        while self._idle:
            with suppress(OSError):
                self._idle.pop().result().end()
        self._starter.shutdown()
