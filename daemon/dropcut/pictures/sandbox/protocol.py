"""Frames on a stream socket: a header in JSON, and bytes."""

import json
import socket
import struct
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from dropcut.core.stopwatch import Stopwatch

Header = dict[str, Any]

_LENGTHS = struct.Struct(">IQ")
_MAX_HEADER_BYTES = 1 << 18
_MAX_WAIT_SECONDS = 1.0


class WireError(Exception):
    """The bytes received are not a valid frame, or the frame is too long."""


class TimeBudget:
    """How much longer to wait for the other side, in seconds.

    Time in which this process was stopped as well is hardly deducted.
    """

    def __init__(self, seconds: float) -> None:
        """Create a budget of `seconds`."""
        self.seconds = seconds

    @contextmanager
    def spent(self, end: socket.socket) -> Iterator[None]:
        """Set the socket's time-out, and deduct the time of one call on it.

        Raises:
            TimeoutError: The budget is used up.
        """
        if self.seconds <= 0:  # 0 would make the socket non-blocking
            raise TimeoutError
        end.settimeout(min(self.seconds, _MAX_WAIT_SECONDS))
        start_seconds = time.monotonic()
        stopwatch = Stopwatch(start_seconds, gap_seconds=2 * _MAX_WAIT_SECONDS)
        try:
            yield
        finally:
            self.seconds -= stopwatch.look(time.monotonic())


class FrameSocket:
    """One end of the socket."""

    def __init__(self, end: socket.socket) -> None:
        """Create it on a connected stream socket."""
        self._end = end

    def send(self, header: Mapping[str, Any], *parts: bytes | bytearray) -> None:
        """Send a frame.

        Raises:
            OSError: The other side is gone, or takes too long.
        """
        text = json.dumps(header).encode("ascii")
        length = sum(len(part) for part in parts)
        self._end.sendall(_LENGTHS.pack(len(text), length) + text)
        for part in parts:
            self._end.sendall(part)

    def receive(
        self, max_bytes: int, budget: TimeBudget | None = None
    ) -> tuple[Header, bytearray]:
        """Wait for a frame; the waiting time is deducted from the budget.

        Raises:
            TimeoutError: The budget is used up.
            EOFError: The other side is gone.
            OSError: The other side is gone.
            WireError: The payload is longer than `max_bytes`, or the frame is invalid.
        """
        lengths = self._exactly(_LENGTHS.size, budget)
        header_bytes, payload_bytes = _LENGTHS.unpack(lengths)
        if header_bytes > _MAX_HEADER_BYTES or payload_bytes > max_bytes:
            raise WireError(f"a frame of {header_bytes} and {payload_bytes} bytes")
        try:
            header = json.loads(self._exactly(header_bytes, budget))
        except (ValueError, RecursionError) as error:
            raise WireError("the header is not JSON") from error
        if not isinstance(header, dict):
            raise WireError("the header is not an object")
        return header, self._exactly(payload_bytes, budget)

    def _exactly(self, size_bytes: int, budget: TimeBudget | None) -> bytearray:
        data = bytearray(size_bytes)
        view = memoryview(data)
        while view:
            received = self._some(view, budget)
            if received == 0:
                raise EOFError
            view = view[received or 0 :]
        return data

    def _some(self, view: memoryview, budget: TimeBudget | None) -> int | None:
        """Return the number of bytes received, 0 at the end; None after a time-out."""
        if budget is None:
            return self._end.recv_into(view)
        with budget.spent(self._end):
            try:
                return self._end.recv_into(view)
            except TimeoutError:
                return None
