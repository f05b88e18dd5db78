"""Breaking off the work on a picture from another thread."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dropcut.errors import DropcutError


class Halt:
    """One picture's: who works on it says how that is broken off at the moment."""

    def __init__(self) -> None:
        """Begin with nothing to break off."""
        self._lock = threading.Lock()
        self._because: DropcutError | None = None
        self._stop: Callable[[], None] | None = None

    def break_off(self, because: DropcutError) -> None:
        """Break off the step in hand, or else the next one; the first cause counts."""
        with self._lock:
            self._because = self._because or because
            if self._stop:
                self._stop()

    @contextmanager
    def breaking(self, stop: Callable[[], None]) -> Iterator[None]:
        """Work on a step that `stop`, called from another thread, makes fail.

        Raises:
            DropcutError: What was given to `break_off`, now or before.
        """
        self._set(stop)
        try:
            yield
        except Exception as error:
            if self._because:
                raise self._because from error
            raise
        finally:
            with self._lock:
                self._stop = None

    def _set(self, stop: Callable[[], None]) -> None:
        with self._lock:
            if self._because:
                raise self._because
            self._stop = stop
