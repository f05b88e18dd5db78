"""Composes the service from the settings."""

import faulthandler
import resource
from collections.abc import Callable

from dropcut.assembly import build_codec, load_models, threads_of, validate_backgrounds
from dropcut.core.claims import Folders
from dropcut.core.ignored import CLAIMS
from dropcut.core.profiles import Profiles
from dropcut.events.heartbeat import HeartbeatTimer
from dropcut.events.mailbox import Mailbox
from dropcut.events.output import nonblocking
from dropcut.events.stream import EventStream
from dropcut.events.systemd import notifier_from_environment
from dropcut.inbox.connection import InboxConnection
from dropcut.inbox.host import filesystem_type, is_remote
from dropcut.inbox.intake import Intake
from dropcut.inbox.ports import Watcher
from dropcut.inbox.scan import InboxFolder
from dropcut.inbox.supervisor import InboxSupervisor, ScanIntervals
from dropcut.inbox.watch import NativeWatcher, PathHints
from dropcut.service.loop import Service
from dropcut.service.signals import Wakeup
from dropcut.settings import Settings, load_profiles
from dropcut.storage import Claims, FolderStore, GuardedFolder
from dropcut.work import Scheduler, Worker
from dropcut.work.cutter import LocalCutter
from dropcut.work.pipeline import Pipeline


def build(settings: Settings, stream: EventStream) -> Service:
    """Return a service that is ready to run: its models are loaded and warm.

    Args:
        settings: The settings of the service.
        stream: The events that the service publishes; systemd's notifier subscribes.

    Raises:
        ConfigurationError: A folder, a profile or a model is missing or wrong.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # no pixels in core dumps
    faulthandler.enable(nonblocking(2))  # stack traces when the watchdog kills it
    folders = settings.folders()
    profiles = load_profiles(settings)
    claims = Claims(folders, lambda source: profiles.profile_of(source).options.format)
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
    notifier = notifier_from_environment()
    stream.subscribe("systemd", notifier, *notifier.EVENTS)
    heartbeat = HeartbeatTimer(stream.publish, notifier.ping_seconds)
    worker = _worker(settings, profiles, store, reports, stream)
    supervisor = InboxSupervisor(
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
        heartbeat=heartbeat.beat,
    )
    about: dict[str, object] = {
        "inbox": folders.inbox,
        "outbox": folders.outbox,
        "model": settings.model,
    }
    if len(profiles.all) > 1:
        about["profiles"] = {p.folder: p.model for p in profiles.all[1:]}
    return Service(
        inbox=supervisor,
        worker=worker,
        reports=reports,
        store=store,
        heartbeat=heartbeat,
        wakeup=wakeup,
        job_seconds=settings.job_seconds,
        about=about,
        stream=stream,
    )


def _watcher_factory(
    settings: Settings, folders: Folders, hints: PathHints
) -> Callable[[], Watcher | None]:
    """Return a factory of watchers, which returns None if the inbox is polled."""

    def create() -> Watcher | None:
        remote = is_remote(filesystem_type(folders.inbox))
        polling = settings.watcher == "auto" and remote
        if polling or settings.watcher == "polling":
            return None
        return NativeWatcher(
            folders.inbox, hints, recursive=settings.recursive, skip=CLAIMS
        )

    return create


def _worker(
    settings: Settings,
    profiles: Profiles,
    store: FolderStore,
    reports: Mailbox,
    stream: EventStream,
) -> Worker:
    """Load the models and return the worker that uses them.

    It has two threads, but only one if there is one processor, where a second thread
    gains nothing, or if `max_attempts` is 1: were the service killed while two pictures
    are in progress, both would fail, though at most one of them was the cause.
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
    return Worker(
        pipeline,
        Scheduler(profiles),
        publish=stream.publish,
        report=reports.put,
        release=store.release_to_inbox,
        job_seconds=settings.job_seconds,
        threads=2 if min(settings.max_attempts, threads_of(settings)) > 1 else 1,
    )
