"""Work on a claim in real folders, with faults of the machine in the middle."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from dropcut.core.cancel import CancelScope
from dropcut.core.claims import Claim, ClaimState, Folders
from dropcut.core.reports import Outcome, Report
from dropcut.storage import Claims, FolderStore
from dropcut.storage.names import temp_name
from dropcut.work.cutter import LocalCutter
from dropcut.work.pipeline import Pipeline

from ..fakes import PROFILES, FakeCodec, FakeEngine, FakeEngines, Steps
from ..inbox_files import claimed, files, original


class _Meanwhile(FakeEngine):
    """Lets something happen while the model runs, once."""

    def __init__(self, happens: Callable[[], object]) -> None:
        super().__init__(Steps())
        self.meanwhile = self._once
        self._happens: Callable[[], object] | None = happens

    def _once(self) -> None:
        happens, self._happens = self._happens, None
        if happens:
            happens()


def _pipeline(folders: Folders, claims: Claims, engine: FakeEngine) -> Pipeline:
    store = FolderStore(folders, claims, max_file_mb=1, min_free_mb=0)
    return Pipeline(
        store=store,
        cutter=LocalCutter(FakeCodec(Steps()), FakeEngines(engine)),
        profiles=PROFILES,
        max_attempts=3,
    )


def _as_on_disk(folders: Folders, report: Report) -> bool:
    (claim,) = Claims(folders).recover()
    return replace(claim, settled_long=report.claim.settled_long) == report.claim


def test_whole_story(folders: Folders, claims: Claims) -> None:
    """A picture's PNG is in the outbox and its original in processed, and no more."""
    engine = FakeEngine(Steps())
    report = _pipeline(folders, claims, engine).process(
        claimed(folders, claims), CancelScope()
    )
    assert report.outcome is Outcome.DONE
    assert files(folders.outbox) == ["photo.png"]
    assert files(folders.processed) == ["photo.jpg"]
    assert files(folders.inbox) == []


@pytest.mark.parametrize("lost", ["outbox", "processed"])
def test_folder_that_goes_and_comes_back(
    folders: Folders, claims: Claims, lost: str
) -> None:
    """A folder that disappears in the middle postpones a picture until it is back."""
    folder: Path = getattr(folders, lost)
    away = folder.with_name("away")
    pipeline = _pipeline(folders, claims, _Meanwhile(lambda: folder.rename(away)))
    report = pipeline.process(claimed(folders, claims), CancelScope())
    assert report.outcome is Outcome.POSTPONED
    assert _as_on_disk(folders, report)
    away.rename(folder)
    assert pipeline.process(report.claim, CancelScope()).outcome is Outcome.DONE
    assert files(folders.outbox) == ["photo.png"]
    assert files(folders.processed) == ["photo.jpg"]


class _LosesOutbox(FolderStore):
    """A store whose outbox disappears once, when the temporary file is whole."""

    away: Path | None = None

    def publish(self, claim: Claim) -> Claim:
        """Move the outbox away, then publish."""
        outbox = self._outbox.path
        if self.away is None:
            self.away = outbox.rename(outbox.with_name("away"))
        return super().publish(claim)


def test_outbox_that_goes_before_the_draft_has_its_name(
    folders: Folders, claims: Claims
) -> None:
    """A PNG that could not be renamed is renamed when the outbox is back."""
    store = _LosesOutbox(folders, claims, max_file_mb=1, min_free_mb=0)
    pipeline = replace(_pipeline(folders, claims, FakeEngine(Steps())), store=store)
    report = pipeline.process(claimed(folders, claims), CancelScope())
    assert report.outcome is Outcome.POSTPONED
    assert store.away is not None
    store.away.rename(folders.outbox)
    assert _as_on_disk(folders, report)
    assert pipeline.process(report.claim, CancelScope()).outcome is Outcome.DONE
    assert files(folders.outbox) == ["photo.png"]
    assert files(folders.processed) == ["photo.jpg"]


def test_filing_that_fails_after_the_copy(
    folders: Folders, claims: Claims, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An original whose copy could not be renamed is renamed at the next attempt."""
    spread = replace(folders, processed=elsewhere)
    pipeline = _pipeline(spread, claims, FakeEngine(Steps()))
    broken = {"left": 1}
    real = os.listdir

    def free_name(folder: int, claim: Claim, _own: object) -> str:
        if broken["left"] and real(folder):
            broken["left"] = 0
            raise OSError(5, "Input/output error")
        return str(claim.source)

    monkeypatch.setattr("dropcut.storage.archive._free_name", free_name)
    report = pipeline.process(claimed(folders, claims), CancelScope())
    assert report.outcome is Outcome.POSTPONED
    assert _as_on_disk(folders, report)
    assert pipeline.process(report.claim, CancelScope()).outcome is Outcome.DONE
    assert files(elsewhere) == ["photo.jpg"]
    assert files(folders.outbox) == ["photo.png"]


def test_published_png_that_was_taken_away(folders: Folders, claims: Claims) -> None:
    """A result removed before the original was archived is not created again."""
    engine = FakeEngine(Steps())
    pipeline = _pipeline(folders, claims, engine)
    folders.processed.rmdir()
    report = pipeline.process(claimed(folders, claims), CancelScope())
    assert report.outcome is Outcome.POSTPONED
    (folders.outbox / "photo.png").unlink()
    folders.processed.mkdir()
    (claim,) = Claims(folders).recover()
    assert pipeline.process(claim, CancelScope()).outcome is Outcome.DONE
    assert files(folders.outbox) == []
    assert files(folders.processed) == ["photo.jpg"]
    assert files(folders.inbox) == []


def test_result_that_was_removed_before_it_was_published(
    folders: Folders, claims: Claims
) -> None:
    """A result that somebody removes before it is published is made again, for free."""
    claim = claims.transition(claimed(folders, claims), attempts=3)
    claim = claims.transition(claim, state=ClaimState.PUBLISH)
    pipeline = _pipeline(folders, claims, FakeEngine(Steps()))
    report = pipeline.process(claim, CancelScope())
    assert report.outcome is Outcome.DONE
    assert report.claim.attempts == 3
    assert files(folders.outbox) == ["photo.png"]


def test_picture_that_vanishes_while_it_is_cut_out(
    folders: Folders, claims: Claims
) -> None:
    """A picture that is removed while it is processed leaves no file in the outbox."""
    claim = claimed(folders, claims)
    begun = original(folders, replace(claim, attempts=1))
    report = _pipeline(folders, claims, _Meanwhile(begun.unlink)).process(
        claim, CancelScope()
    )
    assert report.outcome is Outcome.VANISHED
    assert files(folders.outbox) == []


def test_stage_that_was_lost_sight_of(folders: Folders, claims: Claims) -> None:
    """A claim whose step succeeded although it reported an error has not vanished."""
    claim = claimed(folders, claims)
    further = claims.transition(claim, attempts=1, state=ClaimState.PUBLISH)
    (folders.outbox / temp_name(claim.id)).write_bytes(b"whole")
    pipeline = _pipeline(folders, claims, FakeEngine(Steps()))
    report = pipeline.process(claim, CancelScope())
    assert report.outcome is Outcome.POSTPONED
    assert report.claim == further
    assert pipeline.process(report.claim, CancelScope()).outcome is Outcome.DONE
    assert (folders.outbox / "photo.png").read_bytes() == b"whole"
