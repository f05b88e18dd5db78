"""Log lines reach a slow reader as a whole, and wait no longer than they should."""

import fcntl
import os
import select
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from dropcut.events.output import LogOutput

SECONDS = 20


class _Pipe:
    """A pipe and its reader."""

    def __init__(self) -> None:
        self._reader, self.end = os.pipe()

    def fill(self) -> int:
        """Write until the pipe takes nothing more; return how much that was."""
        filled = 0
        os.set_blocking(self.end, False)
        for part in (b"x" * 4096, b"x"):
            with suppress(BlockingIOError):
                while True:
                    filled += os.write(self.end, part)
        os.set_blocking(self.end, True)
        return filled

    def read(self, length: int) -> str:
        """Wait for so many bytes."""
        data = b""
        while len(data) < length:
            assert select.select([self._reader], [], [], SECONDS)[0], data
            data += os.read(self._reader, length - len(data))
        return data.decode()

    def leave(self) -> None:
        """Close the reader's end, once."""
        if self._reader >= 0:
            os.close(self._reader)
            self._reader = -1

    def close(self) -> None:
        """Close both ends."""
        os.close(self.end)
        self.leave()


@pytest.fixture
def pipe() -> Iterator[_Pipe]:
    """Make a pipe."""
    pipe = _Pipe()
    yield pipe
    pipe.close()


def test_any_character(pipe: _Pipe) -> None:
    """What is no UTF-8 is escaped."""
    LogOutput(pipe.end).write("ü\udcff\n")
    assert pipe.read(9) == "ü\\udcff\n"


def test_line_longer_than_a_pipe(pipe: _Pipe) -> None:
    """A line that is longer than the pipe arrives as a whole, after what was there."""
    filled, line = pipe.fill(), "a" * 199_999 + "\n"
    writing = threading.Thread(target=LogOutput(pipe.end).write, args=(line,))
    writing.start()
    assert pipe.read(filled + len(line)) == "x" * filled + line
    writing.join()


def test_mode_that_others_share(pipe: _Pipe) -> None:
    """A pipe that other processes share does not become non-blocking for them."""
    before = fcntl.fcntl(pipe.end, fcntl.F_GETFL)
    LogOutput(pipe.end).write("a\n")
    assert fcntl.fcntl(pipe.end, fcntl.F_GETFL) == before


def test_time_limit(pipe: _Pipe) -> None:
    """A message that nobody reads is given up in the end."""
    filled = pipe.fill()
    LogOutput(pipe.end, give_up_after_seconds=0.01).write("a\n")
    assert pipe.read(filled) == "x" * filled


def test_abandoned(pipe: _Pipe) -> None:
    """A line that waits for its reader ends when it is abandoned."""
    pipe.fill()
    output = LogOutput(pipe.end)
    writing = threading.Thread(target=output.write, args=("a\n",))
    writing.start()
    output.abandon()
    writing.join(SECONDS)
    assert not writing.is_alive()


def test_reader_that_left(pipe: _Pipe) -> None:
    """A reader that has left is an error of the system, each time."""
    output = LogOutput(pipe.end)
    pipe.leave()
    for _ in range(2):
        with pytest.raises(BrokenPipeError):
            output.write("a\n")


def test_output_that_is_closed(pipe: _Pipe) -> None:
    """A closed output leaves the given descriptor open, and no other one."""
    for _ in range(3):
        with closing(LogOutput(pipe.end)) as output:
            output.write("a\n")
    own = Path("/proc/self/fd")
    target = (own / str(pipe.end)).readlink()
    same = [fd for fd in own.iterdir() if fd.is_symlink() and fd.readlink() == target]
    assert len(same) == 2, "the pipe's two ends"
