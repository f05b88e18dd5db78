"""Models that do not fit into memory together, and models that are lost later."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from dropcut.models.catalogue import load_model

from ..faulty_models import PICKY
from .flat_models import LEFT, RIGHT
from .invariants import assert_promises, pixels
from .notifications import Notifications
from .pictures import photo
from .processes import DROPCUT, run
from .services import Service, names
from .test_notify import is_told
from .waiting import eventually

PROFILES = """
[people]
model = "right.onnx"
model_recipe = "u2net"
"""
SMALL = photo(width_px=80)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """Make a service of two models that do not fit into memory together."""
    for name, model in {"left": LEFT, "right": RIGHT}.items():
        (tmp_path / f"{name}.onnx").write_bytes(model)
    (tmp_path / "profiles.toml").write_text(PROFILES, "utf-8")
    service = Service(tmp_path / "root", tmp_path / "left.onnx")
    service.set(DROPCUT_PROFILES=tmp_path / "profiles.toml", DROPCUT_MODEL_MEMORY_MB=1)
    yield service
    service.kill()


def take_away(service: Service) -> None:
    """Take the model for people away, once the service has put it out of memory."""
    right = service.root.parent / "right.onnx"
    right.rename(right.with_name("away.onnx"))
    service.prove_alive("without")


def bring_back(service: Service) -> None:
    """Bring the model for people back."""
    away = service.root.parent / "away.onnx"
    away.rename(away.with_name("right.onnx"))


def drop_people(service: Service, count: int) -> None:
    """Drop pictures of people."""
    for number in range(count):
        service.drop(f"people/{number:02}.jpg", SMALL)


def paused(service: Service) -> list[str]:
    """Wait until work is paused, and return for which models and why."""
    events = eventually(lambda: service.events("paused"), explain=service.explain)
    return [f"{event.get('model')}: {event['reason']}" for event in events]


def test_turns(service: Service) -> None:
    """Models that do not fit into memory together take turns: each is loaded anew."""
    service.start()
    right = service.root.parent / "right.onnx"
    for number, model in enumerate((RIGHT, LEFT, RIGHT, LEFT)):
        right.write_bytes(model)
        service.prove_alive(f"{number}")
        service.drop(f"people/{number}.jpg")
        service.wait(processed=2 * number + 2)
        alpha = pixels(service.outbox / f"people/{number}.png")[..., 3]
        seen, other = alpha[:, 90:], alpha[:, :70]
        if model is LEFT:
            seen, other = other, seen
        assert (seen.min(), other.max()) == (255, 0)
    models = {e["name"].split("/")[0]: e["model"] for e in service.events()}
    assert models.pop("people") == "right"
    assert set(models.values()) == {"left"}
    assert_promises(service)


def test_no_turns_where_there_is_room(service: Service) -> None:
    """Models that fit into memory together stay as they were loaded."""
    service.start(DROPCUT_MODEL_MEMORY_MB=2000)
    take_away(service)
    service.drop("people/a.jpg")
    service.wait(processed=2)
    assert_promises(service)


def peak_mb(root: Path, memory_mb: int) -> int:
    """Return the peak of memory of a service that uses three models in turns."""
    data = load_model("u2netp", None, None).data
    root.mkdir()
    for name in ("one", "two", "three"):
        (root / f"{name}.onnx").write_bytes(data)
    tables = [f'[{n}]\nmodel = "{n}.onnx"\n' for n in ("two", "three")]
    (root / "profiles.toml").write_text("".join(tables), "utf-8")
    service = Service(root / "root", root / "one.onnx")
    service.set(DROPCUT_PROFILES=root / "profiles.toml", DROPCUT_EMPTY="publish")
    service.set(DROPCUT_MODEL_MEMORY_MB=memory_mb, DROPCUT_MODEL_RECIPE="u2net")
    for folder in (".", "two", "three"):
        service.drop(f"{folder}/a.jpg", SMALL)
    done = run(*DROPCUT, "run", "--once", env=service.environment)
    assert done.code == 0, done.err
    service.log.write_text(done.err)
    return max(int(event["peak_rss_mb"]) for event in service.events())


def test_memory_bound(tmp_path: Path) -> None:
    """Three models within a bound for one take the memory of one, not of three."""
    bounded, unbounded = (peak_mb(tmp_path / str(mb), mb) for mb in (1, 2000))
    assert unbounded - bounded > 120


def test_lost_model_with_a_backlog(
    service: Service, notifications: Notifications
) -> None:
    """Pictures of a model that is gone wait; others are done, before and after them."""
    service.start(NOTIFY_SOCKET=notifications.path)
    take_away(service)
    drop_people(service, 12)
    (why,) = paused(service)
    assert "right.onnx: the model is missing or has changed: " in why
    assert "profiles.toml: [people] model: " in why
    for number in range(5):
        service.prove_alive(f"other {number}")
    assert names(service.processed / "people") == []
    service.keeps(18)
    assert is_told(
        notifications, "STATUS=paused in part", "is missing or has changed", " 12 "
    )
    bring_back(service)
    service.wait(processed=18)
    assert len(service.events("paused")) == 1
    (well,) = service.events("resumed")
    assert well["model"] == "right"
    attempts = {event["attempt"] for event in service.events()}
    assert attempts == {1}
    assert_promises(service)


def test_once_without_a_model(service: Service) -> None:
    """`run --once` leaves only the pictures of a lost model in the inbox, and ends."""
    (service.root.parent / "right.onnx").write_bytes(PICKY)
    drop_people(service, 4)
    for number in range(4):
        service.drop(f"{number}.jpg")
    done = run(*DROPCUT, "run", "--once", env=service.environment)
    assert done.code == 1
    service.log.write_text(done.err)
    assert names(service.processed) == [f"{number}.jpg" for number in range(4)]
    assert names(service.inbox) == [f"people/{number:02}.jpg" for number in range(4)]
    (why,) = paused(service)
    assert "right cannot be run: " in why
    assert len(service.events("giving up, pictures remain")) == 1
    assert_promises(service)


def test_model_that_fails_at_every_picture(service: Service) -> None:
    """A model that can no longer be run fails no picture, and harms no other."""
    right = service.root.parent / "right.onnx"
    right.write_bytes(PICKY)
    service.start()
    drop_people(service, 5)
    (why,) = paused(service)
    assert "right cannot be run: " in why
    service.prove_alive()
    assert not service.failures()
    right.write_bytes(RIGHT)
    service.prove_alive("turn")
    service.wait(processed=7)
    assert {event["attempt"] for event in service.events()} == {1}
    assert_promises(service)
