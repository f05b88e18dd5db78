"""The service under test: a process and its folders."""

import copy
import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from .commands import run_here
from .pictures import photo
from .processes import DROPCUT, Finished, environment, run, spawn
from .waiting import eventually

FOLDERS = ("inbox", "outbox", "processed", "failed")
_STOP_SECONDS = 60


class Service:
    """A Dropcut on folders of its own."""

    def __init__(self, root: Path, model: Path) -> None:
        """Make the folders; nothing is started yet."""
        self.root, self.log = root, root / "log.jsonl"
        self.inbox, self.outbox = root / "inbox", root / "outbox"
        self.processed, self.failed = root / "processed", root / "failed"
        self.claims = self.inbox / ".dropcut"
        for name in FOLDERS:
            (root / name).mkdir(parents=True)
        self.log.touch()
        self.environment = environment(
            DROPCUT_ROOT=root,
            DROPCUT_MODEL=model,
            DROPCUT_MODEL_RECIPE="u2net",
            DROPCUT_SETTLE_SECONDS=0.2,
            DROPCUT_RESCAN_SECONDS=3600,
            DROPCUT_POLL_SECONDS=0.1,
            DROPCUT_MIN_FREE_MB=0,
            DROPCUT_THREADS=2,
            DROPCUT_LOG_FORMAT="json",
        )
        self.under: tuple[str | Path, ...] = ()  # the command that runs the service
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The process that was started last."""
        assert self._process is not None, "the service was never started"
        return self._process

    def set(self, **variables: object) -> Self:
        """Change the environment of the next start."""
        self.environment |= {name: str(value) for name, value in variables.items()}
        return self

    def start(self, **variables: object) -> Self:
        """Start the service and wait until it is ready."""
        self.set(**variables)
        self._log_start = self.log.stat().st_size
        with self.log.open("ab") as log:
            self.launch(err=log.fileno(), out=log.fileno())
        eventually(self._is_ready, 60, self.explain)
        return self

    def launch(
        self, *arguments: str, err: int, out: int = subprocess.DEVNULL
    ) -> subprocess.Popen[bytes]:
        """Start the service with its log elsewhere; do not wait until it is ready."""
        command = (*self.under, *DROPCUT, "run", *arguments)
        self._process = spawn(*command, env=self.environment, err=err, out=out)
        return self._process

    def _is_ready(self) -> bool:
        assert self.process.poll() is None, f"ended at start\n{self.explain()}"
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            return b'"event": "ready"' in log.read()

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.process.send_signal(signal.SIGTERM)

    def stop(self) -> int:
        """Send SIGTERM and return the exit code."""
        self.terminate()
        return self.process.wait(_STOP_SECONDS)

    def kill(self) -> None:
        """Send SIGKILL and wait for the end."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(_STOP_SECONDS)

    def command(self, *arguments: str) -> Finished:
        """Run another Dropcut command with the same settings, to its end."""
        if "run" in arguments:
            return self.command_apart(*arguments)
        return run_here(*arguments, env=self.environment)

    def command_apart(self, *arguments: str) -> Finished:
        """Do the same in a process of its own."""
        return run(*DROPCUT, *arguments, env=self.environment)

    def below(self, folder: str) -> Self:
        """Return the same service, seen by somebody who uses only one sub-folder."""
        part = copy.copy(self)
        part.inbox, part.outbox = self.inbox / folder, self.outbox / folder
        part.processed, part.failed = self.processed / folder, self.failed / folder
        for path in (part.inbox, part.outbox, part.processed, part.failed):
            path.mkdir()
        return part

    def drop(self, name: str | Path, data: bytes | None = None) -> Path:
        """Copy a picture into the inbox, as `cp` does."""
        path = self.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(photo() if data is None else data)
        return path

    def events(self, event: str = "picture") -> list[dict[str, Any]]:
        """Return the log lines of one kind; every line must be one of JSON."""
        lines = self.log.read_bytes().decode("utf-8").split("\n")[:-1]
        return [line for line in map(json.loads, lines) if line["event"] == event]

    def outcomes(self, name: str) -> list[str]:
        """Return how the work on a picture ended, each time."""
        return [e["outcome"] for e in self.events() if e["name"] == name]

    def ended(self, name: str, *outcomes: str) -> None:
        """Wait until the work on a picture has ended so, each time: it is told last."""
        eventually(lambda: self.outcomes(name) == [*outcomes], explain=self.explain)

    def png(self, name: str, seconds: float = 30) -> Path:
        """Wait for a PNG in the outbox and return its path."""
        path = self.outbox / name
        eventually(path.exists, seconds, self.explain)
        return path

    def reason(self, name: str) -> dict[str, Any]:
        """Wait until a picture has failed and return what its reason file says."""
        eventually((self.failed / name).exists, explain=self.explain)
        return reason_of(self.failed / name)

    def wait(self, *, processed: int, failed: int = 0, seconds: float = 60) -> None:
        """Wait until so many originals are filed, and nothing is claimed."""
        wanted = (processed, failed, 0)
        eventually(lambda: self._filed() == wanted, seconds, self.explain)

    def _filed(self) -> tuple[int, int, int]:
        counted = (names(self.processed), self.failures(), self.claimed())
        done, failed, claimed = map(len, counted)
        return done, failed, claimed

    def failures(self) -> list[str]:
        """Return the originals in `failed/`."""
        return [n for n in names(self.failed) if not n.endswith(".error.json")]

    def claimed(self) -> list[str]:
        """Return everything that is in the claims folder."""
        try:
            return sorted(os.listdir(self.claims))  # noqa: PTH208  # one word, no paths
        except FileNotFoundError:
            return []

    def in_work(self, attempt: int) -> list[Path]:
        """Return the claims whose work was begun for the given time."""
        pattern = re.compile(rf".*\.{attempt}\.work")
        return [self.claims / n for n in self.claimed() if pattern.fullmatch(n)]

    def originals(self) -> int:
        """Count the originals that exist, wherever they are."""
        claims = [n for n in self.claimed() if re.fullmatch(r".*\.\d+\.[a-z]+", n)]
        waiting = [n for n in names(self.inbox) if not n.startswith(".dropcut/")]
        return sum(map(len, (waiting, claims, names(self.processed), self.failures())))

    def keeps(self, originals: int) -> None:
        """Wait until so many originals are counted: one on its way may be missed."""
        eventually(lambda: self.originals() == originals, explain=self.explain)

    def prove_alive(self, name: str = "proof") -> None:
        """Drop one more good picture and wait until it is filed."""
        self.drop(f"{name}.jpg")
        self.png(f"{name}.png")
        eventually((self.processed / f"{name}.jpg").exists, explain=self.explain)

    def explain(self) -> str:
        """Describe everything that matters when a test fails."""
        tree = [str(p.relative_to(self.root)) for p in sorted(self.root.rglob("*"))]
        log = self.log.read_text("utf-8", "replace").splitlines()
        printable = ascii(tree if len(tree) < 200 else len(tree))
        return "\n".join((printable, *log[-40:]))


def names(folder: Path) -> list[str]:
    """Return all files below a folder, by their path in it."""
    return sorted(
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()
    )


def reason_of(original: Path) -> dict[str, Any]:
    """Return the content of the reason file beside a failed original."""
    stem = original.name.encode("utf-8", "surrogateescape")[: 255 - len(".error.json")]
    name = stem.decode("utf-8", "surrogateescape") + ".error.json"
    found: dict[str, Any] = json.loads(original.with_name(name).read_text("ascii"))
    return found


def empty(folder: Path) -> None:
    """Remove a folder with all that is in it."""
    shutil.rmtree(folder)


def without(variables: Mapping[str, str], *left_out: str) -> dict[str, str]:
    """Return an environment without some variables."""
    return {name: text for name, text in variables.items() if name not in left_out}
