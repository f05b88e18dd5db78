"""Files that arrive slowly, in parts, or never completely."""

import time
from pathlib import Path

import pytest
from PIL import Image

from .invariants import assert_promises
from .pictures import ASTRONAUT, photo
from .services import Service, names
from .waiting import eventually


def write_slowly(path: Path, data: bytes, parts: int, pause_seconds: float) -> None:
    """Write a file in parts, like a slow network."""
    size = -(-len(data) // parts)
    with path.open("wb", buffering=0) as file:
        for start in range(0, len(data), size):
            file.write(data[start : start + size])
            time.sleep(pause_seconds)


@pytest.mark.parametrize("watcher", ["native", "polling"])
def test_slow_writer(service: Service, watcher: str) -> None:
    """Work on a picture that is written in eight steps starts once it is complete."""
    service.start(DROPCUT_SETTLE_SECONDS=8, DROPCUT_WATCHER=watcher)
    write_slowly(service.inbox / "slow.jpg", photo(), parts=8, pause_seconds=0.6)
    service.wait(processed=1)
    service.ended("slow.jpg", "done")
    assert_promises(service)


def test_late_second_half(service: Service) -> None:
    """A picture whose second half arrives after the first attempt gives one PNG."""
    service.start()
    data = photo(ASTRONAUT, 320)
    with (service.inbox / "late.jpg").open("wb", buffering=0) as file:
        file.write(data[: len(data) // 2])
        eventually(lambda: service.outcomes("late.jpg"), explain=service.explain)
        file.write(data[len(data) // 2 :])
    service.wait(processed=1)
    service.ended("late.jpg", "put-back", "done")
    with Image.open(service.png("late.png")) as image:
        assert image.size == (320, 320)
    assert_promises(service)


def test_copied_again_after_a_cut(service: Service) -> None:
    """A picture that is copied again after an interrupted copy gives one PNG."""
    service.start()
    service.drop("again.jpg", photo()[:3000])
    eventually(lambda: service.outcomes("again.jpg"), explain=service.explain)
    service.drop("again.jpg", photo())
    service.wait(processed=1)
    assert names(service.outbox) == ["again.png"]
    assert_promises(service)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_truncated_for_good(service: Service, kind: str) -> None:
    """A picture that stays truncated is tried a second time before it fails."""
    service.start()
    data = photo(kind=kind)
    service.drop("cut.jpg", data[: len(data) // 2])
    assert service.reason("cut.jpg")["reason"] == "truncated"
    service.ended("cut.jpg", "put-back", "failed")
    service.prove_alive()
    assert_promises(service)
