"""systemd is notified of the service's state; no error if nobody listens."""

import os
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from dropcut.core.events import (
    Event,
    Heartbeat,
    ServiceReady,
    ServiceStopping,
    SnapshotTaken,
)
from dropcut.core.snapshot import Snapshot
from dropcut.events.systemd import SystemdNotifier, notifier_from_environment

_READY = ServiceReady(waiting=0, about={})


def _busy(name: str) -> Event:
    """Return the snapshot of a service that processes a picture."""
    return SnapshotTaken(snapshot=Snapshot(in_progress=(name,)))


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
    """A socket with a path gets every message, each in one datagram."""
    (tmp_path / folder).mkdir()
    path = tmp_path / folder / "notify"
    listener.bind(str(path))
    notifier = SystemdNotifier(str(path), None)
    for event in (_READY, _busy("a.jpg"), Heartbeat(), ServiceStopping()):
        notifier(event)
    listener.settimeout(1)
    heard = [listener.recv(100) for _ in range(4)]
    status = b"STATUS=a.jpg: 0 waiting, 0 done, 0 failed"
    assert heard == [b"READY=1", status, b"WATCHDOG=1", b"STOPPING=1"]


def test_abstract_socket(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A socket in the abstract name space gets messages as well."""
    name = f"dropcut-test-{os.getpid()}@x"
    listener.bind("\0" + name)
    monkeypatch.setenv("NOTIFY_SOCKET", "@" + name)
    monkeypatch.setenv("WATCHDOG_USEC", "30000000")
    notifier = notifier_from_environment()
    notifier(_READY)
    assert listener.recv(100) == b"READY=1"
    assert notifier.ping_seconds == 15


def test_status_is_one_line(listener: socket.socket, tmp_path: Path) -> None:
    """A name in a status cannot forge a message to systemd."""
    listener.bind(str(tmp_path / "notify"))
    notifier = SystemdNotifier(str(tmp_path / "notify"), None)
    notifier(_busy("x\nWATCHDOG=trigger\udcff"))
    assert listener.recv(100).startswith(b"STATUS=x\\nWATCHDOG=trigger\\xff: 0 waiting")


def test_status_is_said_once(listener: socket.socket, tmp_path: Path) -> None:
    """An unchanged status is not sent again."""
    listener.bind(str(tmp_path / "notify"))
    notifier = SystemdNotifier(str(tmp_path / "notify"), None)
    for event in (_busy("a"), _busy("a"), _busy("b"), _READY):
        notifier(event)
    heard = [listener.recv(100)[:9] for _ in range(3)]
    assert heard == [b"STATUS=a:", b"STATUS=b:", b"READY=1"]


@pytest.mark.parametrize("address", [None, "", "/nowhere/at/all", "@dropcut-nobody"])
def test_nobody_listens(address: str | None) -> None:
    """If nobody listens, nothing is sent and nothing breaks."""
    notifier = SystemdNotifier(address, None)
    for event in (_READY, _busy("\udcff"), ServiceStopping()):
        notifier(event)


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
    """A ping is due twice in systemd's interval; without an interval there is none."""
    assert SystemdNotifier(None, text).ping_seconds == seconds
