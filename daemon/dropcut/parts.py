"""Codec and models as the settings want them, for the service and for `check`."""

from dropcut.catalogue import load_model
from dropcut.codec import VipsCodec
from dropcut.engine import OnnxEngine, graph_of
from dropcut.files import usable_cpus
from dropcut.jobs import Engine, Profile, Profiles
from dropcut.pool import EnginePool
from dropcut.settings import Settings


def threads_of(settings: Settings) -> int:
    """Return how many threads are to be used."""
    return settings.threads or usable_cpus()


def make_codec(settings: Settings, profiles: Profiles) -> VipsCodec:
    """Return the codec, which has tried every background.

    Raises:
        ConfigurationError: A background is no picture.
    """
    codec = VipsCodec(
        max_megapixels=settings.max_megapixels,
        decode_seconds=settings.decode_seconds,
        threads=threads_of(settings),
    )
    for profile in profiles.all:
        codec.try_background(profile.look)
    return codec


def make_engines(settings: Settings, profiles: Profiles) -> EnginePool:
    """Return the models of all profiles: each was loaded, the general one last.

    Raises:
        ConfigurationError: A model is missing, or is not as it must be.
    """

    def load(profile: Profile) -> Engine:
        model = load_model(profile.model, profile.recipe, settings.model_dir, graph_of)
        threads, providers = threads_of(settings), settings.providers
        engine = OnnxEngine(model, threads=threads, providers=providers)
        engine.warm_up()
        return engine

    pool = EnginePool(load, memory_mb=settings.model_memory_mb)
    for profile in reversed(profiles.all):
        pool.get(profile)
    return pool
