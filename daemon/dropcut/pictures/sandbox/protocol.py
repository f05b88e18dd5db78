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
_MOST_HEADER_BYTES = 1 << 18
_LONGEST_WAIT_SECONDS = 1.0


class WireError(Exception):
    """The bytes received are not a valid frame, or the frame is too long."""


class TimeBudget:
    """How much longer to wait for the other side, in seconds.

    Time in which this process stands still, too, is hardly deducted.
    """

    def __init__(self, seconds: float) -> None:
        """Begin with all of it."""
        self.seconds = seconds

    @contextmanager
    def spent(self, end: socket.socket) -> Iterator[None]:
        """Deduct what one call of the socket takes; its time-out is set.

        Raises:
            TimeoutError: Nothing is left.
        """
        if self.seconds <= 0:  # which `settimeout` would take as "never wait"
            raise TimeoutError
        end.settimeout(min(self.seconds, _LONGEST_WAIT_SECONDS))
        start_seconds = time.monotonic()
        stopwatch = Stopwatch(start_seconds, gap_seconds=2 * _LONGEST_WAIT_SECONDS)
        try:
            yield
        finally:
            self.seconds -= stopwatch.look(time.monotonic())


class FrameSocket:
    """One end of the socket."""

    def __init__(self, end: socket.socket) -> None:
        """Wrap a connected stream socket."""
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
        self, most_bytes: int, budget: TimeBudget | None = None
    ) -> tuple[Header, bytearray]:
        """Wait for a frame; the time is deducted from the budget.

        Raises:
            TimeoutError: The budget is used up.
            EOFError: The other side is gone.
            OSError: The other side is gone.
            WireError: The frame is longer than `most_bytes`, or invalid.
        """
        lengths = self._exactly(_LENGTHS.size, budget)
        header_bytes, payload_bytes = _LENGTHS.unpack(lengths)
        if header_bytes > _MOST_HEADER_BYTES or payload_bytes > most_bytes:
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
            got = self._some(view, budget)
            if got == 0:
                raise EOFError
            view = view[got or 0 :]
        return data

    def _some(self, view: memoryview, budget: TimeBudget | None) -> int | None:
        """Receive some bytes, 0 at the end; None if none came for a while."""
        if budget is None:
            return self._end.recv_into(view)
        with budget.spent(self._end):
            try:
                return self._end.recv_into(view)
            except TimeoutError:
                return None
