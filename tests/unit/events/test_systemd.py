"""systemd hears how the service is, and silence is no fault."""

import os
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from dropcut.events.systemd import SystemdNotifier, notifier_from_environment


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Open a datagram socket as systemd does."""
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as channel:
        channel.settimeout(5)
        yield channel


@pytest.mark.parametrize("folder", ["run", "user@1000.service"])
def test_socket_with_a_path(
    listener: socket.socket, tmp_path: Path, folder: str
) -> None:
    """A socket with a path is told everything, each thing in one datagram."""
    (tmp_path / folder).mkdir()
    path = tmp_path / folder / "notify"
    listener.bind(str(path))
    notifier = SystemdNotifier(str(path), None)
    notifier.ready()
    notifier.status("2 waiting")
    notifier.ping()
    notifier.stopping()
    listener.settimeout(1)
    heard = [listener.recv(100) for _ in range(4)]
    assert heard == [b"READY=1", b"STATUS=2 waiting", b"WATCHDOG=1", b"STOPPING=1"]


def test_abstract_socket(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A socket in the abstract name space is told as well."""
    name = f"dropcut-test-{os.getpid()}@x"
    listener.bind("\0" + name)
    monkeypatch.setenv("NOTIFY_SOCKET", "@" + name)
    monkeypatch.setenv("WATCHDOG_USEC", "30000000")
    notifier = notifier_from_environment()
    notifier.ready()
    assert listener.recv(100) == b"READY=1"
    assert notifier.ping_seconds == 15


def test_status_is_one_line(listener: socket.socket, tmp_path: Path) -> None:
    """A name in a status gives systemd no orders."""
    listener.bind(str(tmp_path / "notify"))
    SystemdNotifier(str(tmp_path / "notify"), None).status("x\nWATCHDOG=trigger\udcff")
    assert listener.recv(100) == b"STATUS=x\\nWATCHDOG=trigger\\xff"


def test_status_is_said_once(listener: socket.socket, tmp_path: Path) -> None:
    """A status that has not changed is not said again."""
    listener.bind(str(tmp_path / "notify"))
    notifier = SystemdNotifier(str(tmp_path / "notify"), None)
    for text in ("idle", "idle", "busy"):
        notifier.status(text)
    notifier.ready()
    heard = [listener.recv(100) for _ in range(3)]
    assert heard == [b"STATUS=idle", b"STATUS=busy", b"READY=1"]


@pytest.mark.parametrize("address", [None, "", "/nowhere/at/all", "@dropcut-nobody"])
def test_nobody_listens(address: str | None) -> None:
    """Where nobody listens, nothing is said and nothing breaks."""
    notifier = SystemdNotifier(address, None)
    notifier.ready()
    notifier.status("\udcff is sent somehow")
    notifier.stopping()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("20000000", 10),
        ("1", 5e-07),
        ("0", None),
        ("", None),
        (None, None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("²", None),
    ],
)
def test_watchdog(text: str | None, seconds: float | None) -> None:
    """A ping is due twice in systemd's interval, and never where there is none."""
    assert SystemdNotifier(None, text).ping_seconds == seconds
