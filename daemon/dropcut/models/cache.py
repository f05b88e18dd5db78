"""The loaded models: each once, and all within a memory limit."""

import ctypes
import gc
import os
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Protocol

from dropcut.core.errors import (
    ConfigurationError,
    DropcutError,
    ModelUnavailableError,
    describe,
)
from dropcut.core.events import ModelLoaded, Publish
from dropcut.core.models import Engine, Model
from dropcut.core.profiles import ModelKey, Profile

_MIB = 1 << 20


class Loader(Protocol):
    """Loads the model of a profile in two steps; the cache makes room between them.

    Both raise ConfigurationError or TransientError.
    """

    def read(self, profile: Profile) -> Model:
        """Read and check the model's file."""

    def load(self, profile: Profile, model: Model) -> Engine:
        """Return the model, loaded and warm."""


class ModelCache:
    """Loads a model when a picture first needs it, and unloads the least recently used.

    A model counts as the memory by which the process grew when the model was loaded and
    run once; before the first load, as the size of its file. The model in use is kept
    even if it alone exceeds the limit; pictures processed at the same time use the same
    model. The bytes of a file that is being read are not counted: no other model is
    unloaded for one whose file turns out to be missing.
    """

    def __init__(
        self,
        loader: Loader,
        *,
        memory_mb: int,
        publish: Publish = lambda _: None,
        explain: Callable[[BaseException], str] = describe,
        resident_bytes: Callable[[], int] | None = None,
    ) -> None:
        """Create an empty cache.

        Args:
            loader: Loads models.
            memory_mb: The limit, in MiB.
            publish: Publishes an event for each loaded model.
            explain: Returns the message that users see for an error.
            resident_bytes: Returns the process's memory; replaced by tests.
        """
        self._loader, self._limit_bytes = loader, memory_mb * _MIB
        self._publish, self._explain = publish, explain
        self._resident_bytes = resident_bytes or _resident_bytes
        self._loaded: dict[ModelKey, Engine] = {}
        self._footprint_bytes: dict[ModelKey, int] = {}
        self._exclusive, self._loading = threading.Lock(), threading.Lock()

    def get(self, profile: Profile) -> Engine:
        """Return the loaded model of a profile.

        Raises:
            ConfigurationError: The model has never been loaded, and cannot be.
            TransientError: There has never been enough memory for the model.
            ModelUnavailableError: It cannot be loaded now, or can no longer be loaded.
        """
        key = profile.model_key
        with self._loading:
            engine = self._loaded.pop(key, None)  # added again below, as the latest
            if engine is None:
                try:
                    engine = self._load(profile)
                except DropcutError as error:
                    if key not in self._footprint_bytes:
                        raise
                    gone = isinstance(error, ConfigurationError)
                    what = "the model is missing or has changed: " if gone else ""
                    problem = self._explain(error)
                    raise ModelUnavailableError(f"{what}{problem}") from error
            self._loaded[key] = engine
            self._make_room(keep=key)
        return engine

    def exclusive(self) -> AbstractContextManager[object]:
        """Wait until no other picture is run through a model, then make others wait."""
        return self._exclusive

    @property
    def footprint_mb(self) -> int:
        """Memory that all models loaded so far would need together, in MiB."""
        return sum(self._footprint_bytes.values()) // _MIB

    def _load(self, profile: Profile) -> Engine:
        start = time.perf_counter()
        key, model = profile.model_key, self._loader.read(profile)
        file_bytes = len(model.data)
        self._make_room(for_bytes=self._footprint_bytes.get(key, file_bytes))
        before = self._resident_bytes() - file_bytes
        engine = self._loader.load(profile, model)
        del model
        grown = self._resident_bytes() - before
        known = self._footprint_bytes.get(key, file_bytes)
        self._footprint_bytes[key] = max(grown, known)
        milliseconds = round((time.perf_counter() - start) * 1000)
        self._publish(ModelLoaded(model=engine.name, milliseconds=milliseconds))
        return engine

    def _make_room(self, *, for_bytes: int = 0, keep: ModelKey | None = None) -> None:
        """Unload models, the least recently used first, until the others fit."""
        for key in list(self._loaded):
            taken = sum(self._footprint_bytes[loaded] for loaded in self._loaded)
            if taken + for_bytes <= self._limit_bytes:
                return
            if key != keep:
                del self._loaded[key]
                gc.collect()
                with suppress(OSError, AttributeError):  # only glibc has malloc_trim
                    ctypes.CDLL(None).malloc_trim(0)


def _resident_bytes() -> int:
    """Return the memory that the process holds now."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
