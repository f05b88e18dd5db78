"""The hunt: mutants go to a victim; anything but a result or a reason is a finding."""

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from dropcut.core.errors import Reason

from .victim import HEAD

DONE = "done"
MOST_MB = 600
"""Memory of a working victim; the libraries take about 100 without a picture."""

_CONTAINED = (Reason.DECODER_CRASHED, Reason.OUT_OF_MEMORY, Reason.TIMED_OUT)
_HANGS_AFTER_SECONDS = 60
_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the work on a mutant ended.

    Attributes:
        ended: `done`, the code of a reason, or what should never be.
        peak_mb: The most memory that the victim had meanwhile, in MiB.
    """

    ended: str
    seconds: float = 0
    peak_mb: int = 0

    @property
    def notable(self) -> bool:
        """Whether the decoder failed in a way that only harmed this picture."""
        return self.ended in _CONTAINED

    @property
    def fault(self) -> str:
        """What is wrong; empty if nothing is."""
        if self.ended != DONE and self.ended not in list(Reason):
            return self.ended
        return f"took {self.peak_mb} MiB" if self.peak_mb > MOST_MB else ""


class Victim:
    """The process in which the codec works; it is replaced after it has died."""

    def __init__(self, codec: str) -> None:
        """Choose the codec; nothing is started yet."""
        self._codec = codec
        self._process: subprocess.Popen[bytes] | None = None
        self._words = tempfile.TemporaryFile()  # noqa: SIM115  # closed by __exit__

    def __enter__(self) -> Self:
        """Return the victim."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the process."""
        self._end()
        self._words.close()

    def _start(self) -> subprocess.Popen[bytes]:
        command = (sys.executable, "-m", "tests.fuzz.victim", self._codec)
        return subprocess.Popen(  # noqa: S603  # this very Python
            command,
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._words,
        )

    def _end(self) -> int:
        if self._process is None:
            return 0
        process, self._process = self._process, None
        process.kill()
        process.communicate()
        return process.returncode

    def resident_mb(self) -> int:
        """Return how much memory the process itself has now, in MiB."""
        if self._process is None:
            return 0
        status = Path(f"/proc/{self._process.pid}/status").read_text("ascii")
        return int(status.partition("VmRSS:")[2].split()[0]) // 1024

    def work(self, data: bytes, way: int) -> Outcome:
        """Have the codec process a picture."""
        process = self._process = self._process or self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(HEAD.pack(way, len(data)) + data)
            process.stdin.flush()
        except BrokenPipeError:
            return self._died()
        if not select.select([process.stdout], [], [], _HANGS_AFTER_SECONDS)[0]:
            self._end()
            return Outcome("hung", _HANGS_AFTER_SECONDS)
        answer = process.stdout.readline()
        return self._spoken(Outcome(**json.loads(answer))) if answer else self._died()

    def _died(self) -> Outcome:
        assert self._process is not None
        code = self._process.wait()
        words = self._heard()
        self._end()
        name = signal.Signals(-code).name if code < 0 else f"code {code}"
        return Outcome(f"died: {name} {words}".strip())

    def _spoken(self, outcome: Outcome) -> Outcome:
        """Return an outcome; output on stderr counts: it would spoil the log."""
        words = self._heard()
        if not words:
            return outcome
        return Outcome(f"wrote {words!r}", outcome.seconds, outcome.peak_mb)

    def _heard(self) -> str:
        self._words.seek(0)
        words = self._words.read()
        self._words.seek(0)
        os.ftruncate(self._words.fileno(), 0)
        return words.decode("utf-8", "backslashreplace").strip()[-400:]


@dataclass(slots=True)
class Tally:
    """The outcomes of the mutants of one format."""

    ended: Counter[str] = field(default_factory=Counter)
    slowest_seconds: float = 0
    peak_mb: int = 0
    faults: int = 0

    def add(self, outcome: Outcome) -> None:
        """Count another outcome."""
        self.ended[outcome.ended.split(" ")[0]] += 1
        self.slowest_seconds = max(self.slowest_seconds, outcome.seconds)
        self.peak_mb = max(self.peak_mb, outcome.peak_mb)
        self.faults += bool(outcome.fault)

    def __str__(self) -> str:
        """Return a readable line."""
        counted = ", ".join(f"{n} {what}" for what, n in self.ended.most_common())
        total = self.ended.total()
        return (
            f"{total} mutants: {counted}; slowest {self.slowest_seconds:.1f} s, "
            f"peak {self.peak_mb} MiB, {self.faults} findings"
        )
