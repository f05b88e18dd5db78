"""Cancelling the work on a picture from another thread, and timing that work."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dropcut.core.errors import DropcutError
from dropcut.core.stopwatch import Stopwatch


class CancelScope:
    """Cancels one picture's work; the current step registers how it can be stopped.

    Only the time spent in registered steps is active time: waiting for another picture
    or for a slow disk does not count, nor does time in which nobody asks (`Stopwatch`).
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """Create a scope in which no step is running."""
        self._now = now
        self._lock = threading.Lock()
        self._cause: DropcutError | None = None
        self._stop: Callable[[], None] | None = None
        self._step: Stopwatch | None = None
        self._earlier_seconds = 0.0

    @property
    def active_seconds(self) -> float:
        """Time spent in registered steps so far, the running one included."""
        with self._lock:
            running = self._step.look(self._now()) if self._step else 0
            return self._earlier_seconds + running

    def cancel(self, cause: DropcutError) -> None:
        """Stop the current step, or the next if none runs; keep the first cause."""
        with self._lock:
            self._cause = self._cause or cause
            if self._stop:
                self._stop()

    @contextmanager
    def cancellable(self, stop: Callable[[], None]) -> Iterator[None]:
        """Run a step; `stop`, called from another thread, must make the step fail.

        Raises:
            DropcutError: The cause given to `cancel`, during this step or earlier.
        """
        with self._lock:
            if self._cause:
                raise self._cause
            self._stop = stop
            self._step = step = Stopwatch(self._now())
        try:
            yield
        except Exception as error:
            if self._cause:
                raise self._cause from error
            raise
        finally:
            with self._lock:
                self._stop = self._step = None
                self._earlier_seconds += step.look(self._now())
