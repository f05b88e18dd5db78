"""Puts the parts together, from the settings."""

import faulthandler
import resource
from collections.abc import Callable

from dropcut.files import (
    Claims,
    FolderStore,
    InboxFolder,
    filesystem_type,
    is_remote,
)
from dropcut.intake import Intake
from dropcut.jobs import Folders, Profiles, Report, Watcher
from dropcut.logs import Logger
from dropcut.naming import CLAIMS
from dropcut.notify import notifier_from_environment
from dropcut.parts import make_codec, make_engines, try_backgrounds
from dropcut.pipeline import Pipeline
from dropcut.service.guard import InboxGuard
from dropcut.service.loop import Service, Times
from dropcut.service.signals import Wakeup
from dropcut.service.teller import Teller
from dropcut.settings import Settings, load_profiles
from dropcut.watch import Hints, NativeWatcher, PollingWatcher
from dropcut.worker import Worker


def build(settings: Settings, logger: Logger) -> Service:
    """Return a service that is ready to run: its models are loaded and warm.

    Raises:
        ConfigurationError: A folder, a profile or a model is not as it must be.
    """
    _harden()
    folders = settings.folders()
    profiles = load_profiles(settings)
    claims = Claims(folders, lambda source: profiles.of(source).look.format)
    store = FolderStore(
        folders,
        claims,
        max_file_mb=settings.max_file_mb,
        min_free_mb=settings.min_free_mb,
    )
    inbox = InboxFolder(
        folders.inbox, claims, recursive=settings.recursive, ignore=settings.ignore
    )
    wakeup = Wakeup()
    hints = Hints(wakeup.wake)
    return Service(
        guard=InboxGuard(
            folders.inbox, _watcher_factory(settings, folders, hints), logger
        ),
        claims=claims,
        intake=Intake(inbox, logger, settle_seconds=settings.settle_seconds),
        hints=hints,
        make_worker=_worker_factory(settings, profiles, store, logger),
        store=store,
        teller=Teller(notifier_from_environment()),
        wakeup=wakeup,
        times=Times(
            rescan_seconds=settings.rescan_seconds,
            poll_seconds=settings.poll_seconds,
            job_seconds=settings.job_seconds,
        ),
        about=_about(settings, folders, profiles),
        logger=logger,
    )


def _about(
    settings: Settings, folders: Folders, profiles: Profiles
) -> dict[str, object]:
    """Return what the log says of a service that is ready."""
    about = {"inbox": folders.inbox, "outbox": folders.outbox, "model": settings.model}
    own = {profile.folder: profile.model for profile in profiles.all[1:]}
    return about | ({"profiles": own} if own else {})


def _harden() -> None:
    """Leave no pixels in core dumps; show stacks when a watchdog ends us."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    faulthandler.enable()


def _watcher_factory(
    settings: Settings, folders: Folders, hints: Hints
) -> Callable[[], Watcher]:
    """Return what makes a watcher for the file system that the inbox is on then."""

    def make() -> Watcher:
        remote = is_remote(filesystem_type(folders.inbox))
        polling = settings.watcher == "auto" and remote
        if polling or settings.watcher == "polling":
            return PollingWatcher()
        return NativeWatcher(
            folders.inbox, hints, recursive=settings.recursive, skip=CLAIMS
        )

    return make


def _worker_factory(
    settings: Settings, profiles: Profiles, store: FolderStore, logger: Logger
) -> Callable[[Callable[[Report], None]], Worker]:
    """Load the models and return what makes the threads that use them.

    Where one start is all that a picture gets, one is worked on at a time: of two that
    are begun when the service is killed, the innocent one could not be told.
    """
    codec = make_codec(settings)
    engines = make_engines(settings, profiles)
    codec.await_ready()
    try_backgrounds(codec, profiles)
    pipeline = Pipeline(
        store=store,
        codec=codec,
        engines=engines,
        profiles=profiles,
        max_attempts=settings.max_attempts,
    )
    lanes = 2 if settings.max_attempts > 1 else 1
    return lambda report: Worker(pipeline, logger, report=report, lanes=lanes)
