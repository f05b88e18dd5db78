"""Hints from watchdog that something in the inbox may have changed.

The handler touches no file and cannot raise: an exception would silently end watchdog's
dispatching for good. Hints are cheap and may be lost; the scan finds every picture.
"""

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

from dropcut.core.errors import TransientError
from dropcut.inbox.inotify_health import (
    OverflowHandler,
    is_watched,
    reader_is_alive,
    watch_limit_reached,
)

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


class PathHints:
    """Paths that may have changed; beyond a limit, only whether there were more."""

    def __init__(self, wake: Callable[[], None], limit: int = 10_000) -> None:
        """Keep at most `limit` paths; `wake` is called with each change."""
        self._wake, self._limit = wake, limit
        self._lock = threading.Lock()
        self._paths: dict[str, None] = {}
        self._overflowed = False

    def add(self, path: str) -> None:
        """Add a path; beyond the limit, only note that there were more."""
        with self._lock:
            if path in self._paths or len(self._paths) < self._limit:
                self._paths[path] = None
            else:
                self._overflowed = True
        self._wake()

    def mark_overflow(self) -> None:
        """Record that events were lost."""
        with self._lock:
            self._overflowed = True
        self._wake()

    def drain(self) -> tuple[list[str], bool]:
        """Return the paths added since the last call, and whether some are missing."""
        with self._lock:
            paths, overflowed = list(self._paths), self._overflowed
            self._paths, self._overflowed = {}, False
        return paths, overflowed


class NativeWatcher:
    """Watches a folder and its sub-folders through the kernel's events."""

    def __init__(
        self, root: Path, hints: PathHints, *, recursive: bool, skip: str
    ) -> None:
        """Create a watcher; `skip` names Dropcut's own sub-folder, which is ignored."""
        self._root, self._recursive = root, recursive
        self._handler = _Handler(str(root), skip, hints)
        self._overflow = OverflowHandler(hints.mark_overflow)
        self._observer: BaseObserver | None = None
        self._visible_in_proc = False

    def start(self) -> None:
        """Start watching.

        Raises:
            OSError: The kernel allows no watches, or too few.
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
        except RecursionError as error:  # watchdog walks folders recursively
            raise TransientError(
                "sub-folders are nested too deeply to be watched"
            ) from error
        if not reader_is_alive():
            raise TransientError("watchdog's thread has died")
        self._visible_in_proc = is_watched(self._root)
        if watch_limit_reached(self._root):
            raise TransientError("the limit fs.inotify.max_user_watches is reached")

    def stop(self) -> None:
        """Stop watchdog's threads and wait for them."""
        if self._observer is not None:
            self._observer.stop()
            with suppress(RuntimeError):  # the thread may not have been started
                self._observer.join(_STOP_SECONDS)
        logging.getLogger("watchdog").removeHandler(self._overflow)

    def healthy(self) -> bool:
        """Whether all threads are alive and the folder at the path is watched."""
        if self._observer is None:
            return False
        threads = [self._observer, *self._observer.emitters]
        alive = len(threads) > 1 and all(thread.is_alive() for thread in threads)
        # If /proc did not show the watch at the start, it cannot show its loss either.
        watched = not self._visible_in_proc or is_watched(self._root)
        alive = alive and reader_is_alive() and watched
        return alive and not watch_limit_reached(self._root)


class _Handler(FileSystemEventHandler):
    """Adds paths, relative to the inbox, to the hints."""

    def __init__(self, root: str, skip: str, hints: PathHints) -> None:
        self._prefix, self._hints = root.rstrip("/") + "/", hints
        self._skip = skip

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Add the path that was created, closed or moved to."""
        with suppress(Exception):
            path = os.fsdecode(event.dest_path or event.src_path)
            relative = path.removeprefix(self._prefix)
            if relative != path and relative.split("/", 1)[0] != self._skip:
                self._hints.add(relative)
