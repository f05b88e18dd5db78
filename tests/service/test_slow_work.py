"""DROPCUT_JOB_SECONDS is the picture's own time: a model that is loaded takes none."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from dropcut.models.catalogue import load_model

from .invariants import assert_promises
from .processes import fuse
from .services import Service, names
from .tiny_model import tiny_model
from .waiting import eventually

PROFILES = """
[people]
model = "people.onnx"
"""
MODEL = load_model("u2netp", None, None).data
JOB_SECONDS = 3


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """Make a service that often looks how long a picture takes, and loads in turns."""
    (tmp_path / "tiny.onnx").write_bytes(tiny_model())
    (tmp_path / "people.onnx").write_bytes(MODEL)
    (tmp_path / "profiles.toml").write_text(PROFILES, "utf-8")
    service = Service(tmp_path / "root", tmp_path / "tiny.onnx")
    service.set(DROPCUT_PROFILES=tmp_path / "profiles.toml", DROPCUT_MODEL_MEMORY_MB=1)
    service.set(DROPCUT_WATCHER="polling", DROPCUT_POLL_SECONDS=0.02)
    yield service
    service.kill()


def test_slow_picture(service: Service) -> None:
    """A picture that takes longer than allowed fails as `timed-out`."""
    service.start(DROPCUT_JOB_SECONDS=0.01)
    service.drop("people/a.jpg")
    facts = service.reason("people/a.jpg")
    assert (facts["reason"], facts["attempts"]) == ("timed-out", 1)
    assert "0.01 seconds that DROPCUT_JOB_SECONDS allows" in facts["message"]
    assert_promises(service)


def test_slow_model(service: Service, tmp_path: Path) -> None:
    """A picture whose model takes longer to load than a picture may is done."""
    disk = tmp_path / "disk"
    disk.mkdir()
    (disk / "people.onnx").write_bytes(MODEL)
    (tmp_path / "people.onnx").unlink()
    with fuse(tmp_path / "models", disk) as program:
        (tmp_path / "people.onnx").symlink_to(tmp_path / "models/people.onnx")
        service.start(DROPCUT_JOB_SECONDS=JOB_SECONDS)
        program.send_signal(signal.SIGSTOP)
        service.drop("people/a.jpg")
        eventually(service.claimed, explain=service.explain)
        end = time.monotonic() + JOB_SECONDS + 1
        while time.monotonic() < end:
            assert not service.failures()
            time.sleep(0.1)
        assert not names(service.processed)
        program.send_signal(signal.SIGCONT)
        service.wait(processed=1)
        service.stop()
    assert names(service.outbox) == ["people/a.png"]
    (event,) = service.events()
    assert event["attempt"] == 1
    assert_promises(service)
