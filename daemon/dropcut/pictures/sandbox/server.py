"""The child's request loop: open a picture, write its result, close it."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from dropcut.core.errors import PictureError, TransientError
from dropcut.pictures.codec import DecodedPicture, Decoder, rehearse
from dropcut.pictures.sandbox.messages import Limits, Reply, options_from_json
from dropcut.pictures.sandbox.protocol import FrameSocket, Header

_MAX_REQUEST_BYTES = 1 << 40  # no limit: the parent already holds it in memory
_PART_BYTES = 1 << 18


def build_decoder(limits: Limits) -> Decoder:
    """Return the decoder, once everything it may need has been loaded."""
    rehearse(Decoder(max_megapixels=1, decode_seconds=60, threads=limits.threads))
    return Decoder(
        max_megapixels=limits.max_megapixels,
        decode_seconds=limits.decode_seconds,
        threads=limits.threads,
    )


class Server:
    """Serves requests for one picture at a time."""

    def __init__(self, frames: FrameSocket, codec: Decoder) -> None:
        """Serve the parent at the other end of `frames`."""
        self._frames, self._codec = frames, codec
        self._picture: DecodedPicture | None = None

    def serve(self) -> None:
        """Serve requests until the parent is gone."""
        while True:
            try:
                request, received = self._frames.receive(_MAX_REQUEST_BYTES)
            except (EOFError, OSError):
                return
            data = bytes(received)
            del received  # a file may be large: keep only one copy
            with self._replying_to_errors():
                match request["do"]:
                    case "open":
                        self._open(request, data)
                    case "cut_out":
                        self._cut_out(request, data)
                    case _:
                        self._picture = None
            del data

    def _open(self, request: Header, data: bytes) -> None:
        size_px = request["width_px"], request["height_px"]
        file_bytes = request["bytes"]
        options = options_from_json(request["options"], data[file_bytes:])
        picture = self._codec.open(data[:file_bytes], *size_px, options)
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
    def _replying_to_errors(self) -> Iterator[None]:
        """Report an error to the parent and drop the picture."""
        try:
            yield
        except PictureError as error:
            self._reply_error(Reply.FAILED, str(error), reason=error.reason)
        except (MemoryError, TransientError) as error:
            self._reply_error(Reply.MEMORY, str(error))
        except Exception:  # noqa: BLE001  # any bug is reported to the parent
            self._reply_error(Reply.BROKEN, traceback.format_exc())

    def _reply_error(self, kind: Reply, message: str, **more: str) -> None:
        self._picture = None
        self._frames.send({"is": kind, "message": message, **more})


class _Parts:
    """Buffers the small writes of libvips into larger frames."""

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
