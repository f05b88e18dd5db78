"""The steps of a daemon: the system calls that change something, from strace."""

import re
import shutil
import signal
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum, auto
from pathlib import Path

from ..requiring import require
from ..service.processes import spawn
from ..service.services import FOLDERS, Service
from ..service.waiting import eventually

_FAILING = ("renameat2", "linkat")  # strace injects into traced calls alone
NAMES = frozenset(
    [
        *("rename", "renameat", "renameat2", "link", "linkat", "unlink", "unlinkat"),
        *("fsync", "fdatasync", "mkdir", "mkdirat"),
    ]
)
_DATA = frozenset(["write", "pwrite64", "writev", "ftruncate", "utimensat"])
_OPEN = "openat"
_SECONDS = 30
_LINE = re.compile(r"(?:(?P<tid>\d+) +)?(?P<text>(?P<call>\w+)\(.*)")
_OPENED = re.compile(r'openat\((?:AT_FDCWD<[^>]*>, "|<)/(?P<folder>[^">]*)')
_RETURNS = re.compile(r"\) += ")
_RESUMED = re.compile(r"<\.\.\. \w+ resumed>")
_UNFINISHED = " <unfinished ...>"
_ODD = re.compile(r"[0-9a-f]{16}-[0-9a-f]{8}|\d+(?=<)")


class Part(StrEnum):
    """Groups of threads whose steps are interchangeable."""

    LOOP = auto()
    WORK = auto()


@dataclass(frozen=True, slots=True)
class Step:
    """One system call.

    Attributes:
        part: Whose call it is.
        call: Its name.
        text: What is the same of it each time.
        again: How often the same had been done before.
        number: Among the calls of its thread that are counted together, from 1.
        folder: The one whose calls alone are counted, if not all are.
    """

    part: Part
    call: str
    text: str
    again: int
    number: int = field(compare=False)
    folder: str | None = field(compare=False)

    @property
    def changes(self) -> bool:
        """Whether it changed something in the folders, or would have."""
        reads = self.call == _OPEN and "O_CREAT" not in self.text
        ours = any(f"</{name}" in self.text for name in FOLDERS)
        return ours and not reads and " = -1" not in self.text


def threads(service: Service, part: Part) -> list[int]:
    """Return the ids of a group's threads.

    Those of the log and of systemd are in none: what they write is no picture.
    """
    tasks = Path(f"/proc/{service.process.pid}/task").iterdir()
    loop, _log, _systemd, *others = sorted(int(task.name) for task in tasks)
    return [loop] if part is Part.LOOP else others


def waits_in(thread: int) -> str:
    """Return where in the kernel a thread is, and its state."""
    place = Path(f"/proc/{thread}")
    state = re.findall(r"State:.*|TracerPid:.*", (place / "status").read_text("ascii"))
    return " ".join((*state, (place / "wchan").read_text("ascii")))


def _is_traced(thread: int) -> bool:
    status = Path(f"/proc/{thread}/status").read_text("ascii")
    return "TracerPid:\t0\n" not in status


class Tracer:
    """Watches the calls of a group of threads, or makes one of them fail."""

    def __init__(self, service: Service, part: Part) -> None:
        """Create a tracer for a group of threads."""
        self._service, self._part = service, part
        self._log = service.root / "strace.log"
        self._log.touch()

    @contextmanager
    def watching(self, *words: str) -> Iterator[None]:
        """Watch all calls that can change something."""
        with self._attached((*NAMES, *_DATA, _OPEN), *words):
            yield

    @contextmanager
    def spoiling(self, step: Step, how: str, *words: str) -> Iterator[None]:
        """Inject a fault at a step, such as `signal=KILL`.

        Args:
            step: The step.
            how: What is done, and to the calls of which numbers.
            words: More for strace.
        """
        only = ("-P", str(self._service.root / step.folder)) if step.folder else ()
        inject = ("-e", f"inject={step.call}:{how}")
        with self._attached({step.call, *_FAILING}, *only, *words, *inject):
            yield

    @contextmanager
    def _attached(self, calls: Iterable[str], *words: str) -> Iterator[None]:
        strace = shutil.which("strace")
        require(strace is not None, "strace is not installed")
        watched = threads(self._service, self._part)
        who = (word for tid in watched for word in ("-p", str(tid)))
        trace = ("-y", "-s", "0", "-o", self._log, "-e", f"trace={','.join(calls)}")
        process = spawn(str(strace), *who, *trace, *words, err=subprocess.DEVNULL)
        try:
            eventually(lambda: all(map(_is_traced, watched)))
            yield
        finally:
            if not self.was_killed():  # else it ends by itself, and hangs if told to
                process.send_signal(signal.SIGINT)
            process.communicate(timeout=_SECONDS)

    def calls(self) -> list[Step]:
        """Return the calls that were seen, up to the one at which a kill came."""
        counted: Counter[tuple[str, ...]] = Counter()
        seen: Counter[str] = Counter()
        found = []
        for match in filter(None, map(_LINE.fullmatch, self._lines())):
            call, text = match["call"], self._normalised(match["text"])
            opened = _OPENED.match(text)
            folder = opened["folder"] if opened else None
            key = (match["tid"] or "", call, folder or "")
            counted[key] += 1
            number = counted[key]
            found.append(Step(self._part, call, text, seen[text], number, folder))
            seen[text] += 1
        return found

    def _lines(self) -> list[str]:
        """Return the log, with calls that strace prints in two parts joined."""
        lines: list[str] = []
        begun: dict[str, int] = {}
        for line in self._log.read_text("utf-8", "replace").splitlines():
            tid = line.split(" ", 1)[0]
            if resumed := _RESUMED.search(line):
                lines[begun[tid]] += line[resumed.end() :]
                continue
            if line.endswith(_UNFINISHED):
                begun[tid] = len(lines)
            lines.append(line.removesuffix(_UNFINISHED))
        return lines

    def was_killed(self) -> bool:
        """Whether the daemon was killed, which was at the last call."""
        return any("killed by SIGKILL" in line for line in self._lines())

    def _normalised(self, text: str) -> str:
        """Return a call without what differs between runs, and whether it failed."""
        call, *results = _RETURNS.split(text, maxsplit=1)
        if call.startswith(tuple(_DATA)):
            call = call.split(",", 1)[0]  # how much is written may differ
        failed = " = -1" if any(r.startswith("-1") for r in results) else ""
        return _ODD.sub("", call.replace(str(self._service.root), "")) + failed
