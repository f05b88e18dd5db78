"""While a model is unavailable only its pictures wait; loading is not active."""

from collections.abc import Callable

import pytest
from dropcut.core.claims import ClaimState
from dropcut.core.errors import ModelUnavailableError, PictureError, Reason
from dropcut.core.reports import Outcome

from ..fakes import a_claim
from ..worker_harness import LONG, SECONDS, WorkerHarness

_LATE = PictureError(Reason.TIMED_OUT, "too long")


@pytest.fixture
def lost(make_worker: Callable[..., WorkerHarness]) -> WorkerHarness:
    """Make a worker for which the model for people is unavailable."""
    here = make_worker()
    here.engines.lost.add("human")
    return here


@pytest.fixture
def lost_for_long(make_worker: Callable[..., WorkerHarness]) -> WorkerHarness:
    """Make the same worker, which does not try the model again for a long time."""
    here = make_worker(policy=LONG)
    here.engines.lost.add("human")
    return here


def test_others_are_worked_on(lost_for_long: WorkerHarness) -> None:
    """Pictures of an unavailable model return to the inbox; all others are done."""
    here = lost_for_long
    people = [a_claim(f"people/{n}.jpg") for n in range(20)]
    others = [a_claim(f"{n}.jpg") for n in range(3)]
    outcomes = here.work(*people, *others, reports=23)
    later = [Outcome.POSTPONED] * 19
    assert outcomes == [Outcome.MODEL_UNAVAILABLE, *later, *[Outcome.DONE] * 3]
    assert here.steps.done.count("release_to_inbox") == 20
    assert here.worker.status().backoff is None
    assert here.worker.status().idle
    asked = [profile.model for profile in here.engines.asked]
    assert asked == ["human", "tiny", "tiny", "tiny"]


def test_lost_model_is_told_once(lost_for_long: WorkerHarness) -> None:
    """The log says once which model is unavailable, and why."""
    here = lost_for_long
    here.work(*(a_claim(f"people/{n}.jpg") for n in range(3)), reports=3)
    (paused,) = [event for event in here.events if event["level"] != "debug"]
    assert paused["event"] == "paused"
    assert (paused["model"], paused["reason"]) == ("human", "human is gone")
    (rest,) = here.worker.status().partial_backoffs
    assert rest.reason == "human is gone"
    source = a_claim("people/9.jpg").source
    assert here.worker.partial_backoff(source) == rest
    assert rest.until_seconds > here.now() + 100
    assert here.worker.partial_backoff(a_claim().source) is None


def test_lost_model_that_comes_back(lost: WorkerHarness) -> None:
    """An unavailable model is tried again and again until it is back."""
    here, source = lost, a_claim("people/a.jpg").source
    here.work(a_claim("people/a.jpg", attempts=1), a_claim("b.jpg"), reports=6)
    here.engines.lost.clear()
    here.wait_for(lambda: [r.outcome for r in here.reports].count(Outcome.DONE) == 2)
    told = [event for event in here.events if event["level"] != "debug"]
    assert [e["event"] for e in told if e["event"] != "picture"] == [
        "paused",
        "resumed",
    ]
    assert int(str(told[-2]["faults"])) >= 5
    assert here.reports[-1].claim.attempts == 2
    here.wait_for(lambda: here.worker.status().idle)
    assert here.worker.status().partial_backoffs == ()
    assert here.worker.partial_backoff(source) is None


@pytest.mark.parametrize(
    ("attempts", "taken"), [(1, False), (0, True)], ids=["begun before", "name taken"]
)
def test_claim_that_cannot_go_back(
    lost_for_long: WorkerHarness, attempts: int, *, taken: bool
) -> None:
    """A claim that cannot return is parked, takes no room and delays no other."""
    here = lost_for_long
    here.store.name_is_taken = taken
    held = [a_claim(f"people/{n}.jpg", attempts=attempts) for n in range(3)]
    here.work(*held, reports=3)
    here.wait_for(lambda: here.worker.status().idle)
    assert len(here.worker.status().parked) == len(held)
    assert here.worker.status().claim_ids == {claim.id for claim in held}
    assert here.worker.has_room()
    here.worker.submit(a_claim())
    here.wait_for(lambda: here.reports[-1].outcome is Outcome.DONE)
    assert here.worker.stop() == held


def test_run_that_fails(make_worker: Callable[..., WorkerHarness]) -> None:
    """A model that cannot be run is unavailable too, and the attempt does not count."""
    here = make_worker(infer=[ModelUnavailableError("no graphics card")])
    assert here.work(a_claim(), reports=1) == [Outcome.MODEL_UNAVAILABLE]
    assert here.steps.done[-2:] == ["revert_attempt", "release_to_inbox"]
    assert here.store.failed is None


def test_filing_needs_no_model(lost_for_long: WorkerHarness) -> None:
    """A picture with a whole PNG is archived, even while its model is unavailable."""
    here = lost_for_long
    whole = a_claim("people/b.jpg", state=ClaimState.PUBLISH)
    outcomes = here.work(a_claim("people/a.jpg"), whole, reports=2)
    assert outcomes == [Outcome.MODEL_UNAVAILABLE, Outcome.DONE]
    assert here.worker.status().partial_backoffs, "it has proved nothing"


def test_stop_ends_a_rest(lost_for_long: WorkerHarness) -> None:
    """Stopping does not wait until an unavailable model is tried again."""
    here = lost_for_long
    here.work(a_claim("people/a.jpg", attempts=1), reports=1)
    assert len(here.worker.stop()) == 1
    assert here.worker.join(SECONDS)


def test_loading_is_not_working(make_worker: Callable[..., WorkerHarness]) -> None:
    """While its model is loaded, a picture has no active time."""
    here = make_worker()
    healthy: list[bool] = []

    def load_slowly() -> None:
        here.let_pass(800)
        here.worker.cancel(_LATE, after_seconds=300)
        healthy.append(here.worker.status().healthy)
        here.let_pass(200)
        healthy.append(here.worker.status().healthy)

    here.engines.meanwhile = load_slowly
    assert here.work(a_claim(), reports=1) == [Outcome.DONE]
    assert healthy == [True, False]
    assert here.worker.status().healthy


def test_picture_that_takes_too_long(make_worker: Callable[..., WorkerHarness]) -> None:
    """The time budget of a picture starts when its attempt is counted."""
    here = make_worker()
    well: list[bool] = []

    def work_slowly() -> None:
        here.worker.cancel(_LATE, after_seconds=300)
        here.let_pass(301)
        well.append(here.worker.status().healthy)
        here.worker.cancel(_LATE, after_seconds=300)
        here.let_pass(60)
        well.append(here.worker.status().healthy)

    here.engines.meanwhile = lambda: here.let_pass(800)
    here.engine.meanwhile = work_slowly
    assert here.work(a_claim(), reports=1) == [Outcome.FAILED]
    assert here.store.failed == ("photo.jpg", Reason.TIMED_OUT)
    assert well == [True, False]


def test_standstill(make_worker: Callable[..., WorkerHarness]) -> None:
    """Time in which everything stands still makes no picture late, nor the service."""
    here = make_worker()
    well: list[bool] = []

    def stand_still() -> None:
        for _ in range(3):
            here.later_seconds += 10_000
            here.worker.cancel(_LATE, after_seconds=300)
            well.append(here.worker.status().healthy)

    here.engines.meanwhile = here.engine.meanwhile = stand_still
    assert here.work(a_claim(), reports=1) == [Outcome.DONE]
    assert well == [True] * 6
