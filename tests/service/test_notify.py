"""What systemd is notified of."""

import signal
import socket
from contextlib import suppress

import pytest

from .notifications import Notifications
from .services import Service
from .waiting import eventually


@pytest.fixture
def told(service: Service, notifications: Notifications) -> Service:
    """Make a service whose manager listens."""
    return service.set(NOTIFY_SOCKET=notifications.path)


def test_ready_after_the_scan(told: Service, notifications: Notifications) -> None:
    """READY=1 is sent once, when the first scan has seen what is there."""
    told.drop("a.jpg")
    told.drop("b.jpg")
    told.start()
    notifications.wait("READY=1")
    assert [event["waiting"] for event in told.events("ready")] == [2]
    told.wait(processed=2)
    assert notifications.all().count("READY=1") == 1


def test_not_ready_when_refused(told: Service, notifications: Notifications) -> None:
    """READY=1 is not sent if the start is refused."""
    told.set(DROPCUT_PROVIDERS="abacus")
    assert told.command("run").code == 78
    assert not notifications.all()


def test_status_counts(told: Service, notifications: Notifications) -> None:
    """STATUS= shows how many pictures are done and failed."""
    told.start()
    told.drop("a.jpg")
    told.drop("b.jpg", b"no picture")
    told.wait(processed=1, failed=1)
    eventually(lambda: is_told(notifications, "STATUS=", "1 done", "1 failed"))


def is_told(notifications: Notifications, *words: str) -> bool:
    """Whether one line with all the words was sent."""
    lines = notifications.all()
    return any(all(word in line for word in words) for line in lines)


def test_status_of_a_pause(told: Service, notifications: Notifications) -> None:
    """STATUS= says that the service waits, and what for."""
    told.drop("a.jpg")
    told.start(DROPCUT_MIN_FREE_MB=2**40)
    eventually(lambda: is_told(notifications, "STATUS=", "paused", "MIN_FREE_MB"))


def test_watchdog(told: Service, notifications: Notifications) -> None:
    """WATCHDOG=1 comes again and again when systemd asks for it."""
    told.start(WATCHDOG_USEC=1_000_000)
    notifications.wait("WATCHDOG=1", times=4)
    assert told.stop() == 0


def test_no_watchdog(told: Service, notifications: Notifications) -> None:
    """WATCHDOG=1 is not sent if nobody asks for it."""
    told.start()
    told.prove_alive()
    assert told.stop() == 0
    assert "WATCHDOG=1" not in notifications.all()


def test_stopping(told: Service, notifications: Notifications) -> None:
    """STOPPING=1 is sent at SIGTERM, after everything else but the status."""
    told.start()
    notifications.wait("READY=1")
    assert "STOPPING=1" not in notifications.all()
    told.process.send_signal(signal.SIGTERM)
    notifications.wait("STOPPING=1")
    assert told.process.wait(60) == 0


def test_abstract_socket_that_is_gone(service: Service) -> None:
    """A manager that no longer listens does no harm."""
    service.start(NOTIFY_SOCKET="@dropcut-test-nobody", WATCHDOG_USEC=100_000)
    service.prove_alive()
    assert service.stop() == 0


def test_manager_that_does_not_read(
    told: Service, notifications: Notifications
) -> None:
    """A manager that does not read delays nothing, and hears of the start later."""
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other,
        suppress(BlockingIOError),
    ):
        other.settimeout(0)
        while True:
            other.sendto(b"STATUS=of another", str(notifications.path))
    told.start(WATCHDOG_USEC=100_000)
    told.prove_alive()
    notifications.wait("READY=1")
    assert told.stop() == 0


def test_end_with_a_manager_that_does_not_read(
    told: Service, notifications: Notifications
) -> None:
    """SIGTERM ends the service although its manager does not read."""
    told.start(WATCHDOG_USEC=1000)
    told.prove_alive()
    assert told.stop() == 0
    assert "READY=1" in notifications.all()
