"""While the machine is at fault, work pauses, and pictures are tried in turn."""

import errno
from collections.abc import Callable

import pytest
from dropcut.core.errors import Reason
from dropcut.core.reports import Outcome

from ..fakes import a_claim
from ..worker_harness import LONG, SECONDS, WorkerHarness

_FULL = OSError(errno.ENOSPC, "No space left on device")


def test_machine_fault_pauses(make_worker: Callable[..., WorkerHarness]) -> None:
    """The machine's fault is logged once, and work goes on when it is fixed."""
    here = make_worker(temp=[_FULL, _FULL, _FULL])
    outcomes = here.work(a_claim(), reports=4)
    assert outcomes == [Outcome.POSTPONED] * 3 + [Outcome.DONE]
    assert here.reports[-1].claim.attempts == 1
    events = [event["event"] for event in here.events if event["level"] != "debug"]
    assert events == ["paused", "resumed", "picture"]
    assert here.worker.status().backoff is None


def test_machine_fault_rotates(make_worker: Callable[..., WorkerHarness]) -> None:
    """While the machine is at fault, new and deferred pictures are tried in turn."""
    here = make_worker(read=[_FULL] * 6)
    here.work(*(a_claim(f"{n}.jpg") for n in "abcd"), reports=10)
    tried = "".join(str(report.claim.source)[0] for report in here.reports)
    assert tried[:7] == "abacbda"
    assert sorted(tried[6:]) == ["a", "b", "c", "d"]
    outcomes = [report.outcome for report in here.reports]
    assert outcomes == [Outcome.POSTPONED] * 6 + [Outcome.DONE] * 4


@pytest.mark.parametrize(
    ("attempts", "taken", "asked", "done"),
    [(0, False, 1, 11), (0, True, 1, 12), (1, False, 0, 12)],
    ids=["put back", "its name is taken", "begun before"],
)
def test_many_deferred(
    make_worker: Callable[..., WorkerHarness],
    attempts: int,
    asked: int,
    done: int,
    *,
    taken: bool,
) -> None:
    """The ninth deferred picture returns to the inbox, if it can without a loss."""
    here = make_worker(read=[_FULL] * 16)
    here.store.name_is_taken = taken
    claims = [a_claim(f"{n:02}.jpg", attempts=attempts) for n in range(12)]
    outcomes = here.work(*claims, reports=16 + done)
    assert outcomes == [Outcome.POSTPONED] * 16 + [Outcome.DONE] * done
    assert here.steps.done.count("release_to_inbox") == asked
    here.wait_for(lambda: here.worker.status().idle)
    finished = {str(report.claim.source) for report in here.reports[16:]}
    assert ("08.jpg" in finished) is (done == 12)


def test_stop_ends_a_pause(make_worker: Callable[..., WorkerHarness]) -> None:
    """Stopping does not wait for a pause to end, and returns the deferred picture."""
    here = make_worker(policy=LONG, read=[_FULL])
    assert here.work(a_claim(), reports=1) == [Outcome.POSTPONED]
    assert [str(claim.source) for claim in here.worker.stop()] == ["photo.jpg"]
    assert here.worker.join(SECONDS)


def test_fault_of_dropcut(make_worker: Callable[..., WorkerHarness]) -> None:
    """A picture that causes internal errors is given up, and harms no other."""
    here = make_worker(infer=[ZeroDivisionError("odd")] * 3)
    here.work(a_claim("bad.jpg"), reports=4)
    outcomes = [report.outcome for report in here.reports]
    assert outcomes == [Outcome.INTERNAL_ERROR] * 3 + [Outcome.FAILED]
    assert here.store.failed == ("bad.jpg", Reason.GAVE_UP)
    errors = [event for event in here.events if event["event"] == "internal error"]
    assert len(errors) == 3
    assert isinstance(errors[0]["exc_info"], ZeroDivisionError)
    words = [event["event"] for event in here.events]
    assert words.count("paused") == 1
    assert words.index("paused") < words.index("resumed")
    here.worker.submit(a_claim("good.jpg"))
    here.wait_for(lambda: here.reports[-1].outcome is Outcome.DONE)
