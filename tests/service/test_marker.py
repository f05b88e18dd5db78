"""DROPCUT_REQUIRE_MARKER: an unmounted share is not mistaken for an empty one."""

from pathlib import Path

import pytest

from .invariants import assert_promises
from .pictures import photo
from .processes import mounted, tmpfs, unmount
from .services import FOLDERS, Service, names
from .waiting import eventually

MARKER = ".mounted"


def mark(service: Service) -> Service:
    """Put the marker into each folder and require it."""
    for name in FOLDERS:
        (service.root / name / MARKER).touch()
    return service.set(DROPCUT_REQUIRE_MARKER=MARKER)


def assert_waits(service: Service, folder: Path) -> None:
    """Check that the service reports once what it waits for, and does nothing."""
    eventually(lambda: service.events("paused"), explain=service.explain)
    (told,) = service.events("paused")
    assert told["reason"].startswith(f"{folder}: ")
    assert service.process.poll() is None


@pytest.mark.parametrize("watcher", ["native", "polling"])
def test_started_before_the_share(service: Service, watcher: str) -> None:
    """A service that starts before its share is mounted waits for it."""
    (service.inbox / "below.jpg").write_bytes(photo())
    mark(service)
    (service.inbox / MARKER).unlink()
    service.start(DROPCUT_WATCHER=watcher)
    assert_waits(service, service.inbox)
    with mounted(service.inbox, *tmpfs("20m")):
        (service.inbox / "first.jpg").write_bytes(photo())
        (service.inbox / MARKER).touch()
        service.png("first.png")
        service.prove_alive()
        assert names(service.outbox) == [MARKER, "first.png", "proof.png"]
        unmount(service.inbox)
        assert names(service.inbox) == ["below.jpg"]
        assert not service.claims.exists()


def test_folders_that_come_with_the_share(service: Service) -> None:
    """A service waits while the share of its folders is not mounted."""
    mark(service)
    for name in FOLDERS:
        (service.root / name).rename(service.root / f"{name} of the share")
    service.start()
    assert_waits(service, service.inbox)
    assert not [name for name in FOLDERS if (service.root / name).exists()]
    for name in FOLDERS:
        (service.root / f"{name} of the share").rename(service.root / name)
    service.prove_alive()


@pytest.mark.parametrize("lost", FOLDERS)
def test_lost_while_it_runs(service: Service, lost: str) -> None:
    """Whichever folder loses its marker, work pauses, is reported once, and resumes."""
    mark(service).start()
    service.prove_alive("first")
    marker = service.root / lost / MARKER
    marker.rename(service.root / "away")
    service.drop("second.jpg", photo() if lost != "failed" else b"no picture")
    assert_waits(service, service.root / lost)
    (service.root / "away").rename(marker)
    eventually(lambda: service.events("resumed"), explain=service.explain)
    service.prove_alive("third")
    assert len(service.events("paused")) == 1
    assert sum("second" in name for name in names(service.outbox)) == (lost != "failed")
    for name in FOLDERS[1:]:
        (service.root / name / MARKER).unlink()
    assert_promises(service)


def test_once(service: Service) -> None:
    """`run --once` exits with 1 if the share is not mounted, and changes nothing."""
    mark(service).drop("a.jpg")
    (service.inbox / MARKER).unlink()
    assert service.command("run", "--once").code == 1
    assert names(service.inbox) == ["a.jpg"]


def test_check(service: Service) -> None:
    """`check` fails for a folder without its marker and writes nothing there."""
    mark(service)
    assert service.command("check").code == 0
    (service.outbox / MARKER).unlink()
    before = service.outbox.stat().st_mtime_ns
    done = service.command("check")
    assert done.code == 78
    assert (
        f"FAIL  outbox {service.outbox} cannot be written: the marker file" in done.out
    )
    assert service.outbox.stat().st_mtime_ns == before


def test_status_and_retry(service: Service) -> None:
    """`status` does not count the marker, and `retry` does not move it."""
    mark(service)
    done = service.command("retry")
    assert (done.code, done.out) == (0, "there are no failed pictures\n")
    assert names(service.failed) == [MARKER]
    assert {
        line.split()[-1] for line in service.command("status").out.splitlines()
    } == {*("running", "0")}
