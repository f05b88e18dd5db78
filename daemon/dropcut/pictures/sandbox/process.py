"""A child process as its parent uses it."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dropcut.core.errors import PictureError, Reason, TransientError
from dropcut.pictures.sandbox.messages import EXIT_OUT_OF_MEMORY, Limits, Reply
from dropcut.pictures.sandbox.protocol import FrameSocket, Header, TimeBudget, WireError

_START_SECONDS = 60.0  # on a slow, busy disk
_SEND_SECONDS = 30.0
_END_SECONDS = 10.0  # a disk that hangs may keep a process from ending
_MAX_MESSAGE_BYTES = 4096
_ENVIRONMENT = {
    "MALLOC_ARENA_MAX": "2",  # otherwise each thread keeps memory that it has freed
    "OPENBLAS_NUM_THREADS": "1",
    "VIPS_DISC_THRESHOLD": "1000g",  # otherwise large images are written to /tmp
}
_OUT_OF_MEMORY_CODES = (-signal.SIGKILL, EXIT_OUT_OF_MEMORY)
_CRASH_SIGNALS = {
    *(signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL),
    *(signal.SIGSEGV, signal.SIGSYS, signal.SIGTRAP),
}
_OVERCOMMIT, _NEVER_OVERCOMMIT = Path("/proc/sys/vm/overcommit_memory"), "2"
_FIRST_VICTIM = "1000"
_NOT_INHERITED = "NOTIFY_SOCKET"


class ChildDiedError(Exception):
    """The child died while it had a picture.

    Attributes:
        memory: Whether it seems to have died because memory ran out.
        outside: Whether something other than the picture may have ended it.
    """

    def __init__(
        self, message: str, *, memory: bool = False, outside: bool = False
    ) -> None:
        """Create an error; `message` says how the child died."""
        super().__init__(message)
        self.memory, self.outside = memory, outside


class ChildTimedOutError(Exception):
    """The child took too long, and was killed.

    Attributes:
        busy_seconds: The CPU time that it used for the last request.
    """

    def __init__(self, busy_seconds: float) -> None:
        """Create an error with the CPU time that the child has used."""
        super().__init__(f"the decoder was busy for {busy_seconds:.1f} seconds")
        self.busy_seconds = busy_seconds


class ChildProcess:
    """One child process, which has at most one picture at a time."""

    def __init__(self, limits: Limits) -> None:
        """Start the child; the calling thread must live as long as the child.

        Raises:
            OSError: The child cannot be started.
        """
        self.requests = self.landlock = 0
        self.seccomp = False
        self._socket, end = socket.socketpair()
        self._frames, self._is_ready = FrameSocket(self._socket), False
        self._lost = self._awaiting_reply = False
        self._earlier_seconds = 0.0
        # A new Python, because libvips does not survive a fork. `-P`, because modules
        # in the current folder could otherwise replace Dropcut's
        arguments = [json.dumps(asdict(limits)), str(end.fileno()), str(os.getpid())]
        inherited = {k: v for k, v in os.environ.items() if k != _NOT_INHERITED}
        # Not a pipe: a child that writes a lot would block until somebody reads
        self._stderr = os.fdopen(os.memfd_create("stderr"), "rb")
        with end:
            self._process = subprocess.Popen(  # noqa: S603  # this Python, and numbers
                [sys.executable, "-P", "-m", "dropcut.pictures.sandbox", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._stderr,
                start_new_session=True,  # Ctrl-C is for the parent
                pass_fds=[end.fileno()],
                env=inherited | _ENVIRONMENT,
            )
        # The child does the same, but only once Python is running: until then the
        # kernel would kill the service first, which is larger
        with suppress(OSError):
            adjustment = Path(f"/proc/{self.pid}/oom_score_adj")
            adjustment.write_text(_FIRST_VICTIM, "ascii")

    @property
    def pid(self) -> int:
        """The child's process ID."""
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """Whether the child is dead already."""
        return self._process.poll() is not None

    @property
    def healthy(self) -> bool:
        """Whether the child can take another picture: alive, and no reply pending."""
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
            self.kill()
            code = self._process.wait()
            end = self._stderr.seek(0, os.SEEK_END)
            self._stderr.seek(max(end - _MAX_MESSAGE_BYTES, 0))
            text = self._stderr.read().decode("utf-8", "backslashreplace")
            last = text.strip().splitlines()[-1:] or [_ended_by(code)]
            problem = f"the decoder process failed to start: {last[0]}"
            raise TransientError(problem) from error
        self._is_ready, self._awaiting_reply = True, False
        landlock = header.get("landlock")
        self.landlock = landlock if isinstance(landlock, int) else 0
        self.seccomp = header.get("seccomp") is True
        self._stderr.close()

    def request(self, header: Mapping[str, Any], *parts: bytes) -> None:
        """Send a message whose reply `receive` returns.

        Raises:
            ChildDiedError: The child is dead, or does not read.
        """
        self._awaiting_reply, self.requests = True, self.requests + 1
        self._earlier_seconds = self._processor_seconds()
        self.notify(header, *parts)

    def notify(self, header: Mapping[str, Any], *parts: bytes) -> None:
        """Send a message that has no reply; raise as `request` does."""
        try:
            with self._translating_errors():
                self._socket.settimeout(_SEND_SECONDS)
                self._frames.send(header, *parts)
        except ChildTimedOutError as error:
            # The child reads everything before the picture can have any effect
            raise ChildDiedError("it did not read its socket", outside=True) from error

    def receive(self, max_bytes: int, budget: TimeBudget) -> tuple[Header, bytearray]:
        """Wait for the next frame, and raise the error that it reports, if any.

        Raises:
            ChildDiedError: The child is dead, or out of memory.
            ChildTimedOutError: The child took too long.
            PictureError: The picture is at fault.
            RuntimeError: There is a bug in Dropcut.
        """
        with self._translating_errors():
            header, payload = self._frames.receive(max_bytes, budget)
            kind = Reply(header["is"])
        self._awaiting_reply = kind is Reply.PART
        message = str(header.get("message", ""))[:_MAX_MESSAGE_BYTES]
        match kind:
            case Reply.FAILED:
                known = {reason.value: reason for reason in Reason}
                reason = known.get(str(header.get("reason")), Reason.CORRUPT)
                raise PictureError(reason, message)
            case Reply.MEMORY:
                outside = bool(header.get("outside")) or _memory_may_be_refused()
                raise ChildDiedError(message, memory=True, outside=outside)
            case Reply.BROKEN:
                raise RuntimeError(message)
            case _:
                return header, payload

    @contextmanager
    def _translating_errors(self) -> Iterator[None]:
        """Turn a socket's errors into the child's; kill the child if it is alive."""
        try:
            yield
        except TimeoutError as error:
            busy_seconds = self._processor_seconds() - self._earlier_seconds
            self.kill()
            raise ChildTimedOutError(busy_seconds) from error
        except (OSError, EOFError) as error:
            self._lost = True
            with suppress(subprocess.TimeoutExpired):
                code = self._process.wait(_END_SECONDS)
                killed = code < 0 and -code not in _CRASH_SIGNALS
                raise ChildDiedError(
                    _ended_by(code),
                    memory=code in _OUT_OF_MEMORY_CODES,
                    outside=killed or _memory_may_be_refused(),
                ) from error
            self.kill()
            raise ChildDiedError(f"it closed its socket: {error!r}") from error
        except (WireError, ValueError, KeyError) as error:
            self.kill()
            raise ChildDiedError(f"invalid reply: {error!r}") from error

    def _processor_seconds(self) -> float:
        """Return the CPU time that the child has used; see `stat` in proc(5)."""
        with suppress(OSError):
            status = Path(f"/proc/{self.pid}/stat").read_text("ascii", "replace")
            user, system = status.rpartition(") ")[2].split()[11:13]
            return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
        return self._earlier_seconds

    def kill(self) -> None:
        """Kill the child; may be called from any thread, and more than once."""
        self._lost = True
        self._process.kill()

    def end(self) -> None:
        """Kill the child, and release its resources."""
        self.kill()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_SECONDS)
        self._socket.close()
        self._stderr.close()


def _memory_may_be_refused() -> bool:
    """Whether the kernel may refuse memory that the child's own limit still allows.

    If the kernel overcommits, as it does by default, it kills a process instead.
    """
    with suppress(OSError):
        return _OVERCOMMIT.read_text("ascii").strip() == _NEVER_OVERCOMMIT
    return False


def _ended_by(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    with suppress(ValueError):
        return signal.Signals(-code).name
    return f"signal {-code}"
