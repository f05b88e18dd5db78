"""Cases 23 to 32: names, and what is no ordinary file."""

import os

import pytest

from ..hostile_names import NAMES
from ..requiring import require
from ..service.invariants import assert_promises, pixels
from ..service.pictures import ASTRONAUT, photo
from .files import FILES, FOREIGN, IGNORED, TWINS
from .shared_run import SharedRun


@pytest.mark.parametrize("name", ["shadow", "outside", "within", "dangling", "folder"])
def test_23_link(shared_run: SharedRun, name: str) -> None:
    """A symbolic link is neither read nor moved, wherever it leads, and named once."""
    assert shared_run.left_alone(f"23/{name}.jpg") == "a link"
    assert (shared_run.service.root / "far" / "secret.jpg").read_bytes() == photo()


@pytest.mark.parametrize("kind", ["FIFO", "socket"])
def test_25_fifo_and_socket(shared_run: SharedRun, kind: str) -> None:
    """What has no end to be read to is not opened, and named once."""
    assert shared_run.left_alone(f"25/{kind.lower()}.jpg") == f"a {kind}"


@pytest.mark.parametrize("name", ["zero", "disk"])
def test_25_device(shared_run: SharedRun, name: str) -> None:
    """A device is not opened, and named once."""
    require(os.geteuid() == 0, "making a device needs root")
    assert shared_run.left_alone(f"25/{name}.jpg") == "a device"


def test_26_hard_link(shared_run: SharedRun) -> None:
    """A picture with a second name elsewhere is done, and the other name stays."""
    assert shared_run.done("26/two.jpg").shape[1] == 160
    assert (shared_run.service.root / "far" / "secret.jpg").read_bytes() == photo()


def test_27_ignored(shared_run: SharedRun) -> None:
    """Folders are mirrored; hidden, unfinished and system files are left alone."""
    for name in IGNORED:
        assert (shared_run.service.inbox / name).read_bytes() == photo()
    told = {event["name"] for event in shared_run.service.events("skipped")}
    assert not told & {*IGNORED}
    assert not (shared_run.service.outbox / "27").exists()


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_28_hostile_name(shared_run: SharedRun, name: str) -> None:
    """A picture gives a PNG and keeps its name, however that is spelled."""
    assert shared_run.done(f"28/{name}").shape[1] == 160
    assert (shared_run.service.processed / "28" / name).read_bytes() == photo()


def test_28_results_of_hostile_names(shared_run: SharedRun) -> None:
    """Each of these pictures has a result of its own, under a valid name."""
    results = [
        os.fsencode(p.name) for p in (shared_run.service.outbox / "28").iterdir()
    ]
    assert len(results) == len(NAMES)
    assert all(name.endswith(b".png") and len(name) <= 255 for name in results)


def test_28_log_of_hostile_names(shared_run: SharedRun) -> None:
    """The log is one line of printable JSON for each event, whatever the names."""
    text = shared_run.service.log.read_bytes().decode("utf-8")
    lines = text.removesuffix("\n").split("\n")
    assert all(line.startswith("{") and line.isprintable() for line in lines)
    assert len(shared_run.service.events("ready")) == 1


def test_29_twins(shared_run: SharedRun) -> None:
    """Names that differ in case, extension or normal form give results of their own."""
    outputs = {shared_run.line(f"29/{name}")["output"] for name in TWINS}
    assert len(outputs) == len(TWINS)
    for name in TWINS:
        assert shared_run.done(f"29/{name}").any()
        filed = shared_run.service.processed / "29" / name
        assert filed.read_bytes() == FILES[f"29/{name}"]


def test_30_taken_names(shared_run: SharedRun) -> None:
    """What has the name of a result, original or reason already stays as it is."""
    foreign = ("outbox/30/a.png", "processed/30/a.jpg", "failed/30/b.jpg.error.json")
    for name in foreign:
        assert (shared_run.service.root / name).read_bytes() == FOREIGN
    assert shared_run.line("30/a.jpg")["output"] == "30/a-2.png"
    assert (shared_run.service.processed / "30" / "a-2.jpg").read_bytes() == photo()
    assert (shared_run.service.failed / "30" / "b-2.jpg").read_bytes() == b"no picture"


def test_31_same_file_twice(shared_run: SharedRun) -> None:
    """The same file dropped again gives a second result and is filed beside."""
    shared_run.service.drop("31/same.jpg", photo())
    second = shared_run.service.png("31/same-2.png")
    assert (pixels(second) == pixels(shared_run.service.png("31/same.png"))).all()
    shared_run.service.ended("31/same.jpg", "done", "done")
    filed = shared_run.service.processed / "31"
    for name in ("same.jpg", "same-2.jpg"):
        assert (filed / name).read_bytes() == photo()


def test_32_used_name(shared_run: SharedRun) -> None:
    """A second picture of a used name gives a second result, of the second picture."""
    shared_run.service.drop("32/scan.jpg", photo(ASTRONAUT))
    second = pixels(shared_run.service.png("32/scan-2.png"))
    assert second.shape[:2] == (160, 160)
    assert pixels(shared_run.service.png("32/scan.png")).shape[:2] != (160, 160)


def test_all_promises(shared_run: SharedRun) -> None:
    """After all of them no promise is broken, and the service is well."""
    shared_run.service.prove_alive()
    assert_promises(shared_run.service)
