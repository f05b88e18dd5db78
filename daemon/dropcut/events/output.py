"""Where log lines go: a descriptor whose reader may be slow, stuck or gone."""

import os
import select

_POLL_MILLISECONDS = 500
# This many bytes can be written without blocking to a pipe that `poll` calls writable
_MAX_WRITE_BYTES = select.PIPE_BUF


class LogOutput:
    """Writes to a descriptor; only the calling thread waits for a slow reader.

    Python's text streams hold a lock while they write, so a reader that is stuck would
    even keep the process from exiting.
    """

    def __init__(self, file_fd: int) -> None:
        """Create an output on an open descriptor, which this object never closes."""
        self._file_fd, self._abandoned = file_fd, False

    def write(self, text: str) -> int:
        """Write a text as UTF-8.

        Raises:
            OSError: The text cannot be written in full.
        """
        data = memoryview(text.encode("utf-8", "backslashreplace"))
        while data and self._await_room():
            try:
                data = data[os.write(self._file_fd, data[:_MAX_WRITE_BYTES]) :]
            except BlockingIOError:
                continue  # another process has made the descriptor non-blocking
        return len(text)

    def _await_room(self) -> bool:
        """Wait until the descriptor is writable; return False if abandoned."""
        poll = select.poll()
        poll.register(self._file_fd, select.POLLOUT)
        while not self._abandoned:
            if poll.poll(_POLL_MILLISECONDS):
                return True
        return False

    def abandon(self) -> None:
        """Discard everything from now on, and end writes that are waiting."""
        self._abandoned = True

    def flush(self) -> None:
        """Do nothing: nothing is buffered."""

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._file_fd

    def isatty(self) -> bool:
        """Whether the descriptor is a terminal."""
        return os.isatty(self._file_fd)
