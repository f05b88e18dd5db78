"""Folders in the inbox that are made to do harm."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from .invariants import assert_promises
from .processes import run
from .services import Service, names
from .waiting import eventually

_DEPTH = 1200
_TOO_DEEP = "sub-folders are nested too deeply to be watched"


@pytest.fixture
def deep(tmp_path: Path) -> Iterator[Path]:
    """Make a folder with sub-folders nested deeper than a program can recurse."""
    top = tmp_path / "deep"
    top.mkdir()
    folder = os.open(top, os.O_RDONLY)
    for _ in range(_DEPTH):
        os.mkdir("d", dir_fd=folder)
        below = os.open("d", os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = below
    os.close(folder)
    yield top
    run("rm", "-rf", tmp_path)


def test_deep_folders_at_the_start(service: Service, deep: Path) -> None:
    """Folders too deep to watch do not keep the service from starting and working."""
    deep.rename(service.inbox / "deep")
    service.start()
    service.prove_alive()
    warnings = service.events("polling")
    assert [event["reason"] for event in warnings] == [_TOO_DEEP]
    assert service.stop() == 0


def test_deep_folders_later(service: Service, deep: Path) -> None:
    """Folders that end the thread for events are noticed, and the inbox is polled."""
    service.start()
    deep.rename(service.inbox / "deep")
    eventually(
        lambda: service.events("polling"),
        explain=service.explain,
    )
    service.prove_alive()
    assert service.stop() == 0


@pytest.mark.parametrize("kind", ["link", "file"])
def test_something_else_for_the_claims(service: Service, kind: str) -> None:
    """Whatever is in place of the claims is named; when it is gone, work goes on."""
    other = service.root / "other"
    other.mkdir()
    if kind == "link":
        service.claims.symlink_to(other)
    else:
        service.claims.touch()
    done = service.command("check")
    assert done.code == 78
    assert (
        f"{service.claims} is not a folder that Dropcut created: remove it" in done.out
    )
    service.start()
    service.drop("a.jpg")
    (event,) = eventually(lambda: service.events("paused"), explain=service.explain)
    assert str(service.claims) in event["reason"]
    service.claims.unlink()
    service.wait(processed=1)
    assert names(other) == []
    assert_promises(service)
