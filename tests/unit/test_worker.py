"""The inference thread lives on, whatever a picture or the machine does."""

import errno
import threading
from collections.abc import Callable, Iterator

import pytest
from dropcut import worker as module
from dropcut.errors import InterruptedWorkError, PictureError, Reason
from dropcut.jobs import Claim, Outcome, Report
from dropcut.pipeline import Pipeline
from dropcut.worker import Worker

from .fakes import PLAIN, Events, FakeCodec, FakeEngine, FakeStore, Steps, a_claim
from .fakes import logger as fake_logger

_FULL = OSError(errno.ENOSPC, "No space left on device")
_SECONDS = 20


class _Bench:
    """A worker among fakes, that is waited for by what it reports."""

    def __init__(self, **faults: list[Exception]) -> None:
        self.steps, self.events = Steps(faults=faults), Events()
        self.store, self.engine = FakeStore(self.steps), FakeEngine(self.steps)
        self.reports: list[Report] = []
        self._told = threading.Condition()
        pipeline = Pipeline(
            store=self.store,
            codec=FakeCodec(self.steps),
            engine=self.engine,
            recipe=PLAIN,
            max_attempts=3,
        )
        log = fake_logger(self.events)
        self.worker = Worker(pipeline, log, model="tiny", report=self._take)

    def _take(self, report: Report) -> None:
        with self._told:
            self.reports.append(report)
            self._told.notify_all()

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Wait until the reports make something true."""
        with self._told:
            assert self._told.wait_for(condition, _SECONDS), self.reports

    def work(self, *claims: Claim, reports: int) -> list[Outcome]:
        """Start, give claims, and return the outcomes of so many reports."""
        for claim in claims:
            self.worker.give(claim)
        self.worker.start()
        self.wait_for(lambda: len(self.reports) >= reports)
        return [report.outcome for report in self.reports]

    def end(self) -> None:
        """End the thread."""
        self.worker.stop()
        if self.worker.ident is not None:
            self.worker.join(_SECONDS)


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., _Bench]]:
    """Return what makes workers whose pauses are short, and ends them."""
    monkeypatch.setattr(module, "_FIRST_PAUSE_SECONDS", 0.001)
    made: list[_Bench] = []

    def make(**faults: list[Exception]) -> _Bench:
        made.append(_Bench(**faults))
        return made[-1]

    yield make
    for one in made:
        one.end()


def test_pictures_in_order(bench: Callable[..., _Bench]) -> None:
    """Pictures are worked on in the order in which they came."""
    here = bench()
    here.work(*(a_claim(f"{n}.jpg") for n in "bac"), reports=3)
    assert [str(report.claim.source) for report in here.reports] == [
        "b.jpg",
        "a.jpg",
        "c.jpg",
    ]
    assert {report.outcome for report in here.reports} == {Outcome.DONE}


def test_suspects_come_last(bench: Callable[..., _Bench]) -> None:
    """A picture that was begun by an earlier life waits until all others are done."""
    here = bench()
    here.worker.give(a_claim("suspect.jpg", attempts=1), suspect=True)
    here.work(a_claim("a.jpg"), a_claim("b.jpg"), reports=3)
    assert str(here.reports[-1].claim.source) == "suspect.jpg"


def test_log_line(bench: Callable[..., _Bench]) -> None:
    """A picture has one log line with all that became of it."""
    here = bench()
    here.work(a_claim(), reports=1)
    (line,) = here.events
    ms = line.pop("ms")
    rss = line.pop("peak_rss_mb")
    assert isinstance(ms, dict)
    assert set(ms) == {"read", "open", "infer", "cut_out", "publish", "file"}
    assert isinstance(rss, int)
    assert {key: str(value) for key, value in line.items()} == {
        "event": "picture",
        "level": "info",
        "name": "photo.jpg",
        "outcome": "done",
        "output": "photo.png",
        "megapixels": "3.0",
        "notes": "('first of 2 pages',)",
        "model": "tiny",
        "attempt": "1",
    }


def test_failed_picture_is_a_warning(bench: Callable[..., _Bench]) -> None:
    """A failed picture is a warning with its reason, and the next one is done."""
    here = bench(open=[PictureError(Reason.CORRUPT, "It is broken.")])
    outcomes = here.work(a_claim("a.jpg"), a_claim("b.jpg"), reports=2)
    assert outcomes == [Outcome.FAILED, Outcome.DONE]
    assert here.events[0]["level"] == "warning"
    assert here.events[0]["reason"] == "corrupt"


def test_machine_fault_pauses(bench: Callable[..., _Bench]) -> None:
    """The machine's fault is said once, and the work goes on when it is mended."""
    here = bench(draft=[_FULL, _FULL, _FULL])
    outcomes = here.work(a_claim(), reports=4)
    assert outcomes == [Outcome.POSTPONED] * 3 + [Outcome.DONE]
    assert here.reports[-1].claim.attempts == 1
    events = [event["event"] for event in here.events if event["level"] != "debug"]
    assert events == ["paused", "working again", "picture"]
    assert here.worker.pause is None


def test_machine_fault_rotates(bench: Callable[..., _Bench]) -> None:
    """While the machine fails, another picture is tried before the same one again."""
    here = bench(read=[_FULL, _FULL, _FULL])
    here.work(a_claim("a.jpg"), a_claim("b.jpg"), a_claim("c.jpg"), reports=6)
    names = [str(report.claim.source) for report in here.reports]
    assert names[:3] == ["a.jpg", "b.jpg", "a.jpg"]
    assert sorted(names[3:]) == ["a.jpg", "b.jpg", "c.jpg"]
    done = [r for r in here.reports if r.outcome is Outcome.DONE]
    assert len(done) == 3


def test_no_room_while_paused(bench: Callable[..., _Bench]) -> None:
    """While the machine fails, no more pictures are claimed than are ahead anyway."""
    here = bench(read=[_FULL])
    assert here.worker.has_room()
    here.worker.give(a_claim("a.jpg"), suspect=True)
    here.worker.give(a_claim("b.jpg"), suspect=True)
    assert here.worker.has_room()
    here.worker.pause = module.Pause("full", 1)
    assert not here.worker.has_room()
    assert here.worker.queued == 2


def test_fault_of_dropcut(bench: Callable[..., _Bench]) -> None:
    """A picture that breaks Dropcut is tried again, given up, and harms no other."""
    here = bench(infer=[ZeroDivisionError("odd")] * 3)
    here.work(a_claim("bad.jpg"), reports=4)
    outcomes = [report.outcome for report in here.reports]
    assert outcomes == [Outcome.BROKEN] * 3 + [Outcome.FAILED]
    assert here.store.failed == ("bad.jpg", Reason.GAVE_UP)
    errors = [event for event in here.events if event["event"] == "internal error"]
    assert len(errors) == 3
    assert isinstance(errors[0]["exc_info"], ZeroDivisionError)
    here.worker.give(a_claim("good.jpg"))
    here.wait_for(lambda: here.reports[-1].outcome is Outcome.DONE)


def test_breaking_off(bench: Callable[..., _Bench]) -> None:
    """The picture in hand is broken off and put back, and no other is."""
    here = bench()
    because = InterruptedWorkError("the service stops")
    here.worker.break_off(because)
    assert here.engine.cancelled == []
    here.engine.meanwhile = lambda: here.worker.break_off(because)
    assert here.work(a_claim(), reports=1) == [Outcome.INTERRUPTED]
    assert here.steps.done[-2:] == ["uncount", "put_back"]


def test_breaking_off_only_the_late(bench: Callable[..., _Bench]) -> None:
    """A picture that has not taken too long is not broken off."""
    here = bench()
    late = PictureError(Reason.TIMED_OUT, "too long")
    here.engine.meanwhile = lambda: here.worker.break_off(late, after_seconds=1000)
    assert here.work(a_claim(), reports=1) == [Outcome.DONE]


def test_put_back_that_fails(bench: Callable[..., _Bench]) -> None:
    """A picture that cannot be put back stays claimed, and the thread lives on."""
    here = bench(infer=[InterruptedWorkError("x")], put_back=[_FULL])
    assert here.work(a_claim("a.jpg"), a_claim("b.jpg"), reports=2) == [
        Outcome.INTERRUPTED,
        Outcome.DONE,
    ]


def test_stop(bench: Callable[..., _Bench]) -> None:
    """Stopping returns what waited, and the picture in hand is finished."""
    here = bench()
    waiting: list[Claim] = []
    held: list[set[str]] = []

    def stop() -> None:
        held.append(here.worker.keys())
        waiting.extend(here.worker.stop())

    here.engine.meanwhile = stop
    claims = [a_claim(f"{n}.jpg") for n in "abc"]
    assert here.work(*claims, reports=1) == [Outcome.DONE]
    here.worker.join(_SECONDS)
    assert not here.worker.is_alive()
    assert waiting == claims[1:]
    assert held == [{claim.key for claim in claims}]
    assert not here.worker.has_room()
    assert here.worker.idle
    assert here.worker.current is None
    assert here.worker.busy_seconds() == 0


def test_stop_ends_a_pause(
    bench: Callable[..., _Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopping does not wait for a pause to end, and returns the paused picture."""
    monkeypatch.setattr(module, "_FIRST_PAUSE_SECONDS", 1000)
    monkeypatch.setattr(module, "_LONGEST_PAUSE_SECONDS", 1000)
    here = bench(read=[_FULL])
    here.worker.give(a_claim())
    here.worker.start()
    while not here.worker.queued or not here.worker.pause:
        assert here.worker.is_alive()
    assert [str(claim.source) for claim in here.worker.stop()] == ["photo.jpg"]
    here.worker.join(_SECONDS)
    assert not here.worker.is_alive()
