"""How much of a JPEG its decoder could not decode: ITU-T T.81, annexes B and F.

After an error libjpeg goes on and only warns, and libvips reports the first warning. If
a JPEG has one scan, libjpeg does not even read the rest of the scan once it has all
blocks. But a rest is how most damage shows: wrong bytes code more or fewer blocks.
"""

import re
from dataclasses import dataclass
from itertools import islice

import pyvips

_SCAN_END = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")
_RESTART = re.compile(rb"\xff[\xd0-\xd7]")
_START_OF_SCAN, _RESTART_INTERVAL = 0xDA, 0xDD
_WITHOUT_LENGTH = {0x00, 0x01, *range(0xD0, 0xDA), 0xFF}
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE = {0xC2, 0xC6, 0xCA, 0xCE}
_BLOCK_PX = 8
_EXTRANEOUS = re.compile(r"(\d+) extraneous bytes")
_CORRUPT = ("Corrupt JPEG data", "Inconsistent progression")
_OUT_OF_STEP = "instead of RST"
# Webcams leave up to 14 unused bytes in each interval, and some cameras pad with zeros
_HARMLESS_BYTES = 15
_PADDING = b"\0\xff"
_FINE_BYTES, _MARKER_BYTES = 64, 2


@dataclass(frozen=True, slots=True)
class Scan:
    """The first scan: all pixels, or the coarsest version of all pixels.

    Attributes:
        begin: Offset of the scan's data in the file.
        end: Offset of the marker after the scan, or the length of the file.
        is_only: Whether the file has no other scan.
        interval: The fraction of the picture between two restart markers, up to 1.
    """

    begin: int
    end: int
    is_only: bool
    interval: float


def first_scan(data: bytes) -> Scan | None:
    """Return the first scan; None if there is none."""
    at, restart_units, units, all_components = 2, 0, 0, b""
    while (at := data.find(b"\xff", at)) >= 0 and at + 4 <= len(data):
        kind, size = data[at + 1], int.from_bytes(data[at + 2 : at + 4])
        if kind in _WITHOUT_LENGTH:
            at += 1
            continue
        segment = data[at + 4 : at + 2 + size]
        at += 2 + size
        if kind == _RESTART_INTERVAL:
            restart_units = int.from_bytes(segment[:2])
        elif kind in _FRAMES:
            units = _units(segment)
            # Unless the picture is progressive, one scan may have all its components
            all_components = b"" if kind in _PROGRESSIVE else segment[5:6]
        elif kind == _START_OF_SCAN:
            found = _SCAN_END.search(data, at)
            end = found.start() if found else len(data)
            is_only = segment[:1] == all_components
            if not restart_units or not units:
                return Scan(at, end, is_only, 1)
            # Some scanners code more rows than the header says
            last = -(-units // restart_units) - 1
            restarts = _RESTART.finditer(data, at, end)
            end = next((found.start() for found in islice(restarts, last, None)), end)
            return Scan(at, end, is_only, min(restart_units / units, 1))
    return None


def _units(frame: bytes) -> int:
    """Return how many MCUs (minimum coded units) a frame has; 0 if it is damaged."""
    height, width = int.from_bytes(frame[1:3]), int.from_bytes(frame[3:5])
    samplings = frame[7::3]
    across = _BLOCK_PX * max((byte >> 4 for byte in samplings), default=0)
    down = _BLOCK_PX * max((byte & 15 for byte in samplings), default=0)
    if not across or not down:
        return 0
    if len(samplings) == 1:  # the only component is not interleaved
        across = down = _BLOCK_PX
    return -(-width // across) * -(-height // down)


class _Reader:
    """Passes a JPEG to libvips in parts, and records how far libvips has read.

    It has no reference to the source that calls it: that would be a reference cycle,
    which keeps the file in memory until the garbage collector runs.

    Attributes:
        at: Offset up to which the file was passed on.
        first_scan_intact: Whether there was no warning by the end of the first scan;
            None until then.
    """

    def __init__(self, data: bytes, scan: Scan) -> None:
        self._data, self._scan, self.at = data, scan, 0
        self.first_scan_intact: bool | None = None

    def read(self, max_bytes: int) -> bytes:
        at, begin, end = self.at, self._scan.begin, self._scan.end + _MARKER_BYTES
        if at <= begin:
            # Warnings about what precedes the pixels say nothing about the pixels
            pyvips.vips_lib.vips_error_clear()
        elif at >= end and self.first_scan_intact is None:
            self.first_scan_intact = not _warning()
        size = min(max_bytes, (begin if at < begin else end - _FINE_BYTES) - at)
        if size <= 0:  # byte by byte, to find out how far libjpeg reads
            size = 1 if at < end else max_bytes
        part = self._data[at : at + size]
        self.at += len(part)
        return part

    def seek(self, offset: int, whence: int) -> int:
        self.at = offset + (0, self.at, len(self._data))[whence]
        return self.at


class JpegWatch:
    """Observes how far libjpeg reads a JPEG, and whether it warns.

    Attributes:
        source: What libvips must read; valid as long as this object exists.
    """

    def __init__(self, data: bytes, scan: Scan) -> None:
        """Create a watch on a file; `scan` is the file's first scan."""
        self._data, self._scan = data, scan
        self._reader = _Reader(data, scan)
        self.source = pyvips.SourceCustom()
        self.source.on_read(self._reader.read)
        self.source.on_seek(self._reader.seek)

    def damage(self) -> tuple[str, float]:
        """Return the damage that was noticed by the time all pixels are decoded.

        Returns:
            What is wrong, empty if nothing is; and the largest fraction of the picture
            that may be wrong.
        """
        scan, warning = self._scan, _warning()
        extraneous = _EXTRANEOUS.search(warning)
        left_over = int(extraneous[1]) if extraneous else _HARMLESS_BYTES + 1
        if warning.startswith(_CORRUPT) and left_over > _HARMLESS_BYTES:
            if self._reader.first_scan_intact and not scan.is_only:
                return warning, 0
            return warning, 1 if _OUT_OF_STEP in warning else scan.interval
        count = len(self._data[self._reader.at : scan.end].rstrip(_PADDING))
        if not scan.is_only or not count or (scan.interval < 1 and warning):
            return "", 0
        fraction = scan.interval if count > _HARMLESS_BYTES else 0
        return f"{count} bytes too many for its pixels", fraction


def _warning() -> str:
    """Return libjpeg's first warning about the file that is being decoded."""
    buffer = pyvips.ffi.string(pyvips.vips_lib.vips_error_buffer())
    return str(buffer.decode("ascii", "replace").strip().removeprefix("VipsJpeg: "))
