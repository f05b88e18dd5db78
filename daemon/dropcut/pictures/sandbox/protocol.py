"""Frames on a stream socket: a JSON header and a payload of bytes."""

import json
import socket
import struct
import time
from collections.abc import Mapping
from typing import Any

Header = dict[str, Any]

_LENGTHS = struct.Struct(">IQ")
_MAX_HEADER_BYTES = 1 << 18


class WireError(Exception):
    """The received data is not a valid frame, or a frame over the limit."""


class TimeBudget:
    """The time left to wait for the other side, in seconds."""

    def __init__(self, seconds: float) -> None:
        """Start with the whole budget."""
        self.seconds = seconds


class FrameSocket:
    """One end of a socket that carries frames."""

    def __init__(self, end: socket.socket) -> None:
        """Send and receive on this socket, which stays the caller's."""
        self._end = end

    def send(self, header: Mapping[str, Any], *parts: bytes | bytearray) -> None:
        """Send a frame.

        Raises:
            OSError: The other side is gone or takes too long.
        """
        text = json.dumps(header).encode("ascii")
        length = sum(len(part) for part in parts)
        self._end.sendall(_LENGTHS.pack(len(text), length) + text)
        for part in parts:
            self._end.sendall(part)

    def receive(
        self, max_bytes: int, budget: TimeBudget | None = None
    ) -> tuple[Header, bytearray]:
        """Wait for a frame, and deduct the time that takes from the budget.

        Raises:
            TimeoutError: The budget is used up.
            EOFError: The other side is gone.
            OSError: The same.
            WireError: The frame is invalid or too long.
        """
        start_seconds = time.monotonic()
        until = start_seconds + budget.seconds if budget else None
        try:
            lengths = self._exactly(_LENGTHS.size, until)
            header_bytes, payload_bytes = _LENGTHS.unpack(lengths)
            if header_bytes > _MAX_HEADER_BYTES or payload_bytes > max_bytes:
                raise WireError(f"a frame of {header_bytes} and {payload_bytes} bytes")
            header = _parse_header(self._exactly(header_bytes, until))
            return header, self._exactly(payload_bytes, until)
        finally:
            if budget:
                budget.seconds -= time.monotonic() - start_seconds

    def _exactly(self, size_bytes: int, until: float | None) -> bytearray:
        data = bytearray(size_bytes)
        view = memoryview(data)
        while view:
            if until is not None:
                if (left_seconds := until - time.monotonic()) <= 0:
                    raise TimeoutError
                self._end.settimeout(left_seconds)
            got = self._end.recv_into(view)
            if not got:
                raise EOFError
            view = view[got:]
        return data


def _parse_header(text: bytearray) -> Header:
    try:
        header = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise WireError("a header that is not JSON") from error
    if not isinstance(header, dict):
        raise WireError("a header that is not an object")
    return header
