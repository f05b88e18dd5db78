"""A process that decodes one mutant after the other, and may crash on one.

Each mutant comes in as way and length, four bytes each, and its bytes; each outcome
goes out as a line of JSON.
"""

import json
import os
import signal
import struct
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
from dropcut.core.cancel import CancelScope
from dropcut.core.errors import PictureError, Reason
from dropcut.core.pictures import Codec, OutputFormat, OutputOptions, Picture, Pixels
from dropcut.pictures.sandbox import Limits, SandboxedCodec
from PIL import Image

HEAD = struct.Struct(">II")
_MOST_MEGAPIXELS, _DECODE_SECONDS = 10, 10
_SIDE_PX = 64
_OPTIONS = (
    OutputOptions(),
    OutputOptions(keep="all", depth=16),
    OutputOptions(clean_edges=False, refine=False, keep="icc"),
    OutputOptions(crop=True, canvas_px=(90, 70), background=(255, 255, 255)),
    OutputOptions(keep="all", format=OutputFormat.WEBP, output="mask"),
)


class Dying:
    """A codec that misbehaves as the picture tells it to."""

    def open(
        self,
        data: bytes,
        _width_px: int,
        _height_px: int,
        _options: OutputOptions,
        _scope: CancelScope,
    ) -> Picture:
        """Die, write to stderr, or raise."""
        if data == b"kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if data == b"say":
            sys.stderr.write("a word")
            sys.stderr.flush()
        if data == b"raise":
            raise MemoryError
        raise PictureError(Reason.EMPTY_FILE, "The file is empty.")


CODECS: dict[str, Callable[[], Codec]] = {
    "child": lambda: SandboxedCodec(
        Limits(
            max_megapixels=_MOST_MEGAPIXELS, decode_seconds=_DECODE_SECONDS, threads=1
        )
    ),
    "dying": Dying,
}


def _work(codec: Codec, data: bytes, way: int) -> str:
    """Return how the work on a picture ended: `done`, a reason, or something else."""
    try:
        with _sheet() as sink:
            options = _OPTIONS[way % len(_OPTIONS)]
            picture = codec.open(data, _SIDE_PX, _SIDE_PX, options, CancelScope())
            with closing(picture):
                picture.cut_out(_mask(), sink)
            _assert_whole(sink)
    except PictureError as error:
        return error.reason if str(error).isprintable() else f"said {error!r}"
    except BaseException as error:  # noqa: BLE001  # whatever it is, it is a finding
        return f"raised {error!r}"
    return "done"


@contextmanager
def _sheet() -> Iterator[int]:
    """Open an unnamed file."""
    sink = os.memfd_create("result")
    try:
        yield sink
    finally:
        os.close(sink)


def _mask() -> Pixels:
    mask = np.zeros((_SIDE_PX, _SIDE_PX), np.uint8)
    mask[8:40, 16:48], mask[20:30, 40:60] = 255, 130
    return mask


def _assert_whole(sink: int) -> None:
    """Decode a result to its end with another library."""
    with os.fdopen(os.dup(sink), "rb") as file, Image.open(file) as result:
        result.load()


def _peaks_forgotten() -> None:
    for process in _processes():
        Path(f"/proc/{process}/clear_refs").write_text("5", "ascii")


def _peak_mb() -> int:
    """Return the peak memory since the last reset, of this process and its children."""
    return sum(map(_peak_kb, _processes())) // 1024


def _processes() -> list[str]:
    tasks = Path("/proc/self/task").glob("*/children")
    return ["self", *(child for task in tasks for child in task.read_text().split())]


def _peak_kb(process: str) -> int:
    try:
        lines = Path(f"/proc/{process}/status").read_text("ascii").splitlines()
    except FileNotFoundError:
        return 0
    return next((int(line.split()[1]) for line in lines if "VmHWM" in line), 0)


def main(codec: Codec) -> None:
    """Work until the parent stops sending."""
    Image.MAX_IMAGE_PIXELS = None
    while head := sys.stdin.buffer.read(HEAD.size):
        way, size = HEAD.unpack(head)
        data = sys.stdin.buffer.read(size)
        _peaks_forgotten()
        begun = time.monotonic()
        ended = _work(codec, data, way)
        seconds = time.monotonic() - begun
        told = {"ended": ended, "seconds": seconds, "peak_mb": _peak_mb()}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(CODECS[sys.argv[1]]())
