"""What one folder or one reader does wrong is borne by it alone."""

import os
import time
from contextlib import suppress
from pathlib import Path

import pytest

from .invariants import assert_promises
from .pictures import large_photo, photo
from .processes import DROPCUT, mount, mounted, run, spawn, tmpfs, unmount
from .services import Service, names
from .waiting import eventually


@pytest.mark.parametrize("folder", ["outbox", "processed"])
def test_folder_that_cannot_be_entered(
    service: Service, tmp_path: Path, folder: str
) -> None:
    """Pictures whose folder is a link wait until it is fixed; others are done."""
    link = service.root / folder / "sub"
    link.symlink_to(tmp_path)
    for name in ("sub/1.jpg", "sub/2.jpg", "sub/3.jpg"):
        service.drop(name)
    service.start(DROPCUT_RESCAN_SECONDS=1)
    for name in ("first", "second", "third"):
        service.prove_alive(name)
    assert not service.failures()
    link.unlink()
    service.wait(processed=6)
    assert len(names(service.outbox)) == 6
    assert_promises(service)


def test_png_that_is_taken_away(service: Service) -> None:
    """A PNG that a reader takes out at once is not made again while filing fails."""
    taken = service.root / "taken.png"
    service.start(DROPCUT_MAX_ATTEMPTS=1)
    service.processed.rename(service.root / "away")
    service.drop("a.jpg")
    service.png("a.png").rename(taken)
    eventually(lambda: service.events("paused"))
    (service.root / "away").rename(service.processed)
    service.wait(processed=1)
    assert not names(service.outbox)
    assert not names(service.failed)


def test_outbox_that_is_moved_away(service: Service) -> None:
    """A missing outbox pauses the work, which goes on soon after it is back."""
    service.start()
    service.outbox.rename(service.root / "away")
    service.drop("a.jpg")
    eventually(lambda: service.events("paused"))
    assert not service.events("skipped")
    (service.root / "away").rename(service.outbox)
    service.wait(processed=1)
    eventually(lambda: service.events("resumed"), explain=service.explain)
    assert_promises(service)


def test_unmounted_outbox(service: Service, tmp_path: Path) -> None:
    """Nothing is written below an outbox that is no longer mounted."""
    disk = tmp_path / "disk"
    disk.mkdir()
    with mounted(disk, *tmpfs("20m")), mounted(service.outbox, "--bind", disk):
        service.start()
        service.prove_alive("first")
        unmount(service.outbox)
        service.drop("second.jpg")
        eventually(lambda: service.events("paused"), explain=service.explain)
        assert not names(service.outbox)
        mount(service.outbox, "--bind", disk)
        service.wait(processed=2)
        assert names(service.outbox) == ["first.png", "second.png"]
        assert_promises(service)


def test_log_that_cannot_be_written(service: Service) -> None:
    """A full disk under the log, or a closed pipe, does not end the work."""
    service.drop("a.jpg")
    with Path("/dev/full").open("wb") as full:
        process = spawn(
            *DROPCUT, "run", "--once", env=service.environment, err=full.fileno()
        )
        assert process.wait(60) == 0
        process.communicate()
    assert names(service.outbox) == ["a.png"]


def test_log_that_nobody_reads(service: Service) -> None:
    """A pipe that is full and never read delays neither the work nor its end."""
    service.drop("a.jpg")
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writer, bytes(4096))
    os.set_blocking(writer, True)
    process = spawn(*DROPCUT, "run", "--once", env=service.environment, err=writer)
    assert process.wait(60) == 0
    process.communicate()
    os.close(writer)
    os.close(reader)
    assert names(service.outbox) == ["a.png"]


def test_picture_that_stalls(service: Service) -> None:
    """A copy that stalls for less than ten times the settle time is not failed."""
    data = photo()
    service.start(DROPCUT_SETTLE_SECONDS=1)
    path = service.drop("slow.jpg", data[: len(data) // 2])
    eventually(lambda: service.outcomes("slow.jpg") == ["put-back"])
    end = time.monotonic() + 3
    while time.monotonic() < end:
        assert not service.failures()
        time.sleep(0.1)
    with path.open("ab") as file:
        file.write(data[len(data) // 2 :])
    service.wait(processed=1)
    assert_promises(service)


def test_deep_folders(service: Service) -> None:
    """A folder nested too deeply is left alone and named; the rest is done."""
    deep = "/".join(["d"] * 600)
    start = os.open(service.inbox, os.O_RDONLY)
    for part in deep.split("/"):
        os.mkdir(part, dir_fd=start)  # the whole path is too long
        below = os.open(part, os.O_RDONLY, dir_fd=start)
        os.close(start)
        start = below
    os.close(start)
    service.start(DROPCUT_RESCAN_SECONDS=1)
    service.prove_alive()
    eventually(lambda: service.events("skipped"), explain=service.explain)


def test_inbox_that_goes_for_good(service: Service) -> None:
    """`run --once` ends when the inbox is removed and does not come back."""
    service.drop("large.jpg", large_photo(3000))
    process = spawn(*DROPCUT, "run", "--once", env=service.environment)
    eventually(lambda: service.claimed() != [])
    service.inbox.rename(service.root / "away")
    assert process.wait(90) == 1
    process.communicate()


def test_internal_errors_have_their_code(service: Service) -> None:
    """What Dropcut cannot do at all ends with 70, never as if pictures had failed."""
    stub = service.root / "stub"
    stub.mkdir()
    (stub / "pyvips.py").write_text("raise ImportError('no libvips')", "ascii")
    env = {**service.environment, "PYTHONPATH": str(stub)}
    finished = run(*DROPCUT, "run", "--once", env=env)
    assert finished.code == 70
    assert finished.err.startswith("dropcut: the decoder process failed to start")
    assert "no libvips" in finished.err
