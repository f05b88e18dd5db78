"""Frames on a stream socket: a header in JSON, and bytes."""

import json
import socket
import struct
import time
from collections.abc import Mapping
from typing import Any

Header = dict[str, Any]

_LENGTHS = struct.Struct(">IQ")
_MOST_HEADER_BYTES = 1 << 18


class WireError(Exception):
    """The bytes received are not a valid frame, or the frame is too long."""


class TimeBudget:
    """How much longer to wait for the other side, in seconds."""

    def __init__(self, seconds: float) -> None:
        """Begin with all of it."""
        self.seconds = seconds


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
        """Wait for a frame; the waiting time is deducted from the budget.

        Raises:
            TimeoutError: The budget is used up.
            EOFError: The other side is gone.
            OSError: The other side is gone.
            WireError: The frame is longer than `most_bytes`, or invalid.
        """
        start_seconds = time.monotonic()
        until = start_seconds + budget.seconds if budget else None
        try:
            lengths = self._exactly(_LENGTHS.size, until)
            header_bytes, payload_bytes = _LENGTHS.unpack(lengths)
            if header_bytes > _MOST_HEADER_BYTES or payload_bytes > most_bytes:
                raise WireError(f"a frame of {header_bytes} and {payload_bytes} bytes")
            try:
                header = json.loads(self._exactly(header_bytes, until))
            except (ValueError, RecursionError) as error:
                raise WireError("the header is not JSON") from error
            if not isinstance(header, dict):
                raise WireError("the header is not an object")
            return header, self._exactly(payload_bytes, until)
        finally:
            if budget:
                budget.seconds -= time.monotonic() - start_seconds

    def _exactly(self, size_bytes: int, until: float | None) -> bytearray:
        data = bytearray(size_bytes)
        view = memoryview(data)
        while view:
            if until is not None:
                left_seconds = until - time.monotonic()
                if left_seconds <= 0:  # which `settimeout` would take as "never wait"
                    raise TimeoutError
                self._end.settimeout(left_seconds)
            got = self._end.recv_into(view)
            if not got:
                raise EOFError
            view = view[got:]
        return data
