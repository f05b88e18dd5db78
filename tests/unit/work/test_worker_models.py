"""A lost model rests for itself: only its own pictures wait, and not its loading."""

from collections.abc import Callable

import pytest
from dropcut.core.claims import ClaimState
from dropcut.core.errors import ModelUnavailableError, PictureError, Reason
from dropcut.core.reports import Outcome

from ..bench import LONG, SECONDS, WorkerHarness
from ..fakes import a_claim

_LATE = PictureError(Reason.TIMED_OUT, "too long")


@pytest.fixture
def lost(bench: Callable[..., WorkerHarness]) -> WorkerHarness:
    """Make a worker to which the model for people is unavailable."""
    here = bench()
    here.engines.lost.add("human")
    return here


@pytest.fixture
def lost_for_long(bench: Callable[..., WorkerHarness]) -> WorkerHarness:
    """Make a worker without the model for people, which does not try it again."""
    here = bench(policy=LONG)
    here.engines.lost.add("human")
    return here


def test_others_are_worked_on(lost_for_long: WorkerHarness) -> None:
    """Pictures of a lost model go back to the inbox at once; all others are done."""
    here = lost_for_long
    people = [a_claim(f"people/{n}.jpg") for n in range(20)]
    others = [a_claim(f"{n}.jpg") for n in range(3)]
    outcomes = here.work(*people, *others, reports=23)
    assert outcomes == [Outcome.MODEL_UNAVAILABLE] * 20 + [Outcome.DONE] * 3
    assert here.steps.done.count("release_to_inbox") == 20
    assert here.worker.status().backoff is None
    assert here.worker.status().idle
    asked = [profile.model for profile in here.engines.asked]
    assert asked == ["human", "tiny", "tiny", "tiny"]


def test_lost_model_is_told_once(lost_for_long: WorkerHarness) -> None:
    """The log says once which model is lost, and why."""
    here = lost_for_long
    here.work(*(a_claim(f"people/{n}.jpg") for n in range(3)), reports=3)
    (paused,) = [event for event in here.events if event["level"] != "debug"]
    assert paused["event"] == "paused"
    assert (paused["model"], paused["reason"]) == ("human", "human is gone")
    (rest,) = here.worker.status().model_backoffs
    assert rest.reason == "human is gone"
    source = a_claim("people/9.jpg").source
    assert here.worker.model_backoff(source) == rest
    assert rest.until_seconds > here.now() + 100
    assert here.worker.model_backoff(a_claim().source) is None


def test_lost_model_that_comes_back(lost: WorkerHarness) -> None:
    """A model is tried again and again, and all goes on when it is back."""
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
    assert here.worker.status().model_backoffs == ()
    assert here.worker.model_backoff(source) is None


@pytest.mark.parametrize(
    ("attempts", "taken"), [(1, False), (0, True)], ids=["begun before", "name taken"]
)
def test_claim_that_cannot_go_back(
    lost_for_long: WorkerHarness, attempts: int, *, taken: bool
) -> None:
    """What cannot wait in the inbox is held, takes no room, and stops no other."""
    here = lost_for_long
    here.store.name_is_taken = taken
    held = [a_claim(f"people/{n}.jpg", attempts=attempts) for n in range(3)]
    here.work(*held, reports=3)
    here.wait_for(lambda: here.worker.status().idle)
    assert here.worker.status().parked == tuple(held)
    assert here.worker.status().claim_ids == {claim.key for claim in held}
    assert here.worker.has_room()
    here.worker.submit(a_claim())
    here.wait_for(lambda: here.reports[-1].outcome is Outcome.DONE)
    assert here.worker.stop() == held


def test_run_that_fails(bench: Callable[..., WorkerHarness]) -> None:
    """A model that cannot be run is lost as one that is gone, and is no attempt."""
    here = bench(infer=[ModelUnavailableError("no graphics card")])
    assert here.work(a_claim(), reports=1) == [Outcome.MODEL_UNAVAILABLE]
    assert here.steps.done[-2:] == ["revert_attempt", "release_to_inbox"]
    assert here.store.failed is None


def test_filing_needs_no_model(lost_for_long: WorkerHarness) -> None:
    """A picture that is whole is filed, even while its model is lost."""
    here = lost_for_long
    whole = a_claim("people/b.jpg", state=ClaimState.PUBLISH)
    outcomes = here.work(a_claim("people/a.jpg"), whole, reports=2)
    assert outcomes == [Outcome.MODEL_UNAVAILABLE, Outcome.DONE]
    assert here.worker.status().model_backoffs, "it has proved nothing"


def test_stop_ends_a_rest(lost_for_long: WorkerHarness) -> None:
    """Stopping does not wait until a lost model is tried again."""
    here = lost_for_long
    here.work(a_claim("people/a.jpg", attempts=1), reports=1)
    assert len(here.worker.stop()) == 1
    assert here.worker.join(SECONDS)


def test_loading_is_not_working(bench: Callable[..., WorkerHarness]) -> None:
    """While a model is loaded the picture's own time does not run."""
    here = bench()
    seen: list[tuple[float, bool]] = []

    def load_slowly() -> None:
        here.later_seconds += 800
        here.worker.cancel(_LATE, after_seconds=300)
        seen.append((here.worker.status().busy_seconds, here.worker.status().healthy))
        here.later_seconds += 200
        seen.append((here.worker.status().busy_seconds, here.worker.status().healthy))

    here.engines.meanwhile = load_slowly
    assert here.work(a_claim(), reports=1) == [Outcome.DONE]
    assert seen == [(0, True), (0, False)]
    assert here.worker.status().healthy


def test_picture_that_takes_too_long(bench: Callable[..., WorkerHarness]) -> None:
    """A picture's own time runs from when its start was counted."""
    here = bench()
    well: list[bool] = []

    def work_slowly() -> None:
        assert here.worker.status().busy_seconds < 300
        here.later_seconds += 301
        well.append(here.worker.status().healthy)
        here.worker.cancel(_LATE, after_seconds=300)
        here.later_seconds += 60
        well.append(here.worker.status().healthy)

    here.engines.meanwhile = lambda: setattr(here, "later_seconds", 800)
    here.engine.meanwhile = work_slowly
    assert here.work(a_claim(), reports=1) == [Outcome.FAILED]
    assert here.store.failed == ("photo.jpg", Reason.TIMED_OUT)
    assert well == [True, False]
