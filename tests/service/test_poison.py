"""A picture that ends the service whenever it is processed."""

import signal
from pathlib import Path

from PIL import Image

from .hungry_model import write_hungry_model
from .invariants import assert_promises
from .little_memory import little_memory
from .notifications import Notifications
from .pictures import encoded, large_photo
from .processes import DROPCUT, mounted, run, tmpfs
from .services import Service, names
from .waiting import eventually

ENOUGH_MIB = 600
LIVES = 3


def begin_and_kill(service: Service, attempt: int) -> None:
    """Kill the service after it has processed a picture for the given time."""
    service.start()
    eventually(lambda: service.in_work(attempt), explain=service.explain)
    service.kill()


def assert_given_up(service: Service, *neighbours: str) -> None:
    """Check that the poison has failed and its neighbours are done."""
    facts = service.reason("poison.jpg")
    assert (facts["reason"], facts["attempts"]) == ("gave-up", LIVES)
    assert f"started {LIVES} times" in facts["message"]
    service.wait(processed=len(neighbours), failed=1)
    assert names(service.outbox) == sorted(f"{name}.png" for name in neighbours)
    assert_promises(service)


def test_three_kills(service: Service) -> None:
    """A picture at which the service died three times fails as `gave-up`."""
    service.drop("poison.jpg", large_photo())
    for attempt in (1, 2, 3):
        begin_and_kill(service, attempt)
    service.drop("a.jpg")
    service.drop("b.jpg")
    service.start()
    assert_given_up(service, "a", "b")


def test_used_up_claim(service: Service) -> None:
    """A claim that has used up its attempts is not begun again."""
    service.drop("poison.jpg", large_photo())
    begin_and_kill(service, 1)
    (claim,) = service.in_work(1)
    claim.rename(claim.with_name(claim.name.replace(".1.work", ".3.work")))
    service.start()
    assert_given_up(service)
    service.ended("poison.jpg", "failed")


def test_neighbours_first(service: Service) -> None:
    """Pictures that wait are done before one at which the service died."""
    service.drop("poison.jpg", large_photo())
    begin_and_kill(service, 1)
    service.drop("a.jpg")
    begin_and_kill(service, 2)
    service.start()
    service.wait(processed=2)
    assert names(service.outbox) == ["a.png", "poison.png"]
    assert_promises(service)


def test_killed_for_its_memory(service: Service, tmp_path: Path) -> None:
    """A picture at which the system kills the service for its memory is given up.

    The pictures that came with it are done.
    """
    service.set(DROPCUT_MODEL=write_hungry_model(tmp_path / "hungry.onnx"))
    service.drop("poison.jpg", encoded(Image.new("RGB", (64, 48), "white")))
    neighbours = ("a", "b", "c", "d")
    for name in neighbours:
        service.drop(f"{name}.jpg")
    with little_memory(ENOUGH_MIB) as service.under:
        command = (*service.under, *DROPCUT, "run")
        lives = [run(*command, env=service.environment).code for _ in range(LIVES)]
        assert lives == [-signal.SIGKILL] * LIVES
        service.start()
        assert_given_up(service, *neighbours)
        assert service.stop() == 0


def test_sigterm_is_no_attempt(service: Service, notifications: Notifications) -> None:
    """SIGTERM in the last attempt at a picture does not use it up."""
    service.drop("poison.jpg", large_photo(3000))
    begin_and_kill(service.set(DROPCUT_MAX_ATTEMPTS=2), 1)
    service.start(NOTIFY_SOCKET=notifications.path)
    eventually(lambda: service.in_work(2), explain=service.explain)
    service.terminate()
    notifications.wait("STOPPING=1", 1)
    service.terminate()
    assert service.process.wait(60) == 128 + signal.SIGTERM
    service.start()
    service.wait(processed=1)
    assert_promises(service)


def test_full_disk_is_no_attempt(service: Service) -> None:
    """A full disk in the last attempt at a picture does not use it up."""
    service.drop("poison.jpg", large_photo(2000))
    begin_and_kill(service.set(DROPCUT_MAX_ATTEMPTS=2), 1)
    with mounted(service.outbox, *tmpfs("300k")):
        service.start()
        eventually(lambda: service.events("paused"), explain=service.explain)
        assert not service.failures()
        assert run("mount", "-o", "remount,size=200m", service.outbox).code == 0
        service.wait(processed=1)
        assert_promises(service)
