"""The loaded models: each once, and together within a bound of memory."""

import ctypes
import gc
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from dropcut.errors import ConfigurationError, DropcutError, MachineError
from dropcut.jobs import Engine, Profile

_MIB = 1 << 20

Key = tuple[str, str | None]


class EnginePool:
    """Loads a model when a picture first needs it, and unloads the least recently used.

    What a model takes is what the process grew by when it was loaded and run once. The
    one in use is kept even if it is larger than the bound alone.
    """

    def __init__(
        self,
        load: Callable[[Profile], Engine],
        *,
        memory_mb: int,
        resident_bytes: Callable[[], int] | None = None,
    ) -> None:
        """Take what loads a profile's model and warms it up, and the bound in MiB."""
        self._load, self._limit_bytes = load, memory_mb * _MIB
        self._resident_bytes = resident_bytes or _resident_bytes
        self._loaded: dict[Key, Engine] = {}
        self._taken_bytes: dict[Key, int] = {}
        self._current: Engine | None = None
        self._lock = threading.Lock()

    def get(self, profile: Profile) -> Engine:
        """Return the loaded model of a profile.

        Raises:
            ConfigurationError: It never could be loaded.
            MachineError: It cannot be loaded any more.
        """
        key = profile.model, profile.recipe
        engine = self._loaded.pop(key, None) or self._loaded_anew(key, profile)
        self._loaded[key] = engine
        self._make_room(keep=key)
        with self._lock:
            self._current = engine
        return engine

    @property
    def taken_mb(self) -> int:
        """How many MiB all models take that were ever loaded, were they so together."""
        return sum(self._taken_bytes.values()) // _MIB

    def cancel(self, because: DropcutError) -> None:
        """Break off the run in hand; called from another thread."""
        with self._lock:
            if self._current:
                self._current.cancel(because)

    def _loaded_anew(self, key: Key, profile: Profile) -> Engine:
        self._make_room(for_bytes=self._taken_bytes.get(key, 0))
        before = self._resident_bytes()
        try:
            engine = self._load(profile)
        except ConfigurationError as error:
            if key not in self._taken_bytes:
                raise
            raise MachineError(f"the model is gone or changed: {error}") from error
        grown = self._resident_bytes() - before
        self._taken_bytes[key] = max(grown, self._taken_bytes.get(key, 0))
        return engine

    def _make_room(self, *, for_bytes: int = 0, keep: Key | None = None) -> None:
        """Unload models, the least recently used first, until the rest fits."""
        for key in list(self._loaded):
            taken = sum(self._taken_bytes[loaded] for loaded in self._loaded)
            if taken + for_bytes <= self._limit_bytes:
                return
            if key != keep:
                self._unload(key)

    def _unload(self, key: Key) -> None:
        with self._lock:
            if self._current is self._loaded.pop(key):
                self._current = None
        gc.collect()
        _return_memory()


def _resident_bytes() -> int:
    """Return the memory that the process holds now."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _return_memory() -> None:
    """Give freed memory back to the system, where the C library knows how (glibc)."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
