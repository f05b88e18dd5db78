"""Builds codec and models from the settings, for the service and for `check`."""

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
from dropcut.settings import Settings, explain

_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def usable_cpus() -> int:
    """Return how many CPUs this process may use, by its affinity and cgroup quota."""
    cpus = len(os.sched_getaffinity(0))
    with suppress(OSError, ValueError):
        quota, period = _QUOTA.read_text("ascii").split()
        cpus = min(cpus, max(1, round(int(quota) / int(period))))
    return cpus


def threads_of(settings: Settings) -> int:
    """Return how many threads the model and the decoder use."""
    return settings.threads or usable_cpus()


def build_codec(settings: Settings) -> SandboxedCodec:
    """Return the codec, whose first decoder process starts in the background."""
    limits = Limits(
        max_megapixels=settings.max_megapixels,
        decode_seconds=settings.decode_seconds,
        threads=threads_of(settings),
    )
    return SandboxedCodec(limits)


def validate_backgrounds(codec: Codec, profiles: Profiles) -> None:
    """Open every background that is a picture.

    Raises:
        ConfigurationError: A background cannot be decoded.
        TransientError: The machine is at fault, so a background could not be tried.
    """
    for profile in profiles.all:
        background = profile.options.background
        if not isinstance(background, bytes):
            continue
        try:
            codec.open(background, 8, 8, OutputOptions(), CancelScope()).close()
        except PictureError as error:
            raise ConfigurationError(
                str(error),
                setting="background",
                value=profile.background,
                where=profile.where,
            ) from error


def load_models(
    settings: Settings, profiles: Profiles, publish: Publish = lambda _: None
) -> ModelCache:
    """Load the model of each profile, the first profile's last, and return the cache.

    Raises:
        ConfigurationError: A model is missing or wrong.
    """
    cache = build_model_cache(settings, publish)
    for profile in (*profiles.all, profiles.all[0]):
        cache.get(profile)
    return cache


def build_model_cache(
    settings: Settings, publish: Publish = lambda _: None
) -> ModelCache:
    """Return an empty cache, which loads models when they are needed."""
    return ModelCache(
        _Loader(settings),
        memory_mb=settings.model_memory_mb,
        publish=publish,
        explain=explain,
    )


class _Loader:
    """Loads models according to the settings."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def read(self, profile: Profile) -> Model:
        """Read and check the model's file."""
        folder = self._settings.model_dir
        with _loading(profile):
            return load_model(profile.model, profile.recipe, folder, graph_of)

    def load(self, profile: Profile, model: Model) -> Engine:
        """Return an engine with the model loaded and warmed up."""
        settings, threads = self._settings, threads_of(self._settings)
        with _loading(profile):
            engine = OnnxEngine(model, threads=threads, providers=settings.providers)
            engine.warm_up()
            return engine


@contextmanager
def _loading(profile: Profile) -> Iterator[None]:
    """Add to errors where the profile is set, or the name of its model."""
    try:
        yield
    except ConfigurationError as error:
        error.where = profile.where
        raise
    except MemoryError as error:
        raise TransientError(f"not enough memory to load {profile.model}") from error
