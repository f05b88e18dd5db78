"""What commands print, where it cannot be printed."""

import os
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest

from .processes import DROPCUT, run, spawn
from .services import Service, names

_COMMANDS = ["--version", "--help", "status", "check", "retry", "models list"]
_UNBUFFERED = pytest.mark.parametrize("unbuffered", ["", "1"])
_PRINTING = pytest.mark.parametrize("command", _COMMANDS)
_FAILED = [f"{number}.jpg" for number in range(3)]


def fail(service: Service) -> None:
    """Let pictures fail."""
    for name in _FAILED:
        service.drop(name, b"no picture")
    assert service.command("run", "--once").code == 1


def printing(service: Service, command: str, out: int) -> tuple[int, str]:
    """Run a command with another standard output; return its code and messages."""
    words = command.split()
    with spawn(*DROPCUT, *words, env=service.environment, out=out) as process:
        _, err = process.communicate(timeout=100)
    return process.returncode, err.decode()


@_PRINTING
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams(service: Service, command: str, closed: str) -> None:
    """A command whose standard streams are closed does its work without a word."""
    shell = ("sh", "-c", f'exec "$@" {closed}', "sh")
    done = run(*shell, *DROPCUT, *command.split(), env=service.environment)
    assert (done.code, done.err) == (0, "")
    assert bool(done.out) is (">&- " not in f"{closed} ".replace("2>&-", ""))


@_PRINTING
@_UNBUFFERED
def test_full_disk(service: Service, command: str, unbuffered: str) -> None:
    """A command that cannot print says why in one line, and ends with 74."""
    service.set(PYTHONUNBUFFERED=unbuffered)
    with Path("/dev/full").open("wb") as full:
        code, err = printing(service, command, full.fileno())
    assert code == 74
    assert err == "dropcut: the output cannot be written: No space left on device\n"


@_PRINTING
@_UNBUFFERED
def test_reader_that_left(service: Service, command: str, unbuffered: str) -> None:
    """A command whose reader has left ends as if by SIGPIPE, without a word."""
    service.set(PYTHONUNBUFFERED=unbuffered)
    reader, writer = os.pipe()
    os.close(reader)
    with ExitStack() as stack:
        stack.callback(os.close, writer)
        assert printing(service, command, writer) == (141, "")


def test_retry_onto_a_full_disk(service: Service) -> None:
    """`retry` moves all that was asked for, even where it cannot say so."""
    fail(service)
    with Path("/dev/full").open("wb") as full:
        assert printing(service, "retry", full.fileno())[0] == 74
    assert names(service.inbox) == _FAILED
    assert not names(service.failed)


@pytest.mark.parametrize(
    ("command", "code"), [("dance", 64), ("retry nobody.jpg", 64), ("models pull", 64)]
)
@pytest.mark.parametrize("where", ["2>/dev/full", "2>&-", ">&- 2>&-"])
def test_messages_that_cannot_be_printed(
    service: Service, command: str, code: int, where: str
) -> None:
    """A command that cannot print its messages still ends with its own code."""
    words = ("sh", "-c", f'exec "$@" {where}', "sh", *DROPCUT, *command.split())
    assert run(*words, env=service.environment).code == code


def test_talkative_decoder(service: Service) -> None:
    """A decoder process that has much to say at its start is not held up by it."""
    service.set(PYTHONVERBOSE="1").drop("a.jpg")
    assert service.launch("--once", err=subprocess.DEVNULL).wait(100) == 0
    assert names(service.outbox) == ["a.png"]
