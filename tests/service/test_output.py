"""What nobody reads, cannot be written or was closed stops neither work nor exit."""

import os
import shlex
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ..requiring import require
from .pictures import photo
from .processes import DROPCUT, Finished, mounted, run, spawn, tmpfs
from .services import Service
from .waiting import eventually

_COMMANDS = ("status", "check", "models list", "--version", "dance", "run --once")
_PRINTING = pytest.mark.parametrize("command", _COMMANDS[:4])
_CLOSED = ("2>&-", "<&- >&- 2>&-")


def _shell(service: Service, words: str) -> Finished:
    """Run a command with the shell's redirections."""
    command = f"unset PYTHONUNBUFFERED; {shlex.join(map(str, DROPCUT))} {words}"
    return run("bash", "-o", "pipefail", "-c", command, env=service.environment)


@contextmanager
def _full_pipe() -> Iterator[tuple[int, int]]:
    """Yield both ends of a pipe that has no room."""
    reader, writer = os.pipe()
    try:
        os.set_blocking(writer, False)
        for size_bytes in (4096, 1):
            try:
                while True:
                    os.write(writer, b"x" * size_bytes)
            except BlockingIOError:
                pass
        os.set_blocking(writer, True)
        yield reader, writer
    finally:
        os.close(reader)
        os.close(writer)


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_log_that_nobody_reads(service: Service, log_format: str) -> None:
    """With a log that nobody reads, pictures are processed, and SIGTERM ends it."""
    service.set(DROPCUT_LOG_FORMAT=log_format)
    with _full_pipe() as (_, writer):
        process = spawn(
            *DROPCUT, "run", env=service.environment, out=writer, err=writer
        )
        try:
            for number in range(3):
                service.drop(f"{number}.jpg")
            service.wait(processed=3)
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
        finally:
            process.kill()
            process.wait()


def test_log_that_is_read_late(service: Service) -> None:
    """Once a log is read again, the lines that waited are all there."""
    with _full_pipe() as (reader, writer):
        process = spawn(
            *DROPCUT, "run", env=service.environment, out=writer, err=writer
        )
        try:
            service.drop("a.jpg")
            service.wait(processed=1)
            os.set_blocking(reader, False)
            read = bytearray()

            def has_line() -> bool:
                try:
                    read.extend(os.read(reader, 1 << 20))
                except BlockingIOError:
                    return False
                return b'"name": "a.jpg"' in read

            eventually(has_line, explain=lambda: ascii(bytes(read[-2000:])))
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
        finally:
            process.kill()
            process.wait()


def test_reader_of_the_log_that_leaves(service: Service) -> None:
    """A log whose reader is gone does not end the service."""
    reader, writer = os.pipe()
    process = spawn(*DROPCUT, "run", env=service.environment, out=writer, err=writer)
    os.close(writer)
    os.read(reader, 1)
    os.close(reader)
    try:
        service.drop("a.jpg")
        service.wait(processed=1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()


def test_log_on_a_full_disk(service: Service, tmp_path: Path) -> None:
    """A log on a full disk stops nothing; later it says how many lines it lacks."""
    disk = tmp_path / "disk"
    disk.mkdir()
    with mounted(disk, *tmpfs("64k")):
        log, filler = disk / "log", disk / "filler"
        with log.open("ab") as file:
            filler.write_bytes(bytes(64 << 10))
            process = spawn(
                *DROPCUT,
                "run",
                env=service.environment,
                out=file.fileno(),
                err=file.fileno(),
            )
        try:
            service.drop("a.jpg")
            service.wait(processed=1)
            assert log.read_bytes() == b""
            filler.unlink()
            service.drop("b.jpg")
            eventually(lambda: b'"name": "b.jpg"' in log.read_bytes())
            assert b'"event": "events dropped"' in log.read_bytes().split(b"\n")[0]
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
        finally:
            process.kill()
            process.wait()


@pytest.mark.parametrize("closed", _CLOSED)
def test_streams_that_are_closed(service: Service, closed: str) -> None:
    """Every command works with closed streams, and none writes into a picture."""
    require(Path("/bin/bash").exists(), "bash is not installed")
    data = photo()
    service.drop("a.jpg", data)
    for command in _COMMANDS:
        finished = _shell(service, f"{command} {closed}")
        assert finished.code == (64 if command == "dance" else 0), finished
        assert "Traceback" not in finished.err
    assert (service.processed / "a.jpg").read_bytes() == data
    png = service.png("a.png").read_bytes()
    assert png.startswith(b"\x89PNG")
    assert png.endswith(b"IEND\xaeB`\x82")


@_PRINTING
def test_output_that_cannot_be_written(service: Service, command: str) -> None:
    """A command whose output is lost says so, and exits with a code of its own."""
    require(Path("/dev/full").exists(), "there is no /dev/full")
    finished = _shell(service, f"{command} >/dev/full")
    assert finished.code == 74
    assert finished.err == (
        "dropcut: the output cannot be written: No space left on device\n"
    )


@_PRINTING
def test_reader_of_the_output_that_leaves(service: Service, command: str) -> None:
    """A command whose reader is gone ends without a word, as others do."""
    finished = _shell(service, f"{command} | true")
    assert finished.err == ""
    assert finished.code in (0, 128 + signal.SIGPIPE)


def test_error_that_cannot_be_written(service: Service) -> None:
    """A command that cannot even say what is wrong exits with the same code."""
    for stderr in ("2>/dev/full", "2>&-"):
        assert _shell(service, f"dance {stderr}").code == 64
        assert _shell(service, f"status --env-file /nowhere {stderr}").code == 78
