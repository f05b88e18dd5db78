"""SIGKILL at every step, from claim to archive."""

from collections.abc import Callable, Sequence

import pytest

from .conftest import Choice, Lanes
from .fault_sweep import FaultSweep
from .scenarios import SCENARIOS, Scenario
from .steps import NAMES, Step

_SOME = 3


def _kill(sweep: FaultSweep, steps: Sequence[Step]) -> int:
    return sweep.kill(steps)


def _is_certain(scenario: str, step: Step) -> bool:
    """Whether a step is killed in every run: those that the promises rest on."""
    if scenario == "no-renameat2":  # there a rename is a link and an unlink
        return step.call.startswith("unlink")
    return scenario == "good" and step.call in NAMES


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", SCENARIOS)
def test_killed_at_every_step(
    lanes: Callable[[Scenario], Lanes],
    choice: Choice,
    record_property: Callable[[str, object], None],
    name: str,
) -> None:
    """Whichever step is killed, nothing is lost, and the next run finishes."""
    lane = lanes(SCENARIOS[name])
    certain = [step for step in lane.steps if _is_certain(name, step)]
    others = [step for step in lane.steps if step not in certain]
    kills = lane.share([*certain, *choice.of(others, _SOME)], _kill)
    record_property("steps killed", sum(kills))
