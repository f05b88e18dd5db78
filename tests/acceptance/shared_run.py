"""One service, into which the files of many cases were dropped at once."""

import os
import socket
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from dropcut.core.text import printable
from numpy.typing import NDArray

from ..pictures import Picture
from ..service.invariants import pixels
from ..service.services import Service, reason_of
from ..service.waiting import eventually

_ENDS = ("done", "failed")


@dataclass(frozen=True)
class SharedRun:
    """A service that has done all that was dropped.

    Attributes:
        service: It still runs.
        pid: Of the service, when the first file was dropped.
    """

    service: Service
    pid: int

    def line(self, name: str) -> dict[str, Any]:
        """Return the log line of how the work on a file ended."""
        (line,) = (e for e in self._ended() if e["name"] == printable(name))
        return line

    def _ended(self) -> list[dict[str, Any]]:
        return [e for e in self.service.events() if e["outcome"] in _ENDS]

    def wait(self, names: Iterable[str]) -> None:
        """Wait until the work on all of these has ended."""
        wanted = {printable(name) for name in names}
        eventually(
            lambda: wanted <= {e["name"] for e in self._ended()},
            100,
            self.service.explain,
        )

    def done(self, name: str) -> NDArray[np.uint8]:
        """Return what a picture gave; it must be done, and its original filed."""
        line = self.line(name)
        assert line["outcome"] == "done", line
        assert not (self.service.inbox / name).exists()
        return pixels(self.result(name))

    def result(self, name: str) -> Path:
        """Return the result of a picture, of which the log has the escaped name."""
        output = self.line(name)["output"]
        beside = (self.service.outbox / Path(name).parent).iterdir()
        below = {
            printable(path.relative_to(self.service.outbox)): path for path in beside
        }
        return below[output]

    def seen(self, picture: Picture, name: str) -> None:
        """Check that a picture came out upright, in its colours, with its notes."""
        result = self.done(name)
        assert result.shape == (picture.height_px, picture.width_px, 4)
        assert self.line(name)["notes"] == [*picture.notes, "no subject"]
        for probe in picture.probes:
            wanted = np.array(probe.rgba if probe.rgba[3] else (0, 0, 0, 0))
            off = np.abs(result[probe.y, probe.x].astype(int) - wanted).max()
            assert off <= picture.tolerance, (name, probe)

    def failed(self, name: str) -> tuple[str, str]:
        """Return reason and message of a file; it must have failed without a result."""
        line, facts = self.line(name), reason_of(self.service.failed / name)
        assert (line["outcome"], line["reason"]) == ("failed", facts["reason"])
        assert not (self.service.outbox / Path(name).with_suffix(".png")).exists()
        return facts["reason"], facts["message"]

    def left_alone(self, name: str) -> str:
        """Return as what a thing was named in the log, once, and left in the inbox."""
        assert os.path.lexists(self.service.inbox / name)
        told = self.service.events("skipped")
        (line,) = (e for e in told if e["name"] == printable(name))
        kind: str = line["reason"]
        return kind


def make_socket(path: Path) -> None:
    """Make a socket; its path may be longer than sockets have it."""
    with socket.socket(socket.AF_UNIX) as made:
        here = os.open(path.parent, os.O_PATH)
        made.bind(f"/proc/self/fd/{here}/{path.name}")
        os.close(here)


def make_device(path: Path, kind: int) -> None:
    """Make the device whose data are zeroes, or the first of RAM disks."""
    number = os.makedev(1, 5) if kind == stat.S_IFCHR else os.makedev(1, 0)
    os.mknod(path, kind | 0o600, number)
