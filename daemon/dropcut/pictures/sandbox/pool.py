"""The pool of child processes: starts, lends and replaces them."""

import threading
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

from dropcut.pictures.sandbox.messages import Limits
from dropcut.pictures.sandbox.process import ChildProcess


class DecoderPool:
    """One child process for each picture that is open, and at least one."""

    def __init__(self, limits: Limits, *, pictures_per_child: int) -> None:
        """Create a pool, whose first child starts in the background.

        A child is replaced after `pictures_per_child` pictures.
        """
        self.limits, self._requests_per_child = limits, 2 * pictures_per_child
        self._changed, self._acquired = threading.Condition(), 0
        self._exclusive = False
        # A separate thread: a child is killed when the thread that started it ends
        self._starter = ThreadPoolExecutor(1, thread_name_prefix="children")
        self._idle: deque[Future[ChildProcess]] = deque([self._started()])

    def _started(self) -> "Future[ChildProcess]":
        return self._starter.submit(ChildProcess, self.limits)

    def acquire(self, *, exclusive: bool = False) -> ChildProcess:
        """Return a child that has no picture, and may not be ready yet.

        Args:
            exclusive: Whether no other picture may be open until the child is released;
                waits until none is.

        Raises:
            OSError: No child can be started.
        """
        with self._changed:
            self._changed.wait_for(
                lambda: not (self._exclusive or (exclusive and self._acquired))
            )
            self._acquired, self._exclusive = self._acquired + 1, exclusive
        try:
            with suppress(IndexError):
                while True:
                    child = self._idle.pop().result()
                    if not child.has_ended:
                        return child
                    child.end()  # the child died while it had no picture
            return self._started().result()
        except BaseException:
            self._note_release()
            raise

    def release(self, child: ChildProcess) -> None:
        """Return a child to the pool; replace it at once if it is lost or too old."""
        if child.healthy and child.requests < self._requests_per_child:
            future: Future[ChildProcess] = Future()
            future.set_result(child)
        else:
            child.end()
            future = self._started()
        self._idle.append(future)
        self._note_release()

    def _note_release(self) -> None:
        with self._changed:
            self._acquired, self._exclusive = self._acquired - 1, False
            self._changed.notify_all()

    def close(self) -> None:
        """End all children that have no picture."""
        while self._idle:
            with suppress(OSError):
                self._idle.pop().result().end()
        self._starter.shutdown()
