"""Services to test, made and ended for each test or each module."""

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..mirror import whole
from .machine import Machine
from .notifications import Notifications
from .services import Service
from .tiny_catalogue import TINY
from .tiny_model import write_tiny_model


@pytest.fixture(scope="session", autouse=True)
def _ctrl_c() -> Iterator[None]:
    """Let children hear of Ctrl-C, which a shell's background jobs ignore."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the tiny model to a file."""
    return write_tiny_model(tmp_path_factory.mktemp("model") / "tiny.onnx")


@pytest.fixture
def service(tmp_path: Path, tiny_model: Path) -> Iterator[Service]:
    """Make a service that is not started yet."""
    service = Service(tmp_path / "root", tiny_model)
    yield service
    service.kill()


@pytest.fixture(scope="module")
def shared(
    tmp_path_factory: pytest.TempPathFactory, tiny_model: Path
) -> Iterator[Service]:
    """Start one service for all tests of a module; polling is quicker than events."""
    service = Service(tmp_path_factory.mktemp("shared") / "root", tiny_model)
    yield service.start(DROPCUT_WATCHER="polling")
    service.kill()


@pytest.fixture
def below(shared: Service, request: pytest.FixtureRequest) -> Service:
    """Return the shared service in a sub-folder of the test's own."""
    return shared.below(re.sub(r"\W", "-", request.node.name))


@pytest.fixture
def notifications(tmp_path: Path) -> Iterator[Notifications]:
    """Listen where systemd would."""
    notifications = Notifications(tmp_path / "n")
    yield notifications
    notifications.close()


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """Make a machine whose mirror has the tiny model."""
    machine = Machine(tmp_path)
    machine.offer(whole(TINY))
    yield machine
    machine.mirror.close()
