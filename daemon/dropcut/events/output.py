"""Where log lines go: a descriptor whose reader may be slow, stuck or gone."""

import math
import os
import select
import stat
import time
from contextlib import suppress

_POLL_MILLISECONDS = 500
# This many bytes can be written without blocking to a pipe that `poll` calls writable
_MAX_WRITE_BYTES = select.PIPE_BUF


def nonblocking(file_fd: int) -> int:
    """Return a non-blocking descriptor of the same pipe or terminal, if possible.

    The pipe or terminal is opened again, because setting O_NONBLOCK would affect all
    processes that share the descriptor. Other files are not opened again: they are
    written at an offset, which belongs to the shared descriptor.
    """
    mode = os.fstat(file_fd).st_mode
    if stat.S_ISFIFO(mode) or stat.S_ISCHR(mode):
        with suppress(OSError):  # another user may own it
            flags = os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY
            return os.open(f"/proc/self/fd/{file_fd}", flags)
    return file_fd


class LogOutput:
    """Writes to a descriptor; only the calling thread waits for a slow reader.

    Python's text streams hold a lock while they write, so a reader that is stuck would
    even keep the process from exiting.
    """

    def __init__(self, file_fd: int, give_up_after_seconds: float = math.inf) -> None:
        """Create an output on an open descriptor, which stays open.

        After `give_up_after_seconds`, everything is discarded.
        """
        self._given_fd, self._file_fd = file_fd, nonblocking(file_fd)
        self._abandoned = self._has_partial_line = False
        self._end_seconds = time.monotonic() + give_up_after_seconds

    def write(self, text: str) -> int:
        """Write a text as UTF-8.

        Raises:
            OSError: The text cannot be written in full.
        """
        # A full disk may have accepted only a part of the previous line
        newline = "\n" if self._has_partial_line else ""
        data = (newline + text).encode("utf-8", "backslashreplace")
        rest = memoryview(data)
        while rest and self._await_room():
            try:
                rest = rest[os.write(self._file_fd, rest[:_MAX_WRITE_BYTES]) :]
            except BlockingIOError:
                continue  # another process has filled the pipe since
            except OSError:
                partial = len(rest) < len(data)
                self._has_partial_line = self._has_partial_line or partial
                raise
        self._has_partial_line = False
        return len(text)

    def _await_room(self) -> bool:
        """Wait until the descriptor is writable; return False if abandoned."""
        poll = select.poll()
        poll.register(self._file_fd, select.POLLOUT)
        while not self._abandoned and time.monotonic() < self._end_seconds:
            if poll.poll(_POLL_MILLISECONDS):
                return True
        return False

    def abandon(self) -> None:
        """Discard everything from now on, and end writes that are waiting."""
        self._abandoned = True

    def close(self) -> None:
        """Close what this object has opened itself."""
        if self._file_fd != self._given_fd:
            os.close(self._file_fd)

    def flush(self) -> None:
        """Do nothing: nothing is buffered."""

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._file_fd

    def isatty(self) -> bool:
        """Whether the descriptor is a terminal."""
        return os.isatty(self._file_fd)
