"""Puts the parts together, from the settings."""

import faulthandler
import resource
from collections.abc import Callable
from functools import partial

from dropcut.assembly import build_codec, load_models, threads_of, validate_backgrounds
from dropcut.core.claims import Folders
from dropcut.core.ignored import CLAIMS
from dropcut.core.profiles import Profiles
from dropcut.events.heartbeat import Teller
from dropcut.events.log import Logger, log_event
from dropcut.events.mailbox import Mailbox
from dropcut.events.stream import EventStream
from dropcut.events.systemd import notifier_from_environment
from dropcut.inbox.connection import InboxConnection
from dropcut.inbox.host import filesystem_type, is_remote
from dropcut.inbox.intake import Intake
from dropcut.inbox.ports import Watcher
from dropcut.inbox.scan import InboxFolder
from dropcut.inbox.supervisor import InboxSupervisor, ScanIntervals
from dropcut.inbox.watch import NativeWatcher, PathHints, PollingWatcher
from dropcut.service.loop import Service
from dropcut.service.signals import Wakeup
from dropcut.settings import Settings, load_profiles
from dropcut.storage import Claims, FolderStore, GuardedFolder
from dropcut.work import Worker
from dropcut.work.cutter import LocalCutter
from dropcut.work.pipeline import Pipeline


def build(settings: Settings, logger: Logger) -> Service:
    """Return a service that is ready to run: its models are loaded and warm.

    Raises:
        ConfigurationError: A folder, a profile or a model is not as it must be.
    """
    _harden()
    folders = settings.folders()
    profiles = load_profiles(settings)
    claims = Claims(folders, lambda source: profiles.of(source).options.format)
    store = FolderStore(
        folders,
        claims,
        max_file_mb=settings.max_file_mb,
        min_free_mb=settings.min_free_mb,
    )
    inbox = InboxFolder(
        folders, claims, recursive=settings.recursive, ignore=settings.ignore
    )
    wakeup = Wakeup()
    hints, reports = PathHints(wakeup.wake), Mailbox(wakeup.wake)
    stream = EventStream()
    stream.subscribe("log", partial(log_event, logger=logger))
    worker = _worker(settings, profiles, store, reports, stream)
    teller = Teller(notifier_from_environment())
    keeper = InboxSupervisor(
        connection=InboxConnection(
            GuardedFolder(folders.inbox, folders.marker),
            _watcher_factory(settings, folders, hints),
            stream.publish,
        ),
        claims=claims,
        intake=Intake(inbox, stream.publish, settle_seconds=settings.settle_seconds),
        hints=hints,
        worker=worker,
        scan_intervals=ScanIntervals(
            rescan_seconds=settings.rescan_seconds, poll_seconds=settings.poll_seconds
        ),
        publish=stream.publish,
        heartbeat=teller.beat,
    )
    return Service(
        keeper=keeper,
        worker=worker,
        reports=reports,
        store=store,
        teller=teller,
        wakeup=wakeup,
        job_seconds=settings.job_seconds,
        about=_about(settings, folders, profiles),
        stream=stream,
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
    settings: Settings, folders: Folders, hints: PathHints
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


def _worker(
    settings: Settings,
    profiles: Profiles,
    store: FolderStore,
    reports: Mailbox,
    stream: EventStream,
) -> Worker:
    """Load the models and return the threads that use them.

    One at a time on one processor, where two would gain nothing. And where one start is
    all that a picture gets: of two that are begun when the service is killed, the
    innocent one could not be told.
    """
    codec = build_codec(settings)
    engines = load_models(settings, profiles, stream.publish)
    codec.await_ready()
    validate_backgrounds(codec, profiles)
    pipeline = Pipeline(
        store=store,
        cutter=LocalCutter(codec, engines),
        profiles=profiles,
        max_attempts=settings.max_attempts,
    )
    lanes = 2 if min(settings.max_attempts, threads_of(settings)) > 1 else 1
    return Worker(pipeline, publish=stream.publish, report=reports.put, lanes=lanes)
