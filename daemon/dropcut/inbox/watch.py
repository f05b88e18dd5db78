"""watchdog: hints that something in the inbox may have changed.

The handler touches no file and cannot raise: an exception in it would end watchdog's
dispatching for good, silently. Hints are cheap and may get lost; the scan finds all.
"""

import ctypes
import errno
import logging
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.inotify_c import InotifyFD

if TYPE_CHECKING:
    from watchdog.observers.api import BaseObserver

_EVENTS: list[type[FileSystemEvent]] = [
    FileCreatedEvent,
    FileClosedEvent,
    FileMovedEvent,
    DirCreatedEvent,
    DirMovedEvent,
    DirDeletedEvent,
]
_STOP_SECONDS = 5
_IN_DELETE_SELF = 0x400
_DESCRIPTORS = Path("/proc/self/fd")


class PathHints:
    """Paths that may have changed, and whether so many did that a scan is better."""

    def __init__(self, wake: Callable[[], None], limit: int = 10_000) -> None:
        """Take what wakes the reader, and how many paths are kept."""
        self._wake, self._limit = wake, limit
        self._lock = threading.Lock()
        self._paths: dict[str, None] = {}
        self._lost = False

    def put(self, path: str) -> None:
        """Note a path; beyond the limit, only that there were too many."""
        with self._lock:
            if path in self._paths or len(self._paths) < self._limit:
                self._paths[path] = None
            else:
                self._lost = True
        self._wake()

    def lose(self) -> None:
        """Note that events were lost."""
        with self._lock:
            self._lost = True
        self._wake()

    def take(self) -> tuple[list[str], bool]:
        """Return the paths since the last call, and whether some are missing."""
        with self._lock:
            paths, lost = list(self._paths), self._lost
            self._paths, self._lost = {}, False
        return paths, lost


class NativeWatcher:
    """The kernel's events of a folder and those below it."""

    def __init__(
        self, root: Path, hints: PathHints, *, recursive: bool, skip: str
    ) -> None:
        """Take the folder, where hints go, and the sub-folder that is our own."""
        self._root, self._hints, self._recursive = root, hints, recursive
        self._handler = _Handler(str(root), skip, hints)
        self._overflow = _OverflowListener(hints)
        self._observer: BaseObserver | None = None
        self._kernel_tells = False

    def start(self) -> None:
        """Begin to watch.

        Raises:
            OSError: The kernel gives no watches, or too few.
        """
        logging.getLogger("watchdog").addHandler(self._overflow)
        observer = self._observer = Observer()
        observer.schedule(
            self._handler,
            str(self._root),
            recursive=self._recursive,
            event_filter=_EVENTS,
        )
        try:
            observer.start()
        except RecursionError as error:  # it walks folders by calling itself
            raise OSError(errno.ELOOP, "folders too deep for events") from error
        if not _reader_lives():
            raise OSError(errno.ECHILD, "watchdog's thread has died")
        self._kernel_tells = _is_watched(self._root)
        if _watches_are_used_up(self._root):
            raise OSError(errno.ENOSPC, "fs.inotify.max_user_watches is used up")

    def stop(self) -> None:
        """Stop watchdog's threads and wait for them."""
        if self._observer is not None:
            self._observer.stop()
            with suppress(RuntimeError):  # it may not have come to start
                self._observer.join(_STOP_SECONDS)
        logging.getLogger("watchdog").removeHandler(self._overflow)

    def healthy(self) -> bool:
        """Whether all threads live and the kernel watches the inbox that is there now.

        After an unmount all threads live on, but the kernel has dropped the watch; and
        it watches another folder after a mount over the inbox. So it is asked. And
        when it has no more watches to give, new folders are silently left unwatched.
        """
        if self._observer is None:
            return False
        threads = [self._observer, *self._observer.emitters]
        alive = len(threads) > 1 and all(thread.is_alive() for thread in threads)
        alive = alive and _reader_lives()
        seen = not self._kernel_tells or _is_watched(self._root)
        return alive and seen and not _watches_are_used_up(self._root)


class PollingWatcher:
    """No events at all: the intake's own scan, done often, is the polling."""

    def start(self) -> None:
        """Nothing to start."""

    def stop(self) -> None:
        """Nothing to stop."""

    def healthy(self) -> bool:
        """Nothing can fall ill."""
        return True


class _Handler(FileSystemEventHandler):
    """Puts paths, relative to the inbox, into the hints."""

    def __init__(self, root: str, skip: str, hints: PathHints) -> None:
        self._prefix, self._hints = root.rstrip("/") + "/", hints
        self._skip = skip

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Note where something was made, closed, or moved to."""
        with suppress(Exception):
            path = os.fsdecode(event.dest_path or event.src_path)
            relative = path.removeprefix(self._prefix)
            if relative != path and relative.split("/", 1)[0] != self._skip:
                self._hints.put(relative)


class _OverflowListener(logging.Handler):
    """Hears of lost events, which watchdog only logs."""

    def __init__(self, hints: PathHints) -> None:
        super().__init__(logging.WARNING)
        self._hints = hints

    def emit(self, record: logging.LogRecord) -> None:
        """Ask for a scan when the kernel's queue overflowed."""
        if "overflow" in record.getMessage():
            self._hints.lose()


def _reader_lives() -> bool:
    """Whether watchdog's one thread that reads events lives: it is never renewed."""
    return any(isinstance(thread, InotifyFD) for thread in threading.enumerate())


def _is_watched(root: Path) -> bool:
    """Whether an inotify watch of this process is on the folder's inode.

    See proc(5), `/proc/PID/fdinfo`: `inotify wd:1 ino:9e7e sdev:800013 mask:…`, in hex.
    The device is not compared: btrfs and overlayfs show `stat` another one.
    """
    try:
        wanted = f" ino:{root.stat().st_ino:x} "
    except OSError:
        return False
    return any(wanted in _watches(entry) for entry in _DESCRIPTORS.iterdir())


def _watches_are_used_up(root: Path) -> bool:
    """Whether the kernel would refuse this user one more watch."""
    libc = ctypes.CDLL(None, use_errno=True)
    instance = libc.inotify_init1(os.O_CLOEXEC)
    if instance < 0:
        return False  # that instances are used up says nothing of watches
    try:
        watch = libc.inotify_add_watch(instance, os.fsencode(root), _IN_DELETE_SELF)
        return bool(watch < 0) and ctypes.get_errno() == errno.ENOSPC
    finally:
        os.close(instance)


def _watches(descriptor: Path) -> str:
    with suppress(OSError):
        if str(descriptor.readlink()) == "anon_inode:inotify":
            return Path("/proc/self/fdinfo", descriptor.name).read_text("ascii")
    return ""
