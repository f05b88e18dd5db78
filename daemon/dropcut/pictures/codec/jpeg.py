"""How much of a JPEG its decoder could not make sense of: ITU-T T.81, annexes B and F.

libjpeg goes on after an error: it only warns, and libvips passes on the first warning.
Where a JPEG has one scan, libjpeg does not even look at what is left over of it, which
is how most damage shows: wrong bytes code more or fewer blocks than the right ones.
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
# Webcams leave up to 14 bytes over in each interval, and some cameras pad with zeros
_HARMLESS_BYTES = 15
_PADDING = b"\0\xff"
_FINE_BYTES, _MARKER_BYTES = 64, 2


@dataclass(frozen=True, slots=True)
class Scan:
    """The first scan: all of the pixels, or the roughest form of all of them.

    Attributes:
        begin: Offset of its data in the file.
        end: Offset of the marker after it, or the length of the file.
        is_only: Whether the file has no other scan.
        interval: The share of the picture between two restart markers, up to 1.
    """

    begin: int
    end: int
    is_only: bool
    interval: float


def first_scan(data: bytes) -> Scan | None:
    """Find the first scan; None if there is none."""
    at, every, units, whole = 2, 0, 0, b""
    while (at := data.find(b"\xff", at)) >= 0 and at + 4 <= len(data):
        kind, size = data[at + 1], int.from_bytes(data[at + 2 : at + 4])
        if kind in _WITHOUT_LENGTH:
            at += 1
            continue
        segment = data[at + 4 : at + 2 + size]
        at += 2 + size
        if kind == _RESTART_INTERVAL:
            every = int.from_bytes(segment[:2])
        elif kind in _FRAMES:
            units = _units(segment)
            # A scan of a picture that is not progressive may hold all its components
            whole = b"" if kind in _PROGRESSIVE else segment[5:6]
        elif kind == _START_OF_SCAN:
            found = _SCAN_END.search(data, at)
            end = found.start() if found else len(data)
            is_only = segment[:1] == whole
            if not every or not units:
                return Scan(at, end, is_only, 1)
            # Some scanners code more rows than they say
            last = -(-units // every) - 1
            restarts = _RESTART.finditer(data, at, end)
            end = next((one.start() for one in islice(restarts, last, None)), end)
            return Scan(at, end, is_only, min(every / units, 1))
    return None


def _units(frame: bytes) -> int:
    """Return how many units a picture has, in which intervals count; 0 if damaged."""
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
    """Gives a JPEG to libvips in parts, and remembers how far that was.

    It does not know the source that calls it: together they would be a cycle, and the
    file would stay in memory until the garbage collector comes by.

    Attributes:
        at: Offset up to which the file was given.
        roughly_right: Whether there was no warning by the end of the first scan; None
            if it is not known yet.
    """

    def __init__(self, data: bytes, scan: Scan) -> None:
        self._data, self._scan, self.at = data, scan, 0
        self.roughly_right: bool | None = None

    def read(self, most_bytes: int) -> bytes:
        at, begin, end = self.at, self._scan.begin, self._scan.end + _MARKER_BYTES
        if at <= begin:
            # What comes before the pixels may be odd, and they are right
            pyvips.vips_lib.vips_error_clear()
        elif at >= end and self.roughly_right is None:
            self.roughly_right = not _warning()
        size = min(most_bytes, (begin if at < begin else end - _FINE_BYTES) - at)
        if size <= 0:  # byte by byte, to see how far libjpeg goes
            size = 1 if at < end else most_bytes
        part = self._data[at : at + size]
        self.at += len(part)
        return part

    def seek(self, offset: int, whence: int) -> int:
        self.at = offset + (0, self.at, len(self._data))[whence]
        return self.at


class JpegWatch:
    """Sees how far libjpeg reads a JPEG, and whether it warns.

    Attributes:
        source: What libvips is to read, as long as this object lives.
    """

    def __init__(self, data: bytes, scan: Scan) -> None:
        """Watch a file whose first scan is known."""
        self._data, self._scan = data, scan
        self._reader = _Reader(data, scan)
        self.source = pyvips.SourceCustom()
        self.source.on_read(self._reader.read)
        self.source.on_seek(self._reader.seek)

    def damage(self) -> tuple[str, float]:
        """Return what is wrong, after all pixels were decoded; empty if nothing is.

        Returns:
            What is wrong, and the share of the picture that it may concern.
        """
        scan, warning = self._scan, _warning()
        extraneous = _EXTRANEOUS.search(warning)
        left_over = int(extraneous[1]) if extraneous else _HARMLESS_BYTES + 1
        if warning.startswith(_CORRUPT) and left_over > _HARMLESS_BYTES:
            if self._reader.roughly_right and not scan.is_only:
                return warning, 0
            return warning, 1 if _OUT_OF_STEP in warning else scan.interval
        count = len(self._data[self._reader.at : scan.end].rstrip(_PADDING))
        if not scan.is_only or not count or (scan.interval < 1 and warning):
            return "", 0
        share = scan.interval if count > _HARMLESS_BYTES else 0
        return f"{count} bytes too many for its pixels", share


def _warning() -> str:
    """Return libjpeg's first warning about the file that is being decoded."""
    words = pyvips.ffi.string(pyvips.vips_lib.vips_error_buffer())
    return str(words.decode("ascii", "replace").strip().removeprefix("VipsJpeg: "))
