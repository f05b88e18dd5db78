"""What the child does: open a picture, write its result, forget it."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from dropcut.core.errors import PictureError, TransientError
from dropcut.pictures.codec import DecodedPicture, Decoder, rehearse
from dropcut.pictures.sandbox.messages import Limits, Reply, options_from_json
from dropcut.pictures.sandbox.protocol import FrameSocket, Header

_MOST_REQUEST_BYTES = 1 << 40  # the parent has read it into memory, so it is no more
_PART_BYTES = 1 << 18


def made_ready(limits: Limits) -> Decoder:
    """Return the codec, after all that it may have to load has been loaded."""
    rehearse(Decoder(max_megapixels=1, decode_seconds=60, threads=limits.threads))
    return Decoder(
        max_megapixels=limits.max_megapixels,
        decode_seconds=limits.decode_seconds,
        threads=limits.threads,
    )


class Server:
    """Works on one picture at a time."""

    def __init__(self, frames: FrameSocket, codec: Decoder) -> None:
        """Take the connection to the parent."""
        self._frames, self._codec = frames, codec
        self._picture: DecodedPicture | None = None

    def serve(self) -> None:
        """Do what the parent asks for, until it is gone."""
        while True:
            try:
                request, received = self._frames.receive(_MOST_REQUEST_BYTES)
            except (EOFError, OSError):
                return
            data = bytes(received)
            del received  # a file may be large, and one copy of it is enough
            with self._complaining():
                self._do(request, data)
            del data

    def _do(self, request: Header, data: bytes) -> None:
        match request["do"]:
            case "open":
                self._open(request, data)
            case "cut_out":
                self._cut_out(request, data)
            case _:
                self._forget()

    def _open(self, request: Header, data: bytes) -> None:
        size_px = request["width_px"], request["height_px"]
        file_bytes = request["bytes"]
        options = options_from_json(request["look"], data[file_bytes:])
        picture = self._codec.open(data[:file_bytes], *size_px, options)
        self._picture = picture
        answer = {
            "is": Reply.OPENED,
            "width_px": picture.width_px,
            "height_px": picture.height_px,
            "notes": picture.notes,
        }
        self._frames.send(answer, np.ascontiguousarray(picture.model_input).tobytes())

    def _cut_out(self, request: Header, data: bytes) -> None:
        assert self._picture is not None  # noqa: S101  # the parent has opened it
        flat = np.frombuffer(data, np.uint8)
        mask = flat.reshape(request["height_px"], request["width_px"])
        parts = _Parts(self._frames)
        self._picture.write(mask, parts.write)
        parts.flush()
        self._frames.send({"is": Reply.DONE})

    def _forget(self) -> None:
        self._picture = None

    @contextmanager
    def _complaining(self) -> Iterator[None]:
        """Answer with what went wrong; its picture is forgotten then."""
        try:
            yield
        except PictureError as error:
            self._complain(Reply.FAILED, str(error), reason=error.reason)
        except (MemoryError, TransientError) as error:
            self._complain(Reply.MEMORY, str(error))
        except Exception:  # noqa: BLE001  # whatever it is, the parent is told
            self._complain(Reply.BROKEN, traceback.format_exc())

    def _complain(self, kind: Reply, message: str, **more: str) -> None:
        self._forget()
        self._frames.send({"is": kind, "message": message, **more})


class _Parts:
    """Gathers what libvips writes, which is little at a time."""

    def __init__(self, frames: FrameSocket) -> None:
        self._frames, self._gathered = frames, bytearray()

    def write(self, data: memoryview) -> None:
        self._gathered += data
        if len(self._gathered) >= _PART_BYTES:
            self.flush()

    def flush(self) -> None:
        if not self._gathered:
            return
        self._frames.send({"is": Reply.PART}, self._gathered)
        self._gathered = bytearray()
