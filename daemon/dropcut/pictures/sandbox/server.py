"""What the child does: open a picture, encode its result, drop the picture."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from dropcut.core.errors import PictureError, TransientError
from dropcut.core.pictures import InputFormat
from dropcut.pictures.codec import (
    DecodedPicture,
    Decoder,
    check_format,
    libraries,
    warm_up,
)
from dropcut.pictures.sandbox.messages import Limits, Reply, options_from_json
from dropcut.pictures.sandbox.protocol import FrameSocket, Header

_MAX_REQUEST_BYTES = 1 << 40  # no real limit: the parent has the request in memory
_PART_BYTES = 1 << 18


def warmed_up(limits: Limits) -> Decoder:
    """Return a decoder, after loading everything that it may have to load later."""
    warm_up(Decoder(max_megapixels=1, decode_seconds=60, threads=limits.threads))
    libraries()
    return Decoder(
        max_megapixels=limits.max_megapixels,
        decode_seconds=limits.decode_seconds,
        threads=limits.threads,
    )


class Server:
    """Serves the parent's requests, for one picture at a time."""

    def __init__(self, frames: FrameSocket, decoder: Decoder) -> None:
        """Create a server; `frames` is the connection to the parent."""
        self._frames, self._decoder = frames, decoder
        self._picture: DecodedPicture | None = None

    def serve(self) -> None:
        """Serve requests until the parent is gone."""
        while True:
            try:
                request, received = self._frames.receive(_MAX_REQUEST_BYTES)
            except (EOFError, OSError):
                return
            data = bytes(received)
            del received  # the file may be large, and one copy in memory is enough
            with self._reporting_errors():
                match request["do"]:
                    case "open":
                        self._open(request, data)
                    case "cut_out":
                        self._cut_out(request, data)
                    case "check_format":
                        check_format(self._decoder, InputFormat(request["format"]))
                        self._frames.send({"is": Reply.DONE})
                    case "list_libraries":
                        self._frames.send({"is": Reply.DONE, "versions": libraries()})
                    case _:
                        self._picture = None
            del data

    def _open(self, request: Header, data: bytes) -> None:
        size_px = request["width_px"], request["height_px"]
        file_bytes = request["bytes"]
        options = options_from_json(request["options"], data[file_bytes:])
        picture = self._decoder.open(data[:file_bytes], *size_px, options)
        self._picture = picture
        reply = {
            "is": Reply.OPENED,
            "width_px": picture.width_px,
            "height_px": picture.height_px,
            "notes": picture.notes,
        }
        self._frames.send(reply, np.ascontiguousarray(picture.model_input).tobytes())

    def _cut_out(self, request: Header, data: bytes) -> None:
        assert self._picture is not None  # noqa: S101  # the parent has opened it
        flat = np.frombuffer(data, np.uint8)
        mask = flat.reshape(request["height_px"], request["width_px"])
        parts = _Parts(self._frames)
        self._picture.write(mask, parts.write)
        parts.flush()
        self._frames.send({"is": Reply.DONE})

    @contextmanager
    def _reporting_errors(self) -> Iterator[None]:
        """Reply with what went wrong, and drop the picture."""
        try:
            yield
        except PictureError as error:
            self._report(Reply.FAILED, str(error), reason=error.reason)
        except MemoryError as error:
            self._report(Reply.MEMORY, str(error))
        except TransientError as error:
            self._report(Reply.MEMORY, str(error), outside=True)
        except Exception:  # noqa: BLE001  # the parent reports any error
            self._report(Reply.BROKEN, traceback.format_exc())

    def _report(self, kind: Reply, message: str, **more: object) -> None:
        self._picture = None
        self._frames.send({"is": kind, "message": message, **more})


class _Parts:
    """Buffers the small writes of libvips, and sends them in larger parts."""

    def __init__(self, frames: FrameSocket) -> None:
        self._frames, self._buffer = frames, bytearray()

    def write(self, data: memoryview) -> None:
        self._buffer += data
        if len(self._buffer) >= _PART_BYTES:
            self.flush()

    def flush(self) -> None:
        if not self._buffer:
            return
        self._frames.send({"is": Reply.PART}, self._buffer)
        self._buffer = bytearray()
