"""Two pictures at once: which may be processed together, and that they do not mix."""

import errno
import threading
from collections.abc import Callable

import pytest
from dropcut.core.claims import Claim
from dropcut.core.errors import InterruptedWorkError, PictureError, Reason
from dropcut.core.reports import Outcome

from ..fakes import a_claim
from ..worker_harness import SECONDS, WorkerHarness

_FULL = OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def two(make_worker: Callable[..., WorkerHarness]) -> WorkerHarness:
    """Return a worker with two threads."""
    return make_worker(threads=2)


def test_two_at_once(two: WorkerHarness) -> None:
    """While one picture is inferred, another one is opened; never are two inferred."""
    inferring: list[int] = []
    inferred: list[int] = []

    def wait_for_another() -> None:
        inferring.append(1)
        inferred.append(len(inferring))
        if len(inferred) < 6:
            _until(lambda: len(two.worker.in_progress) == 2)
        inferring.pop()

    two.engine.meanwhile = wait_for_another
    outcomes = two.work(*(a_claim(f"{n}.jpg") for n in range(6)), reports=6)
    assert outcomes == [Outcome.DONE] * 6
    assert inferred == [1] * 6


@pytest.mark.parametrize(
    "claims",
    [
        [a_claim("a.jpg", attempts=1), a_claim("b.jpg", attempts=1)],
        [a_claim("a.jpg"), a_claim("b.jpg", attempts=1)],
        [a_claim("b.jpg", attempts=1), a_claim("a.jpg")],
        [a_claim("a.jpg"), a_claim("people/b.jpg")],
    ],
    ids=["both begun", "the second begun", "the first begun", "two models"],
)
def test_alone(two: WorkerHarness, claims: list[Claim]) -> None:
    """A picture with attempts is processed alone, and so are pictures of two models."""
    seen: list[int] = []

    def wait_a_little() -> None:
        threading.Event().wait(0.05)
        seen.append(len(two.worker.in_progress))

    two.engine.meanwhile = wait_a_little
    assert two.work(*claims, reports=2) == [Outcome.DONE] * 2
    assert seen == [1, 1]


def test_one_fault_of_both(make_worker: Callable[..., WorkerHarness]) -> None:
    """A fault of two pictures at once is logged once and counts once."""
    here = make_worker(threads=2, temp=[_FULL, _FULL])
    both = threading.Barrier(2, timeout=SECONDS)
    waited: list[int] = []

    def meet() -> None:
        if len(waited) < 2:
            waited.append(1)
            both.wait()

    temp = here.store.temp

    def temp_together(claim: Claim) -> object:
        meet()
        return temp(claim)

    here.store.temp = temp_together  # type: ignore[method-assign,assignment]
    outcomes = here.work(a_claim("a.jpg"), a_claim("b.jpg"), reports=4)
    assert sorted(outcomes) == [*[Outcome.DONE] * 2, *[Outcome.POSTPONED] * 2]
    told = [event for event in here.events if event["event"] == "resumed"]
    assert [event["faults"] for event in told] == [1]
    assert [event["event"] for event in here.events].count("paused") == 1


def test_waiting_is_not_working(two: WorkerHarness) -> None:
    """A picture that waits for the inference of another one has no active time."""
    late = PictureError(Reason.TIMED_OUT, "too long")

    def take_long() -> None:
        _until(lambda: len(two.worker.in_progress) == 2)
        two.engine.meanwhile = lambda: None
        two.let_pass(200)
        two.worker.cancel(late, after_seconds=300)
        two.engine.meanwhile = take_as_long

    def take_as_long() -> None:
        two.let_pass(200)
        two.worker.cancel(late, after_seconds=300)

    two.engine.meanwhile = take_long
    outcomes = two.work(a_claim("a.jpg"), a_claim("b.jpg"), reports=2)
    assert outcomes == [Outcome.DONE] * 2


def test_only_the_late_one_is_broken_off(two: WorkerHarness) -> None:
    """Of two pictures in progress, only the one that takes too long fails."""
    late = PictureError(Reason.TIMED_OUT, "too long")
    inferring: list[int] = []

    def break_off_the_first() -> None:
        inferring.append(1)
        if len(inferring) == 1:
            two.let_pass(301)
            _until(lambda: len(two.worker.in_progress) == 2)
            two.worker.cancel(late, after_seconds=300)

    two.engine.meanwhile = break_off_the_first
    outcomes = two.work(a_claim("a.jpg"), a_claim("b.jpg"), reports=2)
    assert sorted(outcomes) == [Outcome.DONE, Outcome.FAILED]


def test_stop_finishes_both(two: WorkerHarness) -> None:
    """Stopping finishes the pictures in progress and returns the waiting ones."""
    waiting: list[Claim] = []

    def stop() -> None:
        _until(lambda: len(two.worker.in_progress) == 2)
        waiting.extend(two.worker.stop())
        two.engine.meanwhile = lambda: None

    two.engine.meanwhile = stop
    claims = [a_claim(f"{n}.jpg") for n in "abcd"]
    assert two.work(*claims, reports=2) == [Outcome.DONE] * 2
    two.worker.join(SECONDS)
    assert two.worker.join(0)
    assert waiting == claims[2:]


def test_both_are_put_back(two: WorkerHarness) -> None:
    """If a stop cannot wait, both pictures are cancelled and returned to the inbox."""
    cause = InterruptedWorkError("the service is stopping")

    def cancel() -> None:
        two.engine.meanwhile = lambda: None
        _until(lambda: len(two.worker.in_progress) == 2)
        two.worker.cancel(cause)

    two.engine.meanwhile = cancel
    outcomes = two.work(a_claim("a.jpg"), a_claim("b.jpg"), reports=2)
    assert outcomes == [Outcome.INTERRUPTED] * 2
    assert two.steps.done.count("release_to_inbox") == 2


def _until(condition: Callable[[], bool]) -> None:
    deadline = threading.Event()
    for _ in range(SECONDS * 200):
        if condition():
            return
        deadline.wait(0.005)
    pytest.fail("never came true")
