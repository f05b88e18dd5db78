"""What watchdog does not report: whether the kernel's events for a folder still arrive.

watchdog only logs an overflow of the kernel's queue. It does not report a dead reader
thread, a watch that the kernel removed, or that the limit of watches is reached.
"""

import ctypes
import errno
import logging
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from watchdog.observers.inotify_c import InotifyFD

_IN_DELETE_SELF = 0x400
_DESCRIPTORS = Path("/proc/self/fd")


class OverflowHandler(logging.Handler):
    """Calls back when watchdog logs that the kernel's queue overflowed.

    watchdog reports an overflow only in its log.
    """

    def __init__(self, on_overflow: Callable[[], None]) -> None:
        """Create a handler for watchdog's logger."""
        super().__init__(logging.WARNING)
        self._on_overflow = on_overflow

    def emit(self, record: logging.LogRecord) -> None:
        """Call back if this record reports an overflow."""
        if "overflow" in record.getMessage():
            self._on_overflow()


def reader_is_alive() -> bool:
    """Whether watchdog's thread that reads events is alive.

    All watches of a process share this one thread, and watchdog never restarts it.
    """
    return any(isinstance(thread, InotifyFD) for thread in threading.enumerate())


def is_watched(folder: Path) -> bool:
    """Whether this process has an inotify watch on the folder currently at a path.

    After an unmount all threads are still alive, but the kernel has removed the watch;
    after a mount over the folder, the watch is on the hidden folder.

    See proc(5), `/proc/PID/fdinfo`: `inotify wd:1 ino:9e7e sdev:800013 mask:…`, in hex.
    The device is not compared: on btrfs and overlayfs, `stat` returns a different one.
    """
    try:
        wanted = f" ino:{folder.stat().st_ino:x} "
    except OSError:
        return False
    for descriptor in _DESCRIPTORS.iterdir():
        with suppress(OSError):
            if str(descriptor.readlink()) == "anon_inode:inotify":
                info = Path("/proc/self/fdinfo", descriptor.name)
                if wanted in info.read_text("ascii"):
                    return True
    return False


def watch_limit_reached(folder: Path) -> bool:
    """Whether the kernel would refuse this user one more watch.

    If so, new sub-folders are left unwatched without any error, so one is tried here.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    instance = libc.inotify_init1(os.O_CLOEXEC)
    if instance < 0:
        return False  # the limit of instances is a different one
    try:
        watch = libc.inotify_add_watch(instance, os.fsencode(folder), _IN_DELETE_SELF)
        return bool(watch < 0) and ctypes.get_errno() == errno.ENOSPC
    finally:
        os.close(instance)
