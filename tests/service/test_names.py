"""Names that break programs, and how they are written out."""

import os
import pty

import pytest

from ..hostile_names import NAMES
from .invariants import assert_promises
from .notifications import Notifications
from .pictures import photo
from .processes import DROPCUT, spawn
from .services import Service, empty, names, reason_of
from .test_commands import read_terminal
from .waiting import eventually

_LONGEST_BYTES = 255 - len(".error.json")
_SPOKEN = (
    *("\x1b]0;", "\x1b[2J", "\x1b[31mcolour", "\x07", "\x08"),
    *("\N{RIGHT-TO-LEFT OVERRIDE}", "\N{LINE SEPARATOR}", "\N{NEXT LINE}"),
)


def drop_all(service: Service, data: bytes) -> None:
    """Drop a file with each of the names, and one in a folder of each name."""
    for number, name in enumerate(NAMES):
        service.drop(f"{number}/{name}", data)
        service.drop(f"in/{name}/x.jpg", data)


def lines(text: str, count: int) -> list[str]:
    """Return the lines of a text after checking their number and characters."""
    *found, rest = text.split("\n")
    assert rest == ""
    assert all(line.isprintable() for line in found)
    assert len(found) == count
    return found


@pytest.mark.parametrize("name", ["UPPER.JPG", "a PNG.jpg", "a JPEG.PNG", "webp.tif"])
def test_extension_is_no_matter(shared: Service, name: str) -> None:
    """The content of a file decides what it is, not its extension."""
    kind = {"a PNG.jpg": "PNG", "webp.tif": "WEBP"}.get(name, "JPEG")
    shared.drop(name, photo(kind=kind))
    shared.png(name.rsplit(".", 1)[0] + ".png")
    assert_promises(shared)


def test_output_of_a_plain_name(shared: Service) -> None:
    """The PNG of `-rf.jpg[shrink=8].jpg` has that name with another extension."""
    shared.drop("-rf[shrink=8].jpg")
    shared.png("-rf[shrink=8].png")
    assert_promises(shared)


def test_failed(service: Service) -> None:
    """The reason file is ASCII and holds every byte of the name."""
    drop_all(service, b"no picture")
    assert service.command("run", "--once").code == 1
    filed = service.failures()
    assert len(filed) == 2 * len(NAMES)
    sources = {reason_of(service.failed / name)["source"] for name in filed}
    assert sources == {f"in/{name}/x.jpg" for name in NAMES} | {
        f"{number}/{name}" for number, name in enumerate(NAMES)
    }
    assert all(
        len(os.fsencode(name.split("/")[-1])) <= _LONGEST_BYTES for name in filed
    )
    assert_promises(service)


def test_retry(service: Service) -> None:
    """`retry` prints a line for each picture, whatever the terminal's encoding."""
    drop_all(service, b"no picture")
    service.command("run", "--once")
    service.set(PYTHONIOENCODING="latin-1")
    for command in ("status", "check"):
        done = service.command(command)
        lines(done.out, done.out.count("\n"))
    (first, *_), failures = service.failures(), len(service.failures())
    lines(service.command("retry", "--", first).out, 1)
    lines(service.command("retry").out, failures - 1)
    assert len(names(service.inbox)) == failures


@pytest.mark.parametrize(
    "name", ["two\nlines.jpg", os.fsdecode(b"bad\xff.jpg")], ids=ascii
)
def test_retry_of_what_is_not_there(service: Service, name: str) -> None:
    """A name that matches no picture is reported in one line, whatever it contains."""
    done = service.command("retry", "--", name)
    assert (done.code, done.out) == (64, "")
    lines(done.err, 1)


def test_console_log(service: Service) -> None:
    """The log for people has one printable line of UTF-8 for each picture."""
    drop_all(service, b"no picture")
    service.set(DROPCUT_LOG_FORMAT="console", PYTHONIOENCODING="latin-1")
    done = service.command("run", "--once")
    told = lines(done.err, done.err.count("\n"))
    assert sum(" outcome=" in line for line in told) == 2 * len(NAMES)


def test_systemd(service: Service, notifications: Notifications) -> None:
    """No name can send a message to systemd, not even as the reason of a pause."""
    name = "x\nWATCHDOG=trigger\ny"
    outbox = service.root / name
    outbox.mkdir()
    service.start(NOTIFY_SOCKET=notifications.path, DROPCUT_OUTBOX=outbox)
    service.drop(f"{name}.jpg")
    service.wait(processed=1)
    empty(outbox)
    service.drop(f"{name}.jpg")
    eventually(lambda: any("paused" in line for line in notifications.all()))
    assert "WATCHDOG=trigger" not in notifications.all()


def test_terminal(service: Service) -> None:
    """No name can control the terminal, above the progress bar or in it."""
    drop_all(service, b"no picture")
    service.set(DROPCUT_LOG_FORMAT="auto", TERM="xterm")
    master, terminal = pty.openpty()
    with spawn(*DROPCUT, "run", "--once", env=service.environment, err=terminal):
        os.close(terminal)
        printable = read_terminal(master)
    assert printable.count("not-an-image") == 2 * len(NAMES)
    assert not [word for word in _SPOKEN if word in printable]
