"""The pool of decoder processes: start, acquire, release, replace."""

import threading
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

from dropcut.pictures.sandbox.messages import Limits
from dropcut.pictures.sandbox.process import ChildProcess


class DecoderPool:
    """One child process per open picture, and at least one."""

    def __init__(self, limits: Limits, *, pictures_per_life: int) -> None:
        """Begin to start the first child, which gets ready while models load."""
        self._limits, self._requests_per_life = limits, 2 * pictures_per_life
        self._changed, self._lent, self._exclusive = threading.Condition(), 0, False
        # A dedicated thread: a child is killed when the thread that started it ends
        self._starter = ThreadPoolExecutor(1, thread_name_prefix="children")
        self._idle: deque[Future[ChildProcess]] = deque([self._start()])

    def _start(self) -> "Future[ChildProcess]":
        return self._starter.submit(ChildProcess, self._limits)

    @property
    def decode_seconds(self) -> float:
        """How long decoding a picture may take."""
        return self._limits.decode_seconds

    @property
    def max_pixels(self) -> float:
        """How many pixels a picture may have at most."""
        return self._limits.max_megapixels * 1e6

    def acquire(self, *, exclusive: bool = False) -> ChildProcess:
        """Return a child without a picture; it may not be ready yet.

        Args:
            exclusive: Whether no other picture may be open meanwhile.

        Raises:
            OSError: No child can be started.
        """
        with self._changed:
            self._changed.wait_for(
                lambda: not (self._exclusive or (exclusive and self._lent))
            )
            self._lent, self._exclusive = self._lent + 1, exclusive
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
                child.end()  # it died without a picture
        return self._start().result()

    def release(self, child: ChildProcess) -> None:
        """Return a child to the pool; a lost or old one is replaced at once."""
        if child.healthy and child.requests < self._requests_per_life:
            start: Future[ChildProcess] = Future()
            start.set_result(child)
        else:
            child.end()
            start = self._start()
        self._idle.append(start)
        self._note_return()

    def _note_return(self) -> None:
        with self._changed:
            self._lent, self._exclusive = self._lent - 1, False
            self._changed.notify_all()

    def close(self) -> None:
        """End all children without a picture."""
        while self._idle:
            with suppress(OSError):
                self._idle.pop().result().end()
        self._starter.shutdown()
