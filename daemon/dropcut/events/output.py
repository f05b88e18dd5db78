"""Where log lines go: a descriptor whose reader may be slow, stuck or gone."""

import os
import select

_LOOK_MILLISECONDS = 500
# A pipe that `poll` reports as writable takes this much without blocking
_MAX_WRITE_BYTES = select.PIPE_BUF


class LogOutput:
    """Writes to a descriptor; only the calling thread waits for a slow reader.

    A text stream of Python holds a lock while it writes: a reader that is stuck would
    then also keep the process from exiting.
    """

    def __init__(self, file_fd: int) -> None:
        """Write to an open descriptor, which is not closed."""
        self._file_fd, self._abandoned = file_fd, False

    def write(self, text: str) -> int:
        """Write a text as UTF-8.

        Raises:
            OSError: It cannot be written, or not all of it.
        """
        data = memoryview(text.encode("utf-8", "backslashreplace"))
        while data and self._await_room():
            try:
                data = data[os.write(self._file_fd, data[:_MAX_WRITE_BYTES]) :]
            except BlockingIOError:
                continue  # another process has made the descriptor non-blocking
        return len(text)

    def _await_room(self) -> bool:
        """Wait until something can be written; return False once abandoned."""
        poll = select.poll()
        poll.register(self._file_fd, select.POLLOUT)
        while not self._abandoned:
            if poll.poll(_LOOK_MILLISECONDS):
                return True
        return False

    def abandon(self) -> None:
        """Write nothing more, and end the writes that wait."""
        self._abandoned = True

    def flush(self) -> None:
        """Do nothing: nothing is buffered."""

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._file_fd

    def isatty(self) -> bool:
        """Whether people are watching."""
        return os.isatty(self._file_fd)
