"""An inbox that goes away and comes back."""

from pathlib import Path

import pytest

from .invariants import assert_promises
from .pictures import photo
from .processes import mount, mounted, tmpfs, unmount
from .services import Service, empty, names
from .waiting import eventually


@pytest.mark.parametrize("watcher", ["native", "polling"])
def test_deleted(service: Service, watcher: str) -> None:
    """Work resumes when a deleted inbox is created again later."""
    service.start(DROPCUT_WATCHER=watcher)
    service.prove_alive("first")
    empty(service.inbox)
    eventually(lambda: service.events("paused"))
    service.inbox.mkdir()
    service.prove_alive("second")
    assert_promises(service)


def test_replaced(service: Service) -> None:
    """Work goes on when the inbox is replaced by a new folder at once."""
    service.start()
    service.prove_alive("first")
    service.inbox.rename(service.root / "old")
    service.inbox.mkdir()
    service.prove_alive("second")
    assert_promises(service)


def test_renamed_and_back(service: Service) -> None:
    """Work resumes when a renamed inbox is back, with what has arrived since."""
    service.start()
    service.inbox.rename(service.root / "away")
    eventually(lambda: service.events("paused"))
    (service.root / "away" / "meanwhile.jpg").write_bytes(photo())
    (service.root / "away").rename(service.inbox)
    service.png("meanwhile.png")
    service.prove_alive()
    assert_promises(service)


@pytest.mark.parametrize("watcher", ["native", "polling"])
def test_unmounted(service: Service, tmp_path: Path, watcher: str) -> None:
    """Work resumes when an unmounted share is mounted again."""
    disk = tmp_path / "disk"
    disk.mkdir()
    with mounted(disk, *tmpfs("20m")), mounted(service.inbox, "--bind", disk):
        service.start(DROPCUT_WATCHER=watcher, DROPCUT_RESCAN_SECONDS=1)
        service.prove_alive("first")
        unmount(service.inbox)
        (disk / "meanwhile.jpg").write_bytes(photo())
        mount(service.inbox, "--bind", disk)
        service.png("meanwhile.png")
        service.prove_alive("third")
        assert_promises(service)


def test_fresh_file_system(service: Service) -> None:
    """Nothing is written below an unmounted inbox; a new mount there is used."""
    with mounted(service.inbox, *tmpfs("20m")):
        service.start()
        service.prove_alive("first")
        unmount(service.inbox)
        eventually(lambda: service.events("paused"))
        assert not names(service.inbox)
        mount(service.inbox, *tmpfs("20m"))
        service.prove_alive("second")
        assert_promises(service)


def test_mounted_over(service: Service) -> None:
    """A file system that is mounted over the inbox at run time is used."""
    service.start()
    service.prove_alive("first")
    with mounted(service.inbox, *tmpfs("20m")):
        service.prove_alive("second")
        assert_promises(service)
