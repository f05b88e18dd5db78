"""Shared by the crash tests: daemons side by side, sampling, and a summary."""

import os
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import TypeVar

import pytest

from ..service.processes import mounted, tmpfs
from ..service.services import Service
from ..service.tiny_model import write_tiny_model
from .fault_sweep import FaultSweep
from .scenarios import Scenario
from .world import World

_LANES = 2
# One picture at a time, or which step comes first is chance
_SETTINGS = {
    "DROPCUT_WATCHER": "polling",
    "DROPCUT_MAX_ATTEMPTS": 20,
    "DROPCUT_THREADS": 1,
}
_Item = TypeVar("_Item")
_Result = TypeVar("_Result")
Worlds = Callable[[], World]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how many kills and errors all tests injected."""
    figures: dict[str, int] = {}
    reports = terminalreporter.getreports("passed")
    for report in reports:
        for name, number in getattr(report, "user_properties", ()):
            if report.when == "call":
                figures[name] = figures.get(name, 0) + number
    for name, number in figures.items():
        terminalreporter.write_line(f"{name}: {number}")


class Lanes:
    """Daemons that run the same scenario side by side."""

    def __init__(self, sweeps: Sequence[FaultSweep]) -> None:
        """Create one lane for each daemon."""
        self._sweeps = sweeps
        self.steps = sweeps[0].steps()

    def share(
        self,
        items: Sequence[_Item],
        work: Callable[[FaultSweep, Sequence[_Item]], _Result],
    ) -> list[_Result]:
        """Split some work between the lanes; return the result of each."""
        count = len(self._sweeps)
        parts = [items[rank::count] for rank in range(count)]
        with ThreadPoolExecutor(count) as pool:
            return list(pool.map(work, self._sweeps, parts))


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file with the tiny model."""
    return write_tiny_model(tmp_path_factory.mktemp("model") / "tiny.onnx")


@pytest.fixture
def lanes(tmp_path: Path, tiny_model: Path) -> Iterator[Callable[[Scenario], Lanes]]:
    """Return a function that starts daemons for a scenario."""
    with ExitStack() as stack:

        def sweep(scenario: Scenario, root: Path) -> FaultSweep:
            service = Service(root, tiny_model).set(**_SETTINGS)
            if scenario.elsewhere:
                place = service.root / scenario.elsewhere
                stack.enter_context(mounted(place, *tmpfs("20m")))
            stack.callback(service.kill)
            return FaultSweep(service, scenario)

        def start(scenario: Scenario) -> Lanes:
            roots = [tmp_path / str(lane) for lane in range(_LANES)]
            return Lanes([sweep(scenario, root) for root in roots])

        yield start


class Choice:
    """Selects all cases, or a sample that depends on a seed."""

    def __init__(self, seed: str) -> None:
        """Create a choice; the same seed gives the same sample."""
        self._random = random.Random(seed)  # noqa: S311  # no secret
        self._all = os.environ.get("DROPCUT_TEST_CRASH") == "all"

    def of(self, items: Sequence[_Item], most: int) -> list[_Item]:
        """Return at most so many items, unless all are asked for."""
        if self._all or len(items) <= most:
            return list(items)
        return self._random.sample(items, most)

    def numbers(self, stride: int) -> Iterator[int]:
        """Count without end, in strides unless all are asked for."""
        return count() if self._all else count(self._random.randrange(stride), stride)


@pytest.fixture
def choice(request: pytest.FixtureRequest) -> Choice:
    """Return a choice with a new seed, which is shown if the test fails."""
    seed = os.environ.get("DROPCUT_TEST_SEED") or str(
        random.SystemRandom().getrandbits(32)
    )
    print(f"DROPCUT_TEST_SEED={seed}")  # noqa: T201  # shown by pytest if the test fails
    return Choice(f"{seed} {request.node.name}")


@pytest.fixture
def worlds(tmp_path: Path, apart: bool) -> Iterator[Worlds]:  # noqa: FBT001
    """Return a function that makes a world; `apart` means two file systems."""
    shared = Path("/dev/shm")  # noqa: S108  # the other file system that Linux has
    if apart and (
        not shared.is_dir() or shared.stat().st_dev == tmp_path.stat().st_dev
    ):
        pytest.skip("there is no second file system at /dev/shm")
    made: list[World] = []
    others: list[Path] = []

    def make() -> World:
        for world in made:
            world.close()
        if apart:
            others.append(Path(tempfile.mkdtemp(prefix="dropcut-test-", dir=shared)))
        root = tmp_path / str(len(made))
        root.mkdir()
        made.append(World(root, others[-1] if apart else None))
        return made[-1]

    yield make
    made[-1].close()
    for other in others:
        shutil.rmtree(other)
