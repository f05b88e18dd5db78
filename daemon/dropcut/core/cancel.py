"""Cancelling the work on a picture from another thread, and timing that work."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dropcut.core.errors import DropcutError


class CancelScope:
    """Cancels one picture's work; the current step registers how it can be stopped.

    Only time in such steps is active time: neither a wait for another picture nor one
    for a slow disk counts.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """Create a scope without a step."""
        self._now = now
        self._lock = threading.Lock()
        self._because: DropcutError | None = None
        self._stop: Callable[[], None] | None = None
        self._since_seconds = self._earlier_seconds = 0.0

    @property
    def active_seconds(self) -> float:
        """How long the picture has been worked on."""
        with self._lock:
            running = self._now() - self._since_seconds if self._stop else 0
            return self._earlier_seconds + running

    def cancel(self, because: DropcutError) -> None:
        """Stop the current step, or else the next one; the first cause counts."""
        with self._lock:
            self._because = self._because or because
            if self._stop:
                self._stop()

    @contextmanager
    def cancellable(self, stop: Callable[[], None]) -> Iterator[None]:
        """Run a step; `stop`, called from another thread, makes it fail.

        Raises:
            DropcutError: What was given to `cancel`, now or earlier.
        """
        with self._lock:
            if self._because:
                raise self._because
            self._stop, self._since_seconds = stop, self._now()
        try:
            yield
        except Exception as error:
            if self._because:
                raise self._because from error
            raise
        finally:
            with self._lock:
                self._stop = None
                self._earlier_seconds += self._now() - self._since_seconds
