"""Disks that are full, and folders on disks of their own."""

from contextlib import suppress
from pathlib import Path

import pytest

from .invariants import assert_promises
from .pictures import ALL, photo
from .processes import mounted, run, tmpfs
from .services import Service
from .waiting import eventually

PICTURES = 5


def drop_all(service: Service) -> None:
    """Drop pictures whose PNGs need more than a megabyte together."""
    for number in range(PICTURES):
        service.drop(f"{number}.jpg", photo(ALL[number], 400))


def assert_paused(service: Service) -> None:
    """Check that the service waits, says why, and blames no picture."""
    eventually(lambda: service.events("paused"), explain=service.explain)
    service.keeps(PICTURES)
    assert not service.failures()
    assert service.process.poll() is None


def assert_goes_on(service: Service, full: Path) -> None:
    """Make room, and check that everything is done then without a restart."""
    assert run("mount", "-o", "remount,size=50m", full).code == 0
    service.wait(processed=PICTURES)
    assert not service.failures()
    assert_promises(service)


def test_outbox_runs_full(service: Service) -> None:
    """A full outbox pauses the work, which goes on by itself when there is room."""
    with mounted(service.outbox, *tmpfs("300k")):
        drop_all(service)
        service.start()
        assert_paused(service)
        assert_goes_on(service, service.outbox)


def test_too_little_room(service: Service) -> None:
    """Work pauses while the outbox has less room than DROPCUT_MIN_FREE_MB."""
    with mounted(service.outbox, *tmpfs("5m")):
        drop_all(service)
        service.start(DROPCUT_MIN_FREE_MB=20)
        assert_paused(service)
        assert_goes_on(service, service.outbox)


def test_processed_runs_full(service: Service) -> None:
    """A full `processed` pauses the work, and no PNG is made twice."""
    with mounted(service.processed, *tmpfs("20k")):
        drop_all(service)
        service.start()
        assert_paused(service)
        assert_goes_on(service, service.processed)


def test_inbox_runs_full(service: Service) -> None:
    """A full inbox, where no claim can be noted, delays the work and loses nothing."""
    with mounted(service.inbox, *tmpfs("400k")):
        drop_all(service)
        fill(service.inbox / ".filler")
        service.start()
        assert_goes_on(service, service.inbox)


def fill(path: Path) -> None:
    """Write a file until its file system is full."""
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(1024))


def test_stopped_while_paused(service: Service) -> None:
    """SIGTERM ends a service that waits for room, and the next life does the work."""
    with mounted(service.outbox, *tmpfs("300k")):
        drop_all(service)
        service.start()
        assert_paused(service)
        assert service.stop() == 0
        assert service.originals() == PICTURES
        service.start()
        assert_goes_on(service, service.outbox)


@pytest.mark.parametrize("folder", ["processed", "failed", "outbox"])
def test_other_file_system(service: Service, folder: str) -> None:
    """Each folder may be on a file system of its own."""
    with mounted(service.root / folder, *tmpfs("20m")):
        service.start()
        service.drop("sub/good.jpg")
        service.drop("sub/bad.jpg", b"no picture")
        service.wait(processed=1, failed=1)
        assert (service.processed / "sub/good.jpg").read_bytes() == photo()
        assert (service.failed / "sub/bad.jpg").read_bytes() == b"no picture"
        assert_promises(service)
