"""The events that inbox, work and service publish, without knowing who subscribes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from dropcut.core.reports import Report
from dropcut.core.snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Base of all events."""


Publish = Callable[[Event], None]
"""Publishes an event; returns at once and never raises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceReady(Event):
    """The service has recovered its claims and starts to work.

    Attributes:
        waiting: Pictures that wait in the inbox or are claimed.
        about: Folders, model and profiles, for the log.
    """

    waiting: int
    about: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceStopped(Event):
    """The service has stopped; `done` and `failed` count the pictures of this run."""

    done: int
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceStopping(Event):
    """The service was asked to stop, or has nothing left to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotTaken(Event):
    """The snapshot has changed."""

    snapshot: Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat(Event):
    """Inbox and worker make progress; published as often as the watchdog requires."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureEvent(Event):
    """Work on a picture has ended for now; `report` says how."""

    report: Report


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureDone(PictureEvent):
    """The result is in the outbox and the original in `processed/`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureFailed(PictureEvent):
    """The original is in `failed/`, with its reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureDeferred(PictureEvent):
    """The picture was returned, has vanished, or will be tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InternalErrorRaised(Event):
    """A bug in Dropcut; `error` carries its traceback."""

    error: BaseException | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadDied(Event):
    """An exception that nothing caught has ended a thread."""

    error: BaseException | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryMessage(Event):
    """The library `source` has logged a warning."""

    source: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Paused(Event):
    """No picture is processed, or none that needs `model` or is below `folder`."""

    reason: str
    model: str = ""
    folder: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed(Event):
    """Work continues after `faults` failed tries; see `Paused` for the other fields."""

    faults: int
    model: str = ""
    folder: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GaveUpWaiting(Event):
    """`run --once` ends although `pictures` remain that the machine cannot process."""

    pictures: int | None  # None while the inbox has never been listed


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelLoaded(Event):
    """A model was loaded, which took `milliseconds`."""

    model: str
    milliseconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimsRecovered(Event):
    """Claims that an earlier run left behind are processed again."""

    pictures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanFinished(Event):
    """The whole inbox was listed; it has this many `entries`."""

    entries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped(Event):
    """Dropcut leaves an entry of the inbox where it is."""

    path: PurePosixPath
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsOverflowed(Event):
    """The kernel dropped file-system events, so the inbox is scanned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatcherLost(Event):
    """The watcher no longer reports events, and is set up again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PollingStarted(Event):
    """The kernel reports no events for this inbox, so it is polled."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsDropped(Event):
    """A subscriber was too slow and missed this many `events` at this point."""

    events: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberFailed(Event):
    """A subscriber raised an exception; it still receives the events that follow."""

    subscriber: str
    reason: str
