"""File systems of other kinds, and what happens to them while Dropcut works."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from .invariants import assert_promises
from .pictures import photo
from .processes import fuse, mount, mounted, run, tmpfs, unmount
from .services import FOLDERS, Service, names
from .waiting import eventually


@pytest.fixture
def back(tmp_path: Path) -> Path:
    """Make a folder that is to be seen elsewhere, through a mount."""
    (tmp_path / "back").mkdir()
    return tmp_path / "back"


@pytest.fixture
def bound(service: Service, back: Path) -> Iterator[Service]:
    """Let each folder be a bind mount of its own, all of one file system."""
    for name in FOLDERS:
        (back / name).mkdir()
        mount(service.root / name, "--bind", back / name)
    devices = {(service.root / name).stat().st_dev for name in FOLDERS}
    assert devices == {service.root.stat().st_dev}
    yield service
    service.kill()
    for name in FOLDERS:
        run("umount", "--lazy", service.root / name)


def assert_paused(service: Service, word: str) -> None:
    """Check that the service says once what is wrong, and lives on."""
    eventually(lambda: service.events("paused"), explain=service.explain)
    (told,) = service.events("paused")
    assert word in told["reason"]
    assert not service.failures()


def test_fuse(service: Service, back: Path) -> None:
    """A FUSE file system, which does not report changes made elsewhere, is polled."""
    for name in FOLDERS:
        (back / name).mkdir()
    with fuse(service.root / "share", back):
        service.set(DROPCUT_ROOT=service.root / "share").start()
        (back / "inbox" / "a.jpg").write_bytes(photo())
        (back / "inbox" / "bad.jpg").write_bytes(b"no picture")
        eventually((back / "processed" / "a.jpg").exists, explain=service.explain)
        eventually((back / "failed" / "bad.jpg").exists, explain=service.explain)
        assert names(back / "outbox") == ["a.png"]
        assert service.stop() == 0


def test_fuse_that_dies(service: Service, back: Path) -> None:
    """A FUSE file system whose program was killed is waited for, and taken up again."""
    with fuse(service.inbox, back) as program:
        service.start()
        service.prove_alive("first")
        program.kill()
        assert_paused(service, "not connected")
    (back / "meanwhile.jpg").write_bytes(photo())
    with fuse(service.inbox, back):
        service.png("meanwhile.png")
        service.prove_alive("third")
        assert len(service.events("paused")) <= 2
        assert_promises(service)
        service.kill()


@pytest.mark.parametrize("watcher", ["native", "polling"])
def test_overlay(service: Service, back: Path, watcher: str) -> None:
    """A picture out of a lower layer, which moving changes, is done exactly once."""
    with mounted(back, *tmpfs("20m")):
        for name in ("lower", "upper", "work"):
            (back / name).mkdir()
        (back / "lower" / "below.jpg").write_bytes(photo())
        layers = f"lowerdir={back}/lower,upperdir={back}/upper,workdir={back}/work"
        with mounted(service.inbox, "-t", "overlay", "-o", layers, "dropcut-test"):
            service.start(DROPCUT_WATCHER=watcher)
            service.png("below.png")
            service.prove_alive()
            assert names(service.outbox) == ["below.png", "proof.png"]
            assert_promises(service)
            service.kill()


def test_bind_mounts_of_one_file_system(bound: Service) -> None:
    """Folders between which no rename works, though their device is one, get copies."""
    bound.start()
    bound.drop("sub/good.jpg")
    bound.drop("bad.jpg", b"no picture")
    bound.wait(processed=1, failed=1)
    assert names(bound.outbox) == ["sub/good.png"]
    assert (bound.processed / "sub" / "good.jpg").read_bytes() == photo()
    assert_promises(bound)


@pytest.mark.parametrize("name", ["inbox", "outbox"])
def test_bind_mount_that_goes(bound: Service, back: Path, name: str) -> None:
    """A bind mount of the same file system, too, is missed, and nothing is below it."""
    folder = bound.root / name
    bound.start()
    bound.prove_alive("first")
    unmount(folder)
    (back / "inbox" / "second.jpg").write_bytes(photo())
    assert_paused(bound, "is not mounted")
    assert not list(folder.iterdir())
    mount(folder, "--bind", back / name)
    bound.wait(processed=2)
    bound.prove_alive("third")
    assert_promises(bound)


@pytest.mark.parametrize("name", FOLDERS)
def test_read_only_for_a_while(service: Service, name: str) -> None:
    """A folder whose file system turns read-only pauses the work until it is not."""
    folder = service.root / name
    with mounted(folder, *tmpfs("20m")):
        service.start(DROPCUT_SETTLE_SECONDS=2)
        service.drop("a.jpg", b"no picture" if name == "failed" else None)
        assert run("mount", "-o", "remount,ro", folder).code == 0
        assert_paused(service, "Read-only file system")
        service.keeps(1)
        assert run("mount", "-o", "remount,rw", folder).code == 0
        service.wait(processed=(name != "failed"), failed=(name == "failed"))
        assert_promises(service)
        service.kill()


@pytest.mark.parametrize("name", ["inbox", "outbox", "failed"])
def test_out_of_inodes(service: Service, name: str) -> None:
    """A file system on which files can no longer be created pauses the work."""
    folder = service.root / name
    with mounted(folder, "-t", "tmpfs", "-o", "size=20m,nr_inodes=12", "dropcut-test"):
        service.drop("a.jpg", b"no picture" if name == "failed" else None)
        fillers = list(_filled(folder))
        service.start()
        assert_paused(service, "No space left")
        service.keeps(1)
        for filler in fillers:
            filler.rmdir()
        service.wait(processed=(name != "failed"), failed=(name == "failed"))
        assert_promises(service)
        service.kill()


def _filled(folder: Path) -> Iterator[Path]:
    """Make hidden folders until nothing more can be made."""
    with suppress(OSError):
        for number in range(100):
            (folder / f".{number}").mkdir()
            yield folder / f".{number}"


def test_times_of_other_ages(service: Service) -> None:
    """Pictures of 1960, 1970 and 2099 are done at once, and keep their time."""
    years = {"1960": -315_619_200, "1970": 0, "2099": 4_070_908_800}
    for year, seconds in years.items():
        os.utime(service.drop(f"{year}.jpg"), (seconds, seconds))
    with mounted(service.processed, *tmpfs("20m")):
        service.start()
        service.wait(processed=3)
        for year, seconds in years.items():
            original = service.processed / f"{year}.jpg"
            assert original.stat().st_mtime == seconds
        assert_promises(service)
        service.kill()
