"""A service without threads or processes: real folders, and a fake codec."""

import os
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256

import numpy as np
from dropcut.core.cancel import CancelScope
from dropcut.core.claims import Claim, Folders
from dropcut.core.errors import PictureError, Reason
from dropcut.core.pictures import OutputOptions, Pixels
from dropcut.core.profiles import Profile, Profiles
from dropcut.core.reports import Outcome
from dropcut.inbox.intake import Intake
from dropcut.inbox.scan import InboxFolder
from dropcut.storage import Claims, FolderStore
from dropcut.work.cutter import LocalCutter
from dropcut.work.pipeline import Pipeline

from ..unit.fakes import FakeEngine, FakeEngines, Steps

BAD, CUT_OFF = b"bad", b"cut-off"
_REASONS = {BAD: Reason.CORRUPT, CUT_OFF: Reason.TRUNCATED}


def result_of(data: bytes) -> bytes:
    """Return the fake result of a picture."""
    return b"png of " + sha256(data).hexdigest().encode("ascii")


class _Picture:
    """A picture; the model sees a single colour."""

    width_px, height_px, notes = 8, 4, ()

    def __init__(self, data: bytes, write: Callable[[int, bytes], int]) -> None:
        self.model_input = np.full((4, 8, 3), 128, np.uint8)
        self._result, self._write = result_of(data), write

    def cut_out(self, mask: Pixels, sink: int) -> None:
        """Write in two parts: a kill in between leaves half a result."""
        assert mask.any()
        for part in (self._result[:9], self._result[9:]):
            self._write(sink, part)

    def close(self) -> None:
        """Do nothing: there is nothing to release."""


class _Codec:
    """Opens every picture that is not marked as bad."""

    def __init__(self, write: Callable[[int, bytes], int]) -> None:
        self._write = write

    def open(
        self,
        data: bytes,
        width_px: int,
        height_px: int,
        options: OutputOptions,
        scope: CancelScope,
    ) -> _Picture:
        """Return the picture."""
        assert (width_px, height_px, options.format) == (8, 4, ".png")
        assert isinstance(scope, CancelScope)
        for mark, reason in _REASONS.items():
            if data.startswith(mark):
                raise PictureError(reason, "It was dropped as such.")
        return _Picture(data, self._write)


class InProcessService:
    """A run of the service."""

    def __init__(
        self, folders: Folders, write: Callable[[int, bytes], int] = os.write
    ) -> None:
        """Start with nothing in memory but the folders' paths."""
        self._claims = Claims(folders)
        inbox = InboxFolder(folders, self._claims, recursive=True, ignore=())
        self._intake = Intake(inbox, lambda _event: None, settle_seconds=1)
        profiles = Profiles((Profile(model="tiny"),))
        self._pipeline = Pipeline(
            store=FolderStore(folders, self._claims, max_file_mb=1, min_free_mb=0),
            cutter=LocalCutter(_Codec(write), FakeEngines(FakeEngine(Steps()))),
            profiles=profiles,
            max_attempts=1000,
        )
        self._held: list[Claim] = []
        self._now_seconds = 0.0

    def work(self) -> None:
        """Do what loop and worker threads do in two seconds."""
        self._now_seconds += 2
        try:
            self._take_up()
        except OSError:
            return
        held, self._held = self._held, []
        for claim in held:
            self._process(claim)

    def _take_up(self) -> None:
        """Recover claims that no worker has, then claim settled pictures."""
        self._held += self._claims.recover({claim.id for claim in self._held})
        self._intake.scan(self._now_seconds)
        while path := self._intake.sightings.next_settled(self._now_seconds):
            if claim := self._intake.claim(path, self._now_seconds):
                self._held.append(claim)

    def _process(self, claim: Claim) -> None:
        """Take a claim to its end, or keep it if the machine is at fault."""
        report = self._pipeline.process(claim, CancelScope())
        assert report.outcome is not Outcome.INTERNAL_ERROR, report.message
        if report.outcome is Outcome.POSTPONED:
            self._held.append(report.claim)
        elif report.outcome is Outcome.VANISHED:
            self._claims.release(report.claim)
        elif report.outcome is Outcome.PUT_BACK:
            with suppress(OSError):
                self._intake.wait_longer(report.claim.source, self._now_seconds)
