"""Breaking off the work on a picture from another thread, and how long it has taken."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dropcut.core.errors import DropcutError


class CancelScope:
    """One picture's: who works on it says how that is broken off at the moment.

    Only that work is the picture's own time: neither a wait for another picture nor a
    slow disk is.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """Begin with nothing to break off."""
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
        """Break off the step in hand, or else the next one; the first cause counts."""
        with self._lock:
            self._because = self._because or because
            if self._stop:
                self._stop()

    @contextmanager
    def cancellable(self, stop: Callable[[], None]) -> Iterator[None]:
        """Work on a step that `stop`, called from another thread, makes fail.

        Raises:
            DropcutError: What was given to `break_off`, now or before.
        """
        self._begin(stop)
        try:
            yield
        except Exception as error:
            if self._because:
                raise self._because from error
            raise
        finally:
            self._end()

    def _begin(self, stop: Callable[[], None]) -> None:
        with self._lock:
            if self._because:
                raise self._because
            self._stop, self._since_seconds = stop, self._now()

    def _end(self) -> None:
        with self._lock:
            self._stop = None
            self._earlier_seconds += self._now() - self._since_seconds
