"""Work on a claim ends as it should, whatever goes wrong."""

import errno
from pathlib import PurePosixPath
from typing import Any

import pytest
from dropcut.core.cancel import CancelScope
from dropcut.core.claims import ClaimState
from dropcut.core.errors import (
    InterruptedWorkError,
    PictureError,
    Reason,
    TransientError,
    VanishedError,
)
from dropcut.core.reports import Extent, Outcome, Report
from dropcut.work.cutter import LocalCutter
from dropcut.work.pipeline import Pipeline

from ..fakes import (
    PROFILES,
    FakeCodec,
    FakeEngine,
    FakeEngines,
    FakeStore,
    Steps,
    a_claim,
)

_BEGINNING = ["check_room", "model", "count_attempt"]
_MAKING = [*_BEGINNING, "read", "open", "infer", "temp", "cut_out"]
_WHOLE = [*_MAKING, "temp is whole", "publish", "archive_processed"]
_FULL = OSError(errno.ENOSPC, "No space left on device")
_CORRUPT = PictureError(Reason.CORRUPT, "It is broken.")
_TRUNCATED = PictureError(Reason.TRUNCATED, "It ends early.")
_GROWING = pytest.mark.parametrize("fault", [_TRUNCATED, _CORRUPT])
_FINAL = sorted(set(Reason) - {Reason.TRUNCATED, Reason.CORRUPT})


class _Harness:
    """A pipeline of fakes."""

    def __init__(self, **faults: Exception) -> None:
        self.steps = Steps(faults={step: [fault] for step, fault in faults.items()})
        self.store, self.engine = FakeStore(self.steps), FakeEngine(self.steps)
        self.pipeline = Pipeline(
            store=self.store,
            cutter=LocalCutter(FakeCodec(self.steps), FakeEngines(self.engine)),
            profiles=PROFILES,
            max_attempts=3,
        )

    def process(self, **claim: Any) -> Report:  # noqa: ANN401  # of any field
        return self.pipeline.process(a_claim(**claim), CancelScope())


def test_order_of_the_steps() -> None:
    """The attempt is counted before the work; the PNG is whole before it is renamed."""
    harness = _Harness()
    report = harness.process()
    assert harness.steps.done == _WHOLE
    assert report.outcome is Outcome.DONE
    assert str(report.output) == "photo.png"
    assert report.claim.attempts == 1


def test_report() -> None:
    """A report holds the picture's size, notes and the time of each stage."""
    report = _Harness().process()
    assert report.megapixels == 3
    assert report.notes == ("first of 2 pages",)
    before = ["model", "read", "open", "wait"]
    stages = [*before, "infer", "cut_out", "publish", "file"]
    assert list(report.milliseconds) == stages


@pytest.mark.parametrize(
    "fault", [_FULL, PermissionError(13, "no"), TransientError("x"), MemoryError()]
)
@pytest.mark.parametrize(
    "step", ["read", "open", "infer", "temp", "cut_out", "publish"]
)
def test_machine_fault(step: str, fault: Exception) -> None:
    """The machine's fault postpones a picture and does not count as an attempt."""
    harness = _Harness(**{step: fault})
    report = harness.process(attempts=1)
    assert report.outcome is Outcome.POSTPONED
    assert harness.steps.done[-1] == "revert_attempt"
    assert report.claim.attempts == 1
    assert report.message
    assert harness.store.failed is None


@pytest.mark.parametrize("folder", [None, PurePosixPath("shop")])
@pytest.mark.parametrize("step", ["read", "temp", "archive_processed"])
def test_extent_of_a_fault(step: str, folder: PurePosixPath | None) -> None:
    """Which pictures a fault affects is tried out, unless the error itself says so."""
    harness = _Harness(**{step: PermissionError(13, "no")})
    harness.store.blocked = folder
    assert harness.process().extent == Extent(folder=folder)
    harness = _Harness(**{step: _FULL})
    harness.store.blocked = folder
    assert harness.process().extent == Extent()


@pytest.mark.parametrize("step", _BEGINNING)
def test_machine_fault_before_the_count(step: str) -> None:
    """An attempt that was not counted is not taken back."""
    harness = _Harness(**{step: _FULL})
    assert harness.process().outcome is Outcome.POSTPONED
    assert "revert_attempt" not in harness.steps.done


def test_machine_fault_while_filing() -> None:
    """A published picture whose archiving fails is not made again, only archived."""
    harness = _Harness(archive_processed=_FULL)
    report = harness.process()
    assert (report.outcome, report.claim.state) == (
        Outcome.POSTPONED,
        ClaimState.PUBLISH,
    )
    harness.steps.done.clear()
    assert harness.pipeline.process(report.claim, CancelScope()).outcome is Outcome.DONE
    assert harness.steps.done == ["resume", "archive_processed"]


def test_count_that_cannot_be_taken_back() -> None:
    """If the attempt cannot be taken back either, the picture is postponed."""
    harness = _Harness(read=_FULL, revert_attempt=_FULL)
    assert harness.process().outcome is Outcome.POSTPONED


@pytest.mark.parametrize("step", ["read", "open", "infer", "cut_out"])
def test_fault_of_the_picture(step: str) -> None:
    """A faulty picture is archived with its reason, and nothing is published."""
    harness = _Harness(**{step: _CORRUPT})
    report = harness.process(settled_long=True)
    assert (report.outcome, report.reason) == (Outcome.FAILED, Reason.CORRUPT)
    assert harness.store.failed == ("photo.jpg", Reason.CORRUPT)
    assert "publish" not in harness.steps.done
    assert report.output is None


@pytest.mark.parametrize("reason", _FINAL)
def test_final_reason(reason: Reason) -> None:
    """A picture that more bytes could not fix fails at once, without a return."""
    harness = _Harness(open=PictureError(reason, "It will not do."))
    assert harness.process().outcome is Outcome.FAILED
    assert harness.store.failed == ("photo.jpg", reason)
    assert "release_to_inbox" not in harness.steps.done


@_GROWING
def test_growing_is_put_back(fault: PictureError) -> None:
    """A truncated or corrupt picture is put back: it may still be on its way."""
    harness = _Harness(open=fault)
    report = harness.process()
    assert report.outcome is Outcome.PUT_BACK
    assert harness.steps.done == [*_BEGINNING, "read", "open", "release_to_inbox"]


@_GROWING
def test_growing_after_patience(fault: PictureError) -> None:
    """A truncated or corrupt picture that was waited for has failed."""
    harness = _Harness(open=fault)
    report = harness.process(settled_long=True)
    assert (report.outcome, report.reason) == (Outcome.FAILED, fault.reason)
    assert "release_to_inbox" not in harness.steps.done


@_GROWING
def test_growing_and_replaced(fault: PictureError) -> None:
    """A truncated or corrupt picture whose name is taken by a new one has failed."""
    harness = _Harness(open=fault)
    harness.store.name_is_taken = True
    assert harness.process().outcome is Outcome.FAILED
    assert harness.steps.done[-2:] == ["release_to_inbox", "archive_failed"]


@pytest.mark.parametrize(("attempts", "outcome"), [(2, "done"), (3, "failed")])
def test_giving_up(attempts: int, outcome: str) -> None:
    """A picture that had all its attempts is given up without another one."""
    harness = _Harness()
    report = harness.process(attempts=attempts)
    assert report.outcome == outcome
    if outcome == "failed":
        assert report.reason is Reason.GAVE_UP
        assert harness.steps.done == ["archive_failed"]


def test_fault_of_dropcut() -> None:
    """An unexpected error is reported with its traceback and counts as an attempt."""
    error = ZeroDivisionError("odd")
    report = _Harness(infer=error).process()
    assert report.outcome is Outcome.INTERNAL_ERROR
    assert report.error is error
    assert report.claim.attempts == 1


def test_interrupted() -> None:
    """Work that is interrupted by a stop does not count as an attempt."""
    harness = _Harness(infer=InterruptedWorkError("the service is stopping"))
    report = harness.process()
    assert report.outcome is Outcome.INTERRUPTED
    assert report.claim.attempts == 0
    assert harness.steps.done[-1] == "revert_attempt"


@pytest.mark.parametrize(
    "step", ["count_attempt", "read", "publish", "archive_processed"]
)
def test_vanished(step: str) -> None:
    """A picture that somebody took away leaves no temporary file."""
    harness = _Harness(**{step: VanishedError("gone")})
    assert harness.process().outcome is Outcome.VANISHED
    assert harness.steps.done[-2:] == [step, "discard_temp"]


@pytest.mark.parametrize("step", ["release_to_inbox", "archive_failed"])
def test_vanished_while_failing(step: str) -> None:
    """A picture may be removed even while it fails."""
    harness = _Harness(open=_TRUNCATED, **{step: VanishedError("gone")})
    report = harness.process(settled_long=step == "archive_failed")
    assert report.outcome is Outcome.VANISHED


def test_disk_full_while_failing() -> None:
    """A failed picture that cannot be archived is postponed and stays claimed."""
    harness = _Harness(open=_CORRUPT, archive_failed=_FULL)
    assert harness.process(settled_long=True).outcome is Outcome.POSTPONED


@pytest.mark.parametrize("lost", [True, False])
def test_earlier_life_was_publishing(*, lost: bool) -> None:
    """An interrupted publication is completed; a result that is lost is made again."""
    harness = _Harness()
    harness.store.result_is_lost = lost
    report = harness.process(state=ClaimState.PUBLISH, attempts=1)
    assert report.outcome is Outcome.DONE
    again = _WHOLE if lost else ["archive_processed"]
    assert harness.steps.done == ["resume", *again]


def test_earlier_life_was_filing() -> None:
    """An interrupted move to an archive is completed without any other work."""
    harness = _Harness()
    assert harness.process(state=ClaimState.PROCESSED).outcome is Outcome.DONE
    assert harness.steps.done == ["archive_processed"]
    harness = _Harness()
    assert harness.process(state=ClaimState.FAILED).outcome is Outcome.FAILED
    assert harness.steps.done == ["archive_failed"]
