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
    """What came is no frame, or no frame that could be meant."""


class TimeBudget:
    """How long may still be waited for the other side, in seconds."""

    def __init__(self, seconds: float) -> None:
        """Begin with all of it."""
        self.seconds = seconds


class FrameSocket:
    """One end of the socket."""

    def __init__(self, end: socket.socket) -> None:
        """Take the socket."""
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
        """Wait for a frame; the time that it takes is taken from the patience.

        Raises:
            TimeoutError: There is no patience left.
            EOFError: The other side is gone.
            OSError: The same.
            WireError: It is longer than it may be, or no frame.
        """
        start_seconds = time.monotonic()
        until = start_seconds + budget.seconds if budget else None
        try:
            lengths = self._exactly(_LENGTHS.size, until)
            header_bytes, payload_bytes = _LENGTHS.unpack(lengths)
            if header_bytes > _MOST_HEADER_BYTES or payload_bytes > most_bytes:
                raise WireError(f"a frame of {header_bytes} and {payload_bytes} bytes")
            header = _parsed(self._exactly(header_bytes, until))
            return header, self._exactly(payload_bytes, until)
        finally:
            if budget:
                budget.seconds -= time.monotonic() - start_seconds

    def _exactly(self, size_bytes: int, until: float | None) -> bytearray:
        data = bytearray(size_bytes)
        view = memoryview(data)
        while view:
            if until is not None:
                self._end.settimeout(_positive(until - time.monotonic()))
            got = self._end.recv_into(view)
            if not got:
                raise EOFError
            view = view[got:]
        return data


def _positive(seconds: float) -> float:
    if seconds <= 0:
        raise TimeoutError
    return seconds


def _parsed(text: bytearray) -> Header:
    try:
        header = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise WireError("a header that is no JSON") from error
    if not isinstance(header, dict):
        raise WireError("a header that is no object")
    return header
