"""The service that all cases about files share."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..service.flat_models import EVERYWHERE
from ..service.pictures import photo
from ..service.services import Service
from .files import FILES, FOREIGN, IGNORED
from .shared_run import SharedRun, make_device, make_socket


@pytest.fixture(scope="session")
def shared_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedRun]:
    """Drop the files of all cases into one service, and wait until they are filed."""
    root = tmp_path_factory.mktemp("shared_run")
    (root / "flat.onnx").write_bytes(EVERYWHERE)
    service = Service(root / "root", root / "flat.onnx")
    _make_others(service)
    service.start(
        DROPCUT_WATCHER="polling", DROPCUT_EMPTY="publish", DROPCUT_EDGES="raw"
    )
    made = SharedRun(service, service.process.pid)
    for name, data in {**FILES, **dict.fromkeys(IGNORED, photo())}.items():
        service.drop(name, data)
    with (service.inbox / "22" / "sparse.jpg").open("wb") as file:
        file.truncate(10 << 30)
    made.wait({*FILES, "22/sparse.jpg", "26/two.jpg"})
    yield made
    service.kill()


def _make_others(service: Service) -> None:
    """Make what is no ordinary file, and what stands where something is to go."""
    for name in ("inbox/22", "inbox/23", "inbox/25", "inbox/26", "far"):
        (service.root / name).mkdir()
    (service.root / "far" / "secret.jpg").write_bytes(photo())
    _make_links(service.inbox / "23", service.root / "far")
    os.mkfifo(service.inbox / "25" / "fifo.jpg")
    make_socket(service.inbox / "25" / "socket.jpg")
    if os.geteuid() == 0:
        make_device(service.inbox / "25" / "zero.jpg", stat.S_IFCHR)
        make_device(service.inbox / "25" / "disk.jpg", stat.S_IFBLK)
    (service.inbox / "26" / "two.jpg").hardlink_to(service.root / "far" / "secret.jpg")
    for name in ("outbox/30/a.png", "processed/30/a.jpg", "failed/30/b.jpg.error.json"):
        (service.root / name).parent.mkdir(exist_ok=True)
        (service.root / name).write_bytes(FOREIGN)


def _make_links(folder: Path, far: Path) -> None:
    (folder / "shadow.jpg").symlink_to("/etc/shadow")
    (folder / "outside.jpg").symlink_to(far / "secret.jpg")
    (folder / "within.jpg").symlink_to("../27/.hidden.jpg")
    (folder / "dangling.jpg").symlink_to("nowhere.jpg")
    (folder / "folder.jpg").symlink_to(far)
