"""The other end of sd_notify."""

import socket
from contextlib import suppress
from pathlib import Path

from .waiting import eventually


class Notifications:
    """Collects the notifications that a service sends to its manager."""

    def __init__(self, path: Path) -> None:
        """Listen on a socket."""
        self.path = path
        self._messages: list[str] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.settimeout(0)

    def close(self) -> None:
        """Stop listening."""
        self._socket.close()

    def all(self) -> list[str]:
        """Return every line that was sent so far."""
        with suppress(BlockingIOError):
            while True:
                self._messages += self._socket.recv(65_536).decode().splitlines()
        return self._messages

    def wait(self, line: str, times: int = 1) -> None:
        """Wait until a line was sent this many times."""
        eventually(
            lambda: self.all().count(line) >= times, explain=lambda: repr(self.all())
        )
