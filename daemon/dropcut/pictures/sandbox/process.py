"""The child as its parent sees it."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from typing import Any

from dropcut.core.errors import PictureError, Reason, TransientError
from dropcut.pictures.sandbox.messages import EXIT_OUT_OF_MEMORY, Limits, Reply
from dropcut.pictures.sandbox.protocol import FrameSocket, Header, TimeBudget, WireError

_START_SECONDS = 60.0  # on a slow disk that is busy
_SEND_SECONDS = 30.0
_END_SECONDS = 10.0  # a disk that hangs may keep it from ending
_MOST_WORDS_BYTES = 4096
_OWN = {
    "MALLOC_ARENA_MAX": "2",  # or freed memory is kept, once for each thread
    "OPENBLAS_NUM_THREADS": "1",
    "VIPS_DISC_THRESHOLD": "1000g",  # or large pixels that are no stream go to /tmp
}
_FOR_WANT_OF_MEMORY = (-signal.SIGKILL, EXIT_OUT_OF_MEMORY)
_NOT_FOR_IT = "NOTIFY_SOCKET"


class ChildDiedError(Exception):
    """The child died over a picture.

    Attributes:
        memory: Whether it seems to have been for want of memory.
    """

    def __init__(self, words: str, *, memory: bool = False) -> None:
        """Take what is known of how it died."""
        super().__init__(words)
        self.memory = memory


class ChildTimedOutError(Exception):
    """The child took too long, and was killed."""


class ChildProcess:
    """One child, which works on one picture at a time."""

    def __init__(self, limits: Limits) -> None:
        """Start it; the thread that does so must live as long as the child.

        Raises:
            OSError: It cannot be started.
        """
        self.requests = 0
        self._socket, other = socket.socketpair()
        self._frames, self._is_ready = FrameSocket(self._socket), False
        self._lost = self._owes = False
        self.landlock = 0
        with other:
            self._process = _spawned(limits, other)

    @property
    def pid(self) -> int:
        """Its process number."""
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """Whether it is dead already."""
        return self._process.poll() is not None

    @property
    def is_sound(self) -> bool:
        """Whether another picture may be given to it: it lives, and owes no answer."""
        return not (self._lost or self._owes)

    def await_ready(self) -> None:
        """Wait until it has loaded its libraries and has shut itself in.

        Raises:
            MachineError: It cannot.
        """
        if self._is_ready:
            return
        self._owes = True
        try:
            header, _ = self._frames.receive(0, TimeBudget(_START_SECONDS))
        except (OSError, EOFError, WireError) as error:
            raise TransientError(self._words_of_failure()) from error
        self._is_ready, self._owes = True, False
        self.landlock = _number(header.get("landlock"))
        if self._process.stderr:
            self._process.stderr.close()

    def tell(self, header: Mapping[str, Any]) -> None:
        """Send what has no answer.

        Raises:
            DiedError: It is dead, or does not listen.
        """
        self._send(header)

    def ask(self, header: Mapping[str, Any], *parts: bytes) -> None:
        """Send what `answer` gives the answer to.

        Raises:
            DiedError: It is dead, or does not listen.
        """
        self._owes, self.requests = True, self.requests + 1
        self._send(header, *parts)

    def _send(self, header: Mapping[str, Any], *parts: bytes) -> None:
        try:
            with self._alive_or_died():
                self._socket.settimeout(_SEND_SECONDS)
                self._frames.send(header, *parts)
        except ChildTimedOutError as error:
            raise ChildDiedError("it did not listen") from error

    def answer(self, most_bytes: int, budget: TimeBudget) -> tuple[Header, bytearray]:
        """Wait for its next frame, which is no complaint.

        Raises:
            DiedError: It is dead, or lacks memory.
            SlowError: It took too long.
            PictureError: The picture's fault.
            RuntimeError: A fault of Dropcut.
        """
        with self._alive_or_died():
            header, payload = self._frames.receive(most_bytes, budget)
            kind = Reply(header["is"])
        self._owes = kind is Reply.PART
        _raise_complaint(kind, header)
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
        """Return how it died; one that babbles is killed."""
        self._lost = True
        if isinstance(error, EOFError | OSError):
            with suppress(subprocess.TimeoutExpired):
                code = self._process.wait(_END_SECONDS)
                return ChildDiedError(
                    _ended_by(code), memory=code in _FOR_WANT_OF_MEMORY
                )
        self.kill()
        return ChildDiedError(f"it gave a senseless answer: {error!r}")

    def kill(self) -> None:
        """End it now; may be called from any thread, and again."""
        self._lost = True
        self._process.kill()

    def end(self) -> None:
        """End it, and leave nothing of it."""
        self.kill()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_SECONDS)
        self._socket.close()
        if self._process.stderr:
            self._process.stderr.close()

    def _words_of_failure(self) -> str:
        """Return what it wrote before it failed to start."""
        self.kill()
        words = b""
        if self._process.stderr:
            words = self._process.stderr.read(_MOST_WORDS_BYTES * 4)
        text = words[-_MOST_WORDS_BYTES:].decode("utf-8", "backslashreplace")
        last = text.strip().splitlines()[-1:] or [_ended_by(self._process.wait())]
        return f"the process that opens pictures did not come to work: {last[0]}"


def _spawned(limits: Limits, end: socket.socket) -> "subprocess.Popen[bytes]":
    """Start the child: a new Python, for libvips does not survive a fork.

    `-P`, or a module in the current folder could take the place of one of Dropcut's.
    """
    words = [json.dumps(asdict(limits)), str(end.fileno()), str(os.getpid())]
    return subprocess.Popen(  # noqa: S603  # this very Python, and numbers
        [sys.executable, "-P", "-m", "dropcut.pictures.sandbox", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for the parent
        pass_fds=[end.fileno()],
        env={k: v for k, v in os.environ.items() if k != _NOT_FOR_IT} | _OWN,
    )


def _raise_complaint(kind: Reply, header: Header) -> None:
    """Raise what a child says in place of a result."""
    complaints: dict[Reply, Callable[[], Exception]] = {
        Reply.FAILED: lambda: PictureError(_reason(header), _text(header)),
        Reply.MEMORY: lambda: ChildDiedError(_text(header), memory=True),
        Reply.BROKEN: lambda: RuntimeError(_text(header)),
    }
    if complaint := complaints.get(kind):
        raise complaint()


def _reason(header: Header) -> Reason:
    with suppress(ValueError):
        return Reason(str(header.get("reason")))
    return Reason.CORRUPT


def _text(header: Header) -> str:
    return str(header.get("message", ""))[:_MOST_WORDS_BYTES]


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _ended_by(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    with suppress(ValueError):
        return signal.Signals(-code).name
    return f"signal {-code}"
