"""A service without root's privileges, with files of other users."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..requiring import require
from .invariants import assert_promises
from .pictures import photo
from .processes import DROPCUT, powerless, run
from .services import FOLDERS, Service, names
from .waiting import eventually

RETRIES, PICTURES = 3, 2
NOBODY = 65_534
_MANY = 40


@pytest.fixture
def poor(service: Service) -> Iterator[Service]:
    """Return an unprivileged service that rescans all the time."""
    service.under = powerless()
    yield service.set(DROPCUT_RESCAN_SECONDS=0.1, DROPCUT_LOG_LEVEL="debug")
    for name in FOLDERS:
        (service.root / name).chmod(0o755)


def told(service: Service, name: str) -> list[str]:
    """Return the reasons that were logged for an unclaimable picture."""
    return [e["reason"] for e in service.events("skipped") if e["name"] == name]


def inferences(service: Service, name: str) -> int:
    """Return how often the model ran on a picture."""
    events = [e for e in service.events() if e["name"] == name]
    return sum("infer" in e.get("ms", {}) for e in events)


def test_foreign_file_in_a_sticky_folder(poor: Service) -> None:
    """A picture that cannot be moved is reported once and done when it can be."""
    path = poor.drop("theirs.jpg")
    for foreign in (poor.inbox, path):
        foreign.chmod(0o1777 if foreign == poor.inbox else 0o644)
        chown(foreign, NOBODY)
    poor.start()
    for number in range(RETRIES):
        poor.prove_alive(str(number))
    (why,) = told(poor, "theirs.jpg")
    assert why.endswith("Operation not permitted")
    assert inferences(poor, "theirs.jpg") == 0
    assert not (poor.outbox / "theirs.png").exists()
    chown(path, 0)
    poor.png("theirs.png")
    assert_promises(poor)


def test_file_that_may_not_be_read(poor: Service) -> None:
    """An unreadable picture is reported once and done when it is readable."""
    path = poor.drop("secret.jpg")
    path.chmod(0)
    poor.start()
    for number in range(RETRIES):
        poor.prove_alive(str(number))
    (why,) = told(poor, "secret.jpg")
    assert why.endswith("Permission denied")
    path.chmod(0o644)
    poor.png("secret.png")
    assert_promises(poor)


def test_inbox_that_turns_read_only(poor: Service) -> None:
    """Pictures that cannot be claimed wait in the inbox until they can be."""
    poor.start()
    poor.prove_alive("first")
    poor.inbox.chmod(0o555)
    poor.drop("second.jpg")
    eventually(lambda: told(poor, "second.jpg"), explain=poor.explain)
    assert (poor.inbox / "second.jpg").read_bytes() == photo()
    poor.inbox.chmod(0o755)
    poor.prove_alive("third")
    poor.png("second.png")
    (why,) = told(poor, "second.jpg")
    assert why.endswith("Permission denied")
    poor.ended("second.jpg", "done")
    assert inferences(poor, "second.jpg") == 1
    assert_promises(poor)


@pytest.mark.parametrize("name", FOLDERS[1:])
def test_folder_that_turns_read_only(poor: Service, name: str) -> None:
    """An unwritable folder is reported once, and no picture is done twice."""
    pictures = {f"{number}.jpg" for number in range(PICTURES)}
    bad = name == "failed"
    poor.start()
    poor.prove_alive("first")
    (poor.root / name).chmod(0o555)
    for picture in pictures:
        poor.drop(picture, b"no picture" if bad else None)
    eventually(lambda: tries(poor) > PICTURES, explain=poor.explain)
    poor.keeps(1 + PICTURES)
    (poor.root / name).chmod(0o755)
    poor.wait(processed=1 + PICTURES * (not bad), failed=PICTURES * bad)
    poor.prove_alive("last")
    assert {inferences(poor, picture) for picture in pictures} == {int(not bad)}
    (paused,) = poor.events("paused")
    assert paused["reason"] == f"{poor.root / name}: Permission denied"
    assert_promises(poor)


@pytest.mark.parametrize("name", ["outbox", "processed"])
def test_folder_below_that_is_read_only(poor: Service, name: str) -> None:
    """Pictures below a folder that is read-only wait; others do not wait for them."""
    locked = poor.root / name / "shop"
    locked.mkdir()
    locked.chmod(0o555)
    for number in range(_MANY):
        poor.drop(f"shop/{number}.jpg")
    poor.start(DROPCUT_RESCAN_SECONDS=5)
    eventually(lambda: poor.events("paused"), explain=poor.explain)
    for number in range(RETRIES):
        poor.prove_alive(str(number))
    (paused,) = poor.events("paused")
    assert (paused["folder"], paused["reason"]) == (
        "shop",
        f"{locked}: Permission denied",
    )
    assert not poor.events("resumed")
    claims = [name for name in poor.claimed() if not name.endswith(".json")]
    assert len(claims) < _MANY / 2, "the inbox is the place to wait in"
    locked.chmod(0o755)
    poor.wait(processed=RETRIES + _MANY, seconds=120)
    assert {inferences(poor, f"shop/{number}.jpg") for number in range(_MANY)} == {1}
    assert_promises(poor)


def tries(service: Service) -> int:
    """Return how often a picture was attempted without success."""
    return sum(event["outcome"] == "postponed" for event in service.events())


def test_restarted_while_it_may_not_file(poor: Service) -> None:
    """A PNG whose original cannot be archived is not made again after a restart."""
    poor.start()
    poor.processed.chmod(0o555)
    poor.drop("second.jpg")
    eventually(lambda: tries(poor), explain=poor.explain)
    assert poor.stop() == 0
    poor.start()
    before = tries(poor)
    eventually(lambda: tries(poor) > before, explain=poor.explain)
    poor.processed.chmod(0o755)
    eventually(lambda: "done" in poor.outcomes("second.jpg"), explain=poor.explain)
    assert names(poor.outbox) == ["second.png"]
    assert inferences(poor, "second.jpg") == 1
    assert_promises(poor)


def chown(path: Path, owner: int) -> None:
    """Change the owner of a file or folder."""
    os.chown(path, owner, owner)


@pytest.mark.parametrize("ends", ["itself", "a kill"])
def test_what_root_leaves(service: Service, ends: str) -> None:
    """What root's commands make in the folders belongs to the owner of the folders."""
    require(os.geteuid() == 0, "giving files away needs root")
    for name in ("shop/a.jpg", "bad.jpg", "sub/bad.jpg"):
        service.drop(name, None if name == "shop/a.jpg" else b"no picture")
    for path in (service.root, *service.root.rglob("*")):
        if path != service.log:
            os.chown(path, 1234, 2345)
    if ends == "a kill":
        service.start(DROPCUT_SETTLE_SECONDS=0.01)
        eventually(service.claimed, explain=service.explain)
        service.kill()
    else:
        assert service.command("run", "--once").code == 1
        shutil.rmtree(service.inbox / "sub")
        assert service.command("retry").code == 0
    for command in ("check", "status"):
        assert service.command(command).code == 0
    left = [path for path in service.root.rglob("*") if path != service.log]
    owners = {path: (path.stat().st_uid, path.stat().st_gid) for path in left}
    assert {path: o for path, o in owners.items() if o != (1234, 2345)} == {}


def test_hidden_folder_that_cannot_be_written(poor: Service) -> None:
    """An unusable hidden folder of the outbox pauses the work, and is named."""
    hidden = poor.outbox / ".dropcut"
    hidden.mkdir()
    chown(hidden, NOBODY)
    poor.start()
    poor.drop("a.jpg")
    eventually(lambda: poor.events("paused"), explain=poor.explain)
    (paused,) = poor.events("paused")
    assert paused["reason"] == f"{hidden}: Permission denied"
    done = run(*poor.under, *DROPCUT, "check", env=poor.environment)
    assert done.code == 78
    assert f"FAIL  {hidden} cannot be written" in done.out
    chown(hidden, 0)
    poor.png("a.png")
    assert_promises(poor)


def test_outbox_whose_root_cannot_be_written(poor: Service) -> None:
    """It is enough if the sub-folders of the outbox can be written."""
    (poor.outbox / "shop").mkdir()
    poor.outbox.chmod(0o555)
    poor.start()
    for number in range(PICTURES):
        poor.drop(f"shop/{number}.jpg")
    poor.wait(processed=PICTURES)
    made = {f"shop/{number}.png" for number in range(PICTURES)}
    assert set(names(poor.outbox)) == made
    assert_promises(poor)


def test_claims_folder_that_cannot_be_written(poor: Service) -> None:
    """An unusable claims folder is named, and pictures are done once it is usable."""
    poor.claims.mkdir()
    chown(poor.claims, NOBODY)
    poor.drop("a.jpg")
    poor.start()
    eventually(lambda: poor.events("paused"), explain=poor.explain)
    assert str(poor.claims) in poor.events("paused")[0]["reason"]
    chown(poor.claims, 0)
    poor.png("a.png")
    assert_promises(poor)
