"""SIGTERM at any moment."""

import signal

from .invariants import assert_no_leftovers, assert_promises
from .notifications import Notifications
from .pictures import COFFEE, large_photo, photo
from .services import Service, names
from .waiting import eventually

BATCH = 12


def drop_batch(service: Service) -> None:
    """Drop pictures that take a while together."""
    for number in range(BATCH):
        service.drop(f"{number}.jpg", photo(COFFEE, 900))


def test_middle_of_a_batch(service: Service) -> None:
    """After SIGTERM nothing is half done, and the next run continues."""
    service.start()
    drop_batch(service)
    eventually(lambda: len(names(service.processed)) > 1, explain=service.explain)
    assert service.stop() == 0
    assert service.originals() == BATCH
    assert_no_leftovers(service)
    assert len(names(service.outbox)) == len(names(service.processed))
    service.start()
    service.wait(processed=BATCH)
    assert_promises(service)


def test_interrupt(service: Service) -> None:
    """Ctrl-C ends the service as SIGTERM does."""
    service.start()
    service.prove_alive()
    service.process.send_signal(signal.SIGINT)
    assert service.process.wait(60) == 0
    assert_promises(service)


def test_restarts_are_no_attempts(service: Service) -> None:
    """Restarts do not count as attempts, however many pictures they interrupt."""
    drop_batch(service)
    for wanted in range(1, 4):
        service.start(DROPCUT_MAX_ATTEMPTS=1)
        done = wanted * 2
        eventually(
            lambda done=done: len(names(service.processed)) >= done,  # type: ignore[misc]
            explain=service.explain,
        )
        assert service.stop() == 0
    service.start()
    service.wait(processed=BATCH)
    assert not service.failures()
    assert_promises(service)


def leave_at_once(service: Service, notifications: Notifications, times: int) -> int:
    """Send SIGTERM twice while a picture is in progress, and return the exit code."""
    eventually(lambda: service.in_work(1), explain=service.explain)
    service.terminate()
    notifications.wait("STOPPING=1", times)
    service.terminate()
    return service.process.wait(60)


def test_second_signal(service: Service, notifications: Notifications) -> None:
    """A second SIGTERM ends the service before the picture in hand is done, safely."""
    service.start(NOTIFY_SOCKET=notifications.path)
    service.drop("large.jpg", large_photo(6000))
    assert leave_at_once(service, notifications, 1) == 128 + signal.SIGTERM
    assert service.originals() == 1
    assert not names(service.processed)
    service.start()
    service.wait(processed=1)
    assert names(service.outbox) == ["large.png"]
    assert_promises(service)


def test_second_signal_is_no_attempt(
    service: Service, notifications: Notifications
) -> None:
    """A picture that was broken off by a second SIGTERM has not used an attempt."""
    service.drop("large.jpg", large_photo(6000))
    for times in (1, 2, 3):
        service.start(NOTIFY_SOCKET=notifications.path, DROPCUT_MAX_ATTEMPTS=1)
        leave_at_once(service, notifications, times)
    service.start()
    service.wait(processed=1)
    assert_promises(service)
