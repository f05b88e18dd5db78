"""Entries of the inbox that are not regular files."""

import os
import stat
from pathlib import Path

import pytest

from ..requiring import require
from .invariants import assert_promises
from .pictures import photo
from .services import Service, names
from .waiting import eventually

RESCANS = 4


@pytest.fixture
def scanning(service: Service) -> Service:
    """Start a service that scans all the time."""
    return service.start(DROPCUT_WATCHER="polling", DROPCUT_POLL_SECONDS=0.05)


def identity(path: Path) -> tuple[int, ...]:
    """Return what stays of a thing that is looked at, which changes its access time."""
    status = path.lstat()
    return status.st_ino, status.st_mode, status.st_nlink, status.st_mtime_ns


def assert_left_alone(service: Service, path: Path) -> None:
    """Check over many scans that a path stays, and is named once in the log."""
    before = identity(path)
    for scan in range(RESCANS):
        service.prove_alive(f"scan {scan}")
    assert identity(path) == before
    told = [e for e in service.events("skipped") if e["name"] == path.name]
    assert len(told) == 1, service.explain()
    assert len(names(service.outbox)) == RESCANS
    assert_promises(service)


def test_link(scanning: Service, tmp_path: Path) -> None:
    """A symbolic link to a picture outside is neither read nor moved."""
    target = tmp_path / "secret.jpg"
    target.write_bytes(photo())
    link = scanning.inbox / "x.jpg"
    link.symlink_to(target)
    assert_left_alone(scanning, link)
    assert target.read_bytes() == photo()


def test_link_within(scanning: Service) -> None:
    """A symbolic link to another file of the inbox is not followed."""
    scanning.drop("real.jpg.part")
    link = scanning.inbox / "x.jpg"
    link.symlink_to("real.jpg.part")
    assert_left_alone(scanning, link)


def test_dangling_link(scanning: Service) -> None:
    """A symbolic link to nowhere is left alone."""
    link = scanning.inbox / "x.jpg"
    link.symlink_to("nowhere.jpg")
    assert_left_alone(scanning, link)


def test_linked_folder(scanning: Service, tmp_path: Path) -> None:
    """A symbolic link to a folder is not entered."""
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "y.jpg").write_bytes(photo())
    link = scanning.inbox / "folder"
    link.symlink_to(tmp_path / "far")
    assert_left_alone(scanning, link)
    assert (tmp_path / "far" / "y.jpg").exists()


def test_fifo(scanning: Service) -> None:
    """A FIFO does not make the service wait for its writer."""
    os.mkfifo(scanning.inbox / "y.jpg")
    assert_left_alone(scanning, scanning.inbox / "y.jpg")


def test_folder(scanning: Service) -> None:
    """A folder that is named like a picture stays a folder."""
    (scanning.inbox / "z.jpg").mkdir()
    assert_left_alone(scanning, scanning.inbox / "z.jpg")


def test_device(scanning: Service) -> None:
    """A device that is named like a picture is not opened."""
    require(os.geteuid() == 0, "making a device needs root")
    device = scanning.inbox / "zero.jpg"
    os.mknod(device, stat.S_IFCHR | 0o600, os.makedev(1, 5))
    assert_left_alone(scanning, device)


def test_among_the_claims(service: Service, tmp_path: Path) -> None:
    """What strangers lay among the claims stays there and keeps nobody waiting."""
    service.claims.mkdir()
    for name in ("0-1.json", "0-2.1.work", "film.part"):
        (service.claims / name).mkdir()
    (service.claims / "0-3.1.work").symlink_to(tmp_path)
    os.mkfifo(service.claims / "0-4.1.publish")
    (service.claims / "notes.json").write_bytes(b"[]")
    laid = service.claimed()
    service.start(DROPCUT_RESCAN_SECONDS=1)
    for number in range(RESCANS):
        service.prove_alive(f"proof {number}")
    assert not service.events("paused")
    eventually(lambda: service.claimed() == laid, explain=service.explain)


def test_rescans_beside_events(service: Service) -> None:
    """What is left alone is named once even when rescans follow events."""
    (service.inbox / "x.jpg").symlink_to("nowhere.jpg")
    service.start(DROPCUT_RESCAN_SECONDS=0.05)
    assert_left_alone(service, service.inbox / "x.jpg")
