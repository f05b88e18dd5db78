"""An error of the machine at every step, from claim to archive."""

from collections.abc import Callable, Iterator, Sequence

import pytest

from .conftest import Choice, Lanes
from .fault_sweep import FaultSweep
from .scenarios import SCENARIOS, Scenario
from .steps import NAMES, Step

_SOME = 5
_NOT_HERE = ("twins", "cut-off")  # names go by who is first; long waits: test_calls.py
_Fault = tuple[Step, str, int]


def _errors(step: Step) -> Iterator[str]:
    """Yield the errors that are possible at a step."""
    yield from ("EIO", "ESTALE")
    if not step.call.startswith("unlink"):
        yield from ("ENOSPC", "EDQUOT")
    if step.call.startswith(("rename", "link")):
        yield "EXDEV"
    if step.call == "openat" or step.call in NAMES - {"fsync", "fdatasync"}:
        yield "EACCES"


def _times(step: Step, error: str) -> tuple[int, ...]:
    """Return how many calls are to fail.

    An unreadable file counts as foreign, and not every write is to a file.
    """
    once = step.call == "write" or (step.call, error) == ("openat", "EACCES")
    return (1,) if once else (1, 3)


def _is_certain(fault: _Fault) -> bool:
    """Whether a fault is tried in every run: what is not durable is not published."""
    step, error, times = fault
    return step.call in {"fsync", "fdatasync"} and error == "EIO" and times == 1


def _fail(sweep: FaultSweep, faults: Sequence[_Fault]) -> int:
    for step, error, times in faults:
        sweep.fail(step, error, times)
    return len(faults)


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", sorted(set(SCENARIOS) - {*_NOT_HERE}))
def test_fault_at_every_step(
    lanes: Callable[[Scenario], Lanes],
    choice: Choice,
    record_property: Callable[[str, object], None],
    name: str,
) -> None:
    """Whichever step fails, once or for a while, the work goes on by itself."""
    lane = lanes(SCENARIOS[name])
    faults = [(s, e, n) for s in lane.steps for e in _errors(s) for n in _times(s, e)]
    certain = [f for f in faults if _is_certain(f) and name == "good"]
    others = [fault for fault in faults if fault not in certain]
    done = lane.share([*certain, *choice.of(others, _SOME)], _fail)
    record_property("errors injected", sum(done))
