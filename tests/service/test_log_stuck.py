"""A log that nobody reads, or that cannot be written, neither blocks nor ends work."""

import json
import os
import pty
import select
import signal
import subprocess
import termios
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from .invariants import assert_promises
from .processes import mounted, tmpfs
from .services import Service
from .waiting import eventually

_LINKS = 12_000  # more lines than are kept for a reader


class _Pipe:
    """A pipe that is full."""

    def __init__(self) -> None:
        self.reader, self.writer = os.pipe()
        self._filled, self._text = 0, b""
        os.set_blocking(self.writer, False)
        for part in (b"x" * 4096, b"x"):
            with suppress(BlockingIOError):
                while True:
                    self._filled += os.write(self.writer, part)
        os.set_blocking(self.writer, True)

    def log(self) -> str:
        """Return what the service has written up to now, and empty the pipe."""
        while select.select([self.reader], [], [], 0)[0]:
            if not (data := os.read(self.reader, 65_536)):
                break
            self._text += data
        return self._text[self._filled :].decode()

    def leave(self) -> None:
        """Close the reader's end, once."""
        if self.reader >= 0:
            os.close(self.reader)
            self.reader = -1

    def close(self) -> None:
        """Close both ends."""
        self.leave()
        os.close(self.writer)


@pytest.fixture
def pipe() -> Iterator[_Pipe]:
    """Make a full pipe."""
    with closing(_Pipe()) as pipe:
        yield pipe


def is_quiet(process: subprocess.Popen[bytes]) -> bool:
    """Whether no thread of a process has anything to do."""
    before = threads(process)
    return not any(state in "RD" for state, *_ in before) and before == threads(process)


def threads(process: subprocess.Popen[bytes]) -> list[list[str]]:
    """Return state and processor time of each thread."""
    tasks = sorted(Path(f"/proc/{process.pid}/task").iterdir())
    fields = [(t / "stat").read_text().rpartition(")")[2].split() for t in tasks]
    return [[f[0], f[11], f[12]] for f in fields]


def lines_of(text: str) -> tuple[list[dict[str, Any]], int]:
    """Return the lines of a JSON log, and how many lines it says were dropped."""
    lines = [json.loads(line) for line in text.splitlines()]
    gaps = [line["events"] for line in lines if line["event"] == "events dropped"]
    return [line for line in lines if "events" not in line], sum(gaps)


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_pipe_that_nobody_reads(service: Service, pipe: _Pipe, log_format: str) -> None:
    """With a full pipe for its log, the service works, and ends at SIGTERM with 0."""
    service.set(DROPCUT_LOG_FORMAT=log_format, DROPCUT_LOG_LEVEL="debug")
    service.launch(err=pipe.writer)
    for name in ("a.jpg", "b.jpg"):
        service.drop(name)
    service.drop("c.jpg", b"no picture")
    service.wait(processed=2, failed=1)
    assert service.stop() == 0
    assert_promises(service)


def test_once_into_a_full_pipe(service: Service, pipe: _Pipe) -> None:
    """`run --once` ends although nobody reads its log."""
    service.drop("a.jpg")
    assert service.launch("--once", err=pipe.writer).wait(60) == 0
    service.wait(processed=1)


@pytest.mark.parametrize(
    ("arguments", "code"), [((), 78), (("--once",), 78), (("--dance",), 64)]
)
def test_refusal_into_a_full_pipe(
    service: Service, pipe: _Pipe, arguments: tuple[str, ...], code: int
) -> None:
    """A start that is refused ends although nobody reads why."""
    service.set(DROPCUT_PROVIDERS="abacus")
    assert service.launch(*arguments, err=pipe.writer).wait(60) == code


def test_crash_into_a_full_pipe(service: Service, pipe: _Pipe) -> None:
    """A service that crashes, or that a watchdog ends, is not held by its stacks."""
    service.launch(err=pipe.writer)
    service.drop("a.jpg")
    service.wait(processed=1)
    service.process.send_signal(signal.SIGABRT)
    assert service.process.wait(60) == -signal.SIGABRT


def say_too_much(service: Service, pipe: _Pipe) -> None:
    """Start a service that has more to say than is kept; read when it is silent."""
    for number in range(_LINKS):
        (service.inbox / f"{number}.link").symlink_to("nowhere")
    service.launch(err=pipe.writer)
    service.drop("a.jpg")
    service.wait(processed=1)
    eventually(lambda: is_quiet(service.process), explain=service.explain)
    eventually(lambda: "events dropped" in pipe.log())


def test_reader_that_comes_back(service: Service, pipe: _Pipe) -> None:
    """A reader that comes back gets what was kept, and the number of what was not."""
    say_too_much(service, pipe)
    service.drop("b.jpg")
    eventually(lambda: '"b.jpg"' in pipe.log())
    assert service.stop() == 0
    said, dropped = lines_of(pipe.log())
    assert dropped
    assert [line["event"] for line in said[-2:]] == ["picture", "stopped"]
    # The end of a scan is an event too, with a line only for developers
    scans = len(said) + dropped - len(["ready", *range(_LINKS), "a", "b", "stopped"])
    assert 0 <= scans < 5


def test_console_after_a_gap(service: Service, pipe: _Pipe) -> None:
    """On a console too, what was not kept is one line."""
    say_too_much(service.set(DROPCUT_LOG_FORMAT="console"), pipe)
    (line,) = [n for n in pipe.log().splitlines() if "events dropped" in n]
    assert int(line.rpartition("events=")[2]) > 0


def test_reader_that_leaves(service: Service, pipe: _Pipe) -> None:
    """A reader that leaves, as `head -1` does, ends nothing."""
    pipe.leave()
    service.launch(err=pipe.writer)
    service.drop("a.jpg")
    service.wait(processed=1)
    assert service.stop() == 0
    assert_promises(service)


@pytest.mark.parametrize("arguments", [(), ("--once",)], ids=["run", "once"])
def test_terminal_that_is_stopped(service: Service, arguments: tuple[str, ...]) -> None:
    """Ctrl-S in the terminal stops the log and the progress bar, but not the work."""
    master, terminal = pty.openpty()
    termios.tcflow(terminal, termios.TCOOFF)
    service.set(DROPCUT_LOG_FORMAT="auto", TERM="xterm")
    for name in ("a.jpg", "b.jpg"):
        service.drop(name)
    service.launch(*arguments, err=terminal)
    service.wait(processed=2)
    if not arguments:
        termios.tcflow(terminal, termios.TCOON)
        told = b""
        while b"b.jpg" not in told:
            assert select.select([master], [], [], 60)[0], told
            told += os.read(master, 65_536)
        termios.tcflow(terminal, termios.TCOOFF)
        service.terminate()
    assert service.process.wait(60) == 0
    os.close(terminal)
    os.close(master)


def test_terminal_that_hangs(service: Service) -> None:
    """A terminal that shows nothing more, as on a lost line, does not stop the end."""
    master, terminal = pty.openpty()
    service.set(DROPCUT_LOG_FORMAT="auto", TERM="xterm")
    for number in range(2000):
        (service.inbox / f"{number}.link").symlink_to("nowhere")
    service.drop("a.jpg")
    assert service.launch("--once", err=terminal).wait(60) == 0
    service.wait(processed=1)
    os.close(terminal)
    os.close(master)


def test_log_on_a_full_disk(service: Service, tmp_path: Path) -> None:
    """When the disk of the log has room again, the log goes on, with what is lost."""
    disk, pictures = tmp_path / "disk", 16
    disk.mkdir()
    with mounted(disk, *tmpfs("8k")):
        (disk / "other").write_bytes(b"x" * 4096)
        with (disk / "log").open("ab") as log:
            service.launch(err=log.fileno())
        for number in range(pictures):
            service.drop(f"{number}.jpg")
        service.wait(processed=pictures)
        eventually(lambda: is_quiet(service.process), explain=service.explain)
        (disk / "other").unlink()
        service.drop("later.jpg")
        service.wait(processed=pictures + 1)
        assert service.stop() == 0
        lines = (disk / "log").read_text().splitlines()
    # One was cut off where the disk ended; it is counted, and the next is whole
    whole = [line for line in lines if line.endswith("}")]
    assert len(lines) - len(whole) <= 1
    said, dropped = lines_of("\n".join(whole))
    assert dropped
    assert [line.get("name") for line in said[-2:]] == ["later.jpg", None]
    assert len(said) + dropped == len(["ready", *range(pictures), "later", "stopped"])


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams(service: Service, closed: str) -> None:
    """A closed standard stream is /dev/null, and never the file of a picture."""
    service.under = ("sh", "-c", f'exec "$@" {closed}', "sh")
    process = service.launch(err=subprocess.DEVNULL)
    service.drop("a.jpg")
    service.wait(processed=1)
    files = Path(f"/proc/{process.pid}/fd")
    assert {str((files / str(n)).readlink()) for n in range(3)} == {os.devnull}
    assert service.stop() == 0
    assert_promises(service)
