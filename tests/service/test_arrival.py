"""Every way in which a file arrives in the inbox, with events and without."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from .invariants import assert_promises
from .pictures import photo
from .services import Service, names


@pytest.fixture(scope="module", params=["native", "polling"])
def watching(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    tiny_model: Path,
) -> Iterator[Service]:
    """Start a service for each watcher; with events no rescan falls due."""
    root = tmp_path_factory.mktemp(str(request.param)) / "root"
    service = Service(root, tiny_model)
    yield service.start(DROPCUT_WATCHER=request.param)
    service.prove_alive("last")
    assert not [name for name in names(service.outbox) if name.endswith("-2.png")]
    assert len({event["name"] for event in service.events()}) == len(service.events())
    assert_promises(service)
    service.kill()


@pytest.fixture
def outside(watching: Service, tmp_path: Path) -> Path:
    """Return a folder outside the inbox, on the same file system."""
    folder = tmp_path / "outside"
    folder.mkdir()
    assert folder.stat().st_dev == watching.inbox.stat().st_dev
    return folder


def assert_one(service: Service, stem: str) -> None:
    """Check that a picture gave one PNG; `watching` later checks for duplicates."""
    service.png(f"{stem}.png")
    assert_promises(service)
    service.ended(f"{stem}.jpg", "done")


def test_copied_in(watching: Service) -> None:
    """A picture that is copied in gives one PNG."""
    watching.drop("copied.jpg")
    assert_one(watching, "copied")


def test_moved_in(watching: Service, outside: Path) -> None:
    """A picture that is moved in from outside gives one PNG."""
    (outside / "x").write_bytes(photo())
    (outside / "x").rename(watching.inbox / "moved.jpg")
    assert_one(watching, "moved")


def test_renamed_within(watching: Service) -> None:
    """A picture that is renamed once it is complete gives one PNG."""
    path = watching.drop("renamed.jpg.part")
    watching.prove_alive("between")
    path.rename(watching.inbox / "renamed.jpg")
    assert_one(watching, "renamed")


def test_linked_in(watching: Service, outside: Path) -> None:
    """A picture that is hard-linked in gives one PNG and stays where it was."""
    (outside / "x").write_bytes(photo())
    (watching.inbox / "linked.jpg").hardlink_to(outside / "x")
    assert_one(watching, "linked")
    assert (outside / "x").read_bytes() == photo()


def test_written_by_two_opens(watching: Service) -> None:
    """A picture that is created empty and filled by a second open gives one PNG."""
    path = watching.drop("twice.jpg", b"")
    with path.open("ab") as file:
        file.write(photo())
    assert_one(watching, "twice")


def test_folder_moved_in(watching: Service, outside: Path) -> None:
    """A folder that is moved in together with its pictures gives their PNGs."""
    (outside / "trip" / "day").mkdir(parents=True)
    (outside / "trip" / "day" / "a.jpg").write_bytes(photo())
    (outside / "trip").rename(watching.inbox / "trip")
    assert_one(watching, "trip/day/a")


def test_folder_copied_in(watching: Service, outside: Path) -> None:
    """A folder tree that is copied in gives one PNG for each picture."""
    for name in ("a", "b/a", "b/c/a"):
        (outside / name).parent.mkdir(parents=True, exist_ok=True)
        (outside / f"{name}.jpg").write_bytes(photo())
    shutil.copytree(outside, watching.inbox / "tree")
    for name in ("tree/a", "tree/b/a", "tree/b/c/a"):
        assert_one(watching, name)


def test_folder_filled_later(watching: Service) -> None:
    """A picture in a folder that was empty when it was first seen gives one PNG."""
    (watching.inbox / "early").mkdir()
    watching.prove_alive("before-early")
    watching.drop("early/late.jpg")
    assert_one(watching, "early/late")


def test_replaced_by_rename(watching: Service, outside: Path) -> None:
    """If a picture is replaced before it has settled, the new one is processed."""
    watching.drop("replaced.jpg", b"unfinished")
    (outside / "x").write_bytes(photo())
    os.replace(outside / "x", watching.inbox / "replaced.jpg")  # noqa: PTH105  # as mv
    assert_one(watching, "replaced")
