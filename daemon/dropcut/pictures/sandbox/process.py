"""One decoder process, seen from the parent."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from typing import Any

from dropcut.core.errors import PictureError, Reason, TransientError
from dropcut.pictures.sandbox.messages import EXIT_OUT_OF_MEMORY, Limits, Reply
from dropcut.pictures.sandbox.protocol import FrameSocket, Header, TimeBudget, WireError

_START_SECONDS = 60.0  # on a slow disk that is busy
_SEND_SECONDS = 30.0
_END_SECONDS = 10.0  # a hanging disk may keep it from exiting
_MAX_MESSAGE_BYTES = 4096
_ENVIRONMENT = {
    "MALLOC_ARENA_MAX": "2",  # otherwise each thread keeps freed memory
    "OPENBLAS_NUM_THREADS": "1",
    "VIPS_DISC_THRESHOLD": "1000g",  # otherwise unstreamed images go to /tmp
}
_OUT_OF_MEMORY_CODES = (-signal.SIGKILL, EXIT_OUT_OF_MEMORY)
_WITHHELD = "NOTIFY_SOCKET"


class ChildDiedError(Exception):
    """The child died while it had a picture.

    Attributes:
        memory: Whether it probably ran out of memory.
    """

    def __init__(self, message: str, *, memory: bool = False) -> None:
        """Record how the child died."""
        super().__init__(message)
        self.memory = memory


class ChildTimedOutError(Exception):
    """The child took too long and was killed."""


class ChildProcess:
    """A child process that works on one picture at a time."""

    def __init__(self, limits: Limits) -> None:
        """Start the child; the calling thread must live as long as the child.

        Raises:
            OSError: The child cannot be started.
        """
        self.requests = 0
        self._socket, other = socket.socketpair()
        self._frames, self._is_ready = FrameSocket(self._socket), False
        self._lost = self._awaiting_reply = False
        self.landlock = 0
        with other:
            self._process = _spawn(limits, other)

    @property
    def pid(self) -> int:
        """The process ID of the child."""
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """Whether the child has exited."""
        return self._process.poll() is not None

    @property
    def healthy(self) -> bool:
        """Whether it can take another picture: alive and not awaiting a reply."""
        return not (self._lost or self._awaiting_reply)

    def await_ready(self) -> None:
        """Wait until the child has loaded its libraries and confined itself.

        Raises:
            TransientError: The child failed to start.
        """
        if self._is_ready:
            return
        self._awaiting_reply = True
        try:
            header, _ = self._frames.receive(0, TimeBudget(_START_SECONDS))
        except (OSError, EOFError, WireError) as error:
            raise TransientError(self._start_failure()) from error
        self._is_ready, self._awaiting_reply = True, False
        landlock = header.get("landlock")
        self.landlock = landlock if isinstance(landlock, int) else 0
        if self._process.stderr:
            self._process.stderr.close()

    def notify(self, header: Mapping[str, Any]) -> None:
        """Send a message that gets no reply.

        Raises:
            ChildDiedError: The child is dead or does not read.
        """
        self._send(header)

    def request(self, header: Mapping[str, Any], *parts: bytes) -> None:
        """Send a request; `receive` returns the reply.

        Raises:
            ChildDiedError: The child is dead or does not read.
        """
        self._awaiting_reply, self.requests = True, self.requests + 1
        self._send(header, *parts)

    def _send(self, header: Mapping[str, Any], *parts: bytes) -> None:
        try:
            with self._alive_or_died():
                self._socket.settimeout(_SEND_SECONDS)
                self._frames.send(header, *parts)
        except ChildTimedOutError as error:
            raise ChildDiedError("it did not read its socket") from error

    def receive(self, max_bytes: int, budget: TimeBudget) -> tuple[Header, bytearray]:
        """Wait for the next frame of a reply.

        Raises:
            ChildDiedError: The child is dead or ran out of memory.
            ChildTimedOutError: The child took too long.
            PictureError: The picture cannot be processed.
            RuntimeError: The child hit a bug in Dropcut.
        """
        with self._alive_or_died():
            header, payload = self._frames.receive(max_bytes, budget)
            kind = Reply(header["is"])
        self._awaiting_reply = kind is Reply.PART
        message = str(header.get("message", ""))[:_MAX_MESSAGE_BYTES]
        if kind is Reply.FAILED:
            raise PictureError(_reason(header), message)
        if kind is Reply.MEMORY:
            raise ChildDiedError(message, memory=True)
        if kind is Reply.BROKEN:
            raise RuntimeError(message)
        return header, payload

    @contextmanager
    def _alive_or_died(self) -> Iterator[None]:
        try:
            yield
        except TimeoutError as error:
            self.kill()
            raise ChildTimedOutError from error
        except (OSError, EOFError, WireError, ValueError, KeyError) as error:
            raise self._death(error) from error

    def _death(self, error: Exception) -> ChildDiedError:
        """Return how the child died; one that breaks the protocol is killed."""
        self._lost = True
        if isinstance(error, EOFError | OSError):
            with suppress(subprocess.TimeoutExpired):
                code = self._process.wait(_END_SECONDS)
                return ChildDiedError(
                    _exit_text(code), memory=code in _OUT_OF_MEMORY_CODES
                )
        self.kill()
        return ChildDiedError(f"it sent an invalid reply: {error!r}")

    def kill(self) -> None:
        """Kill the child now; safe from any thread and more than once."""
        self._lost = True
        self._process.kill()

    def end(self) -> None:
        """Kill the child, reap it and close its files."""
        self.kill()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_SECONDS)
        self._socket.close()
        if self._process.stderr:
            self._process.stderr.close()

    def _start_failure(self) -> str:
        """Return why the child failed to start, from the end of its stderr."""
        self.kill()
        stderr = b""
        if self._process.stderr:
            stderr = self._process.stderr.read(_MAX_MESSAGE_BYTES * 4)
        text = stderr[-_MAX_MESSAGE_BYTES:].decode("utf-8", "backslashreplace")
        last = text.strip().splitlines()[-1:] or [_exit_text(self._process.wait())]
        return f"the decoder process failed to start: {last[0]}"


def _spawn(limits: Limits, end: socket.socket) -> "subprocess.Popen[bytes]":
    """Start the child as a new Python, because libvips does not survive a fork.

    Without `-P`, a module in the current folder could replace one of Dropcut's.
    """
    arguments = [json.dumps(asdict(limits)), str(end.fileno()), str(os.getpid())]
    return subprocess.Popen(  # noqa: S603  # this very Python, and numbers
        [sys.executable, "-P", "-m", "dropcut.pictures.sandbox", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for the parent
        pass_fds=[end.fileno()],
        env={k: v for k, v in os.environ.items() if k != _WITHHELD} | _ENVIRONMENT,
    )


def _reason(header: Header) -> Reason:
    with suppress(ValueError):
        return Reason(str(header.get("reason")))
    return Reason.CORRUPT


def _exit_text(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    with suppress(ValueError):
        return signal.Signals(-code).name
    return f"signal {-code}"
