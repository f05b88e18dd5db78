"""Codec and models as the settings want them, for the service and for `check`."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dropcut.core.cancel import CancelScope
from dropcut.core.errors import ConfigurationError, PictureError, TransientError
from dropcut.core.events import Publish
from dropcut.core.models import Engine, Model
from dropcut.core.pictures import Codec, OutputOptions
from dropcut.core.profiles import Profile, Profiles
from dropcut.models.cache import ModelCache
from dropcut.models.catalogue import load_model
from dropcut.models.engine import OnnxEngine, graph_of
from dropcut.pictures.sandbox import Limits, SandboxedCodec
from dropcut.settings import PREFIX, Settings, with_table_name

_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def usable_cpus() -> int:
    """Return how many processors this process may use: affinity and cgroup quota."""
    cpus = len(os.sched_getaffinity(0))
    with suppress(OSError, ValueError):
        quota, period = _QUOTA.read_text("ascii").split()
        cpus = min(cpus, max(1, round(int(quota) / int(period))))
    return cpus


def threads_of(settings: Settings) -> int:
    """Return how many threads are to be used."""
    return settings.threads or usable_cpus()


def build_codec(settings: Settings) -> SandboxedCodec:
    """Return the codec, whose first process begins to get ready."""
    limits = Limits(
        max_megapixels=settings.max_megapixels,
        decode_seconds=settings.decode_seconds,
        threads=threads_of(settings),
    )
    return SandboxedCodec(limits)


def validate_backgrounds(codec: Codec, profiles: Profiles) -> None:
    """Open every background that is a picture.

    Raises:
        ConfigurationError: It is none.
        MachineError: It could not be tried.
    """
    for profile in profiles.all:
        background = profile.options.background
        if isinstance(background, bytes):
            with _named(profile):
                _try_background(codec, background)


def _try_background(codec: Codec, background: bytes) -> None:
    try:
        codec.open(background, 8, 8, OutputOptions(), CancelScope()).close()
    except PictureError as error:
        raise ConfigurationError(f"{PREFIX}BACKGROUND: {error}") from error


def load_models(
    settings: Settings, profiles: Profiles, publish: Publish = lambda _: None
) -> ModelCache:
    """Return the models of all profiles: each was loaded, the general one last.

    Raises:
        ConfigurationError: A model is missing, or is not as it must be.
    """
    cache = build_model_cache(settings, publish)
    for profile in (*profiles.all, profiles.all[0]):
        cache.get(profile)
    return cache


def build_model_cache(
    settings: Settings, publish: Publish = lambda _: None
) -> ModelCache:
    """Return an empty cache."""
    limit_mb = settings.model_memory_mb
    return ModelCache(_Loader(settings), memory_mb=limit_mb, publish=publish)


class _Loader:
    """Loads models from their files, as the settings say."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def read(self, profile: Profile) -> Model:
        """Read and check the model's file."""
        folder = self._settings.model_dir
        with _named(profile), _memory_for(profile):
            return load_model(profile.model, profile.recipe, folder, graph_of)

    def load(self, profile: Profile, model: Model) -> Engine:
        """Return the model, loaded and warm."""
        settings, threads = self._settings, threads_of(self._settings)
        with _named(profile), _memory_for(profile):
            engine = OnnxEngine(model, threads=threads, providers=settings.providers)
            engine.warm_up()
            return engine


@contextmanager
def _memory_for(profile: Profile) -> Iterator[None]:
    """Say of Python's own lack of memory what it was for."""
    try:
        yield
    except MemoryError as error:
        raise TransientError(f"not enough memory to load {profile.model}") from error


@contextmanager
def _named(profile: Profile) -> Iterator[None]:
    """Say of what is wrong with a profile in which file, table and key it is."""
    try:
        yield
    except ConfigurationError as error:
        text, variable = str(error), f"{PREFIX}BACKGROUND"
        if text.startswith(f"{variable}:"):
            text = f"{variable}={profile.background}" + text.removeprefix(variable)
        raise ConfigurationError(with_table_name(profile.where, text)) from error
