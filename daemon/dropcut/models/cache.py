"""The loaded models: each once, and together within a bound of memory."""

import ctypes
import gc
import os
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Protocol

from dropcut.core.errors import ConfigurationError, DropcutError, ModelUnavailableError
from dropcut.core.models import Engine, Model
from dropcut.core.profiles import ModelKey, Profile

_MIB = 1 << 20


class Loader(Protocol):
    """Loads the model of a profile in two steps, so that there is room for the second.

    Both raise ConfigurationError or MachineError.
    """

    def read(self, profile: Profile) -> Model:
        """Read and check the model's file."""
        ...

    def start(self, profile: Profile, model: Model) -> Engine:
        """Return the model, loaded and warm."""
        ...


class ModelCache:
    """Loads a model when a picture first needs it, and unloads the least recently used.

    What a model takes is what the process grew by when it was loaded and run once, and
    before that at least its file's size. The one in use is kept even if it is larger
    than the bound alone; pictures that are worked on at once have the same model. While
    a file is read, its bytes come on top of the bound: for the sake of a model that
    turns out to be gone, no other is unloaded.
    """

    def __init__(
        self,
        loader: Loader,
        *,
        memory_mb: int,
        resident_bytes: Callable[[], int] | None = None,
    ) -> None:
        """Take what loads models, and the bound in MiB."""
        self._loader, self._limit_bytes = loader, memory_mb * _MIB
        self._resident_bytes = resident_bytes or _resident_bytes
        self._loaded: dict[ModelKey, Engine] = {}
        self._taken_bytes: dict[ModelKey, int] = {}
        self._turn, self._loading = threading.Lock(), threading.Lock()

    def get(self, profile: Profile) -> Engine:
        """Return the loaded model of a profile.

        Raises:
            ConfigurationError: It never could be loaded.
            MachineError: There was never enough memory for it.
            ModelLostError: It cannot be loaded any more, or not now.
        """
        key = profile.model_key
        with self._loading:
            engine = self._loaded.pop(key, None) or self._loaded_anew(profile)
            self._loaded[key] = engine
            self._make_room(keep=key)
        return engine

    def turn(self) -> AbstractContextManager[object]:
        """Wait until no other picture is with a model, and keep others waiting."""
        return self._turn

    @property
    def footprint_mb(self) -> int:
        """How many MiB all models take that were ever loaded, were they so together."""
        return sum(self._taken_bytes.values()) // _MIB

    def _loaded_anew(self, profile: Profile) -> Engine:
        try:
            return self._load(profile)
        except DropcutError as error:
            if profile.model_key not in self._taken_bytes:
                raise
            gone = isinstance(error, ConfigurationError)
            why = f"the model is gone or changed: {error}" if gone else str(error)
            raise ModelUnavailableError(why) from error

    def _load(self, profile: Profile) -> Engine:
        key, model = profile.model_key, self._loader.read(profile)
        file_bytes = len(model.data)
        self._make_room(for_bytes=self._taken_bytes.get(key, file_bytes))
        before = self._resident_bytes() - file_bytes
        engine = self._loader.start(profile, model)
        del model
        grown = self._resident_bytes() - before
        self._taken_bytes[key] = max(grown, self._taken_bytes.get(key, file_bytes))
        return engine

    def _make_room(self, *, for_bytes: int = 0, keep: ModelKey | None = None) -> None:
        """Unload models, the least recently used first, until the rest fits."""
        for key in list(self._loaded):
            taken = sum(self._taken_bytes[loaded] for loaded in self._loaded)
            if taken + for_bytes <= self._limit_bytes:
                return
            if key != keep:
                self._unload(key)

    def _unload(self, key: ModelKey) -> None:
        del self._loaded[key]
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
