"""The steps from a claimed original to an archived one."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial

from dropcut.core.cancel import CancelScope
from dropcut.core.claims import Claim, ClaimState
from dropcut.core.errors import (
    InterruptedWorkError,
    ModelUnavailableError,
    PictureError,
    Reason,
    UncertainFaultError,
    VanishedError,
    describe,
    is_transient,
)
from dropcut.core.pictures import OutputFormat
from dropcut.core.profiles import Profiles
from dropcut.core.reports import Extent, Outcome, Report
from dropcut.work.ports import Cut, Cutter, Store
from dropcut.work.stages import StageTimes

_MAY_GROW = "The file looks incomplete, so Dropcut waits longer for the rest of it."
_MAY_BE_GROWING = (Reason.TRUNCATED, Reason.CORRUPT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """Processes claims.

    Attributes:
        max_attempts: How many attempts a picture gets, over all runs of the service.
    """

    store: Store
    cutter: Cutter
    profiles: Profiles
    max_attempts: int

    def process(
        self,
        claim: Claim,
        scope: CancelScope,
        on_ready: Callable[[], None] = lambda: None,
        *,
        may_blame: bool = False,
    ) -> Report:
        """Process a claim to completion, from the state an earlier run left it in.

        Never raises: the report says what happened, and has the claim as it is then.
        Only faults of the picture and of Dropcut itself count as an attempt.

        Args:
            claim: The claim to process.
            scope: Cancels the processing.
            on_ready: Called when the model is loaded and the attempt is counted.
            may_blame: Whether an uncertain fault is blamed on the picture.
        """
        work = _Work(claim, may_blame=may_blame)
        try:
            return self._run_steps(work, scope, on_ready)
        except InterruptedWorkError as error:
            return self._unfinished(work, Outcome.INTERRUPTED, error)
        except ModelUnavailableError as error:
            return self._unfinished(work, Outcome.MODEL_UNAVAILABLE, error)
        except (OSError, MemoryError) as error:
            return self._postponed(work, error)
        except Exception as error:  # noqa: BLE001  # a bug must not end the thread
            with suppress(OSError, VanishedError):
                work.claim = self.store.refresh(work.claim)
            report = work.report(Outcome.INTERNAL_ERROR, message=repr(error))
            return replace(report, error=error)

    def _run_steps(
        self, work: "_Work", scope: CancelScope, on_ready: Callable[[], None]
    ) -> Report:
        store = self.store
        try:
            if work.claim.state is ClaimState.PUBLISH:
                work.claim = store.resume(work.claim)
            if work.claim.state is ClaimState.WORK:
                self._cut_out(work, scope, on_ready)
            if work.claim.state is ClaimState.FAILED:
                lost = PictureError(Reason.GAVE_UP, "The reason was lost in a crash.")
                return self._fail(work, lost)
            with work.stages.timed("file"):
                store.archive_processed(work.claim)
            return work.report(Outcome.DONE)
        except VanishedError as error:
            store.discard_temp(work.claim)
            return work.report(Outcome.VANISHED, message=str(error))
        except PictureError as error:
            return self._fail(work, error)
        except UncertainFaultError as error:
            if not work.may_blame:
                raise
            return self._fail(work, error.picture_error)

    def _cut_out(
        self, work: "_Work", scope: CancelScope, on_ready: Callable[[], None]
    ) -> None:
        """Cut out the picture and publish the result.

        The attempt is counted after the model is loaded, since the picture cannot be
        what kills the service before that, and before the picture is read, since from
        then on the picture may be the cause.
        """
        if work.claim.attempts >= self.max_attempts:
            raise PictureError(
                Reason.GAVE_UP,
                f"Processing this picture was started {work.claim.attempts} times and "
                "never finished: each time the service ended, because of the picture, "
                "a lack of memory or a power cut. To try again, run `dropcut retry`.",
            )
        self.store.check_room()
        with work.stages.timed("model"):
            cut = work.cut = self.cutter.ready(
                self.profiles.profile_of(work.claim.source)
            )
        work.claim, work.counted = self.store.count_attempt(work.claim), True
        on_ready()
        with work.stages.timed("read"):
            data = self.store.read(work.claim)
        # The format was decided when the picture was claimed
        output_format = OutputFormat(work.claim.output.suffix)
        try:
            temp = partial(self.store.temp, work.claim)
            cut.run(data, temp, output_format, scope)
        finally:
            work.stages |= cut.info.milliseconds
        with work.stages.timed("publish"):
            work.claim = self.store.publish(work.claim)

    def _fail(self, work: "_Work", error: PictureError) -> Report:
        """Return the picture to the inbox if it may still grow; if not, archive it."""
        growing = error.reason in _MAY_BE_GROWING and not work.claim.settled_long
        try:
            if growing and self.store.release_to_inbox(work.claim):
                return work.report(Outcome.PUT_BACK, message=_MAY_GROW)
            self.store.archive_failed(work.claim, error.reason, str(error))
        except VanishedError as gone:
            return work.report(Outcome.VANISHED, message=str(gone))
        return work.report(Outcome.FAILED, reason=error.reason, message=str(error))

    def _postponed(self, work: "_Work", error: OSError | MemoryError) -> Report:
        """Take the attempt back, and find out which pictures the fault affects."""
        report, extent = self._unfinished(work, Outcome.POSTPONED, error), Extent()
        if isinstance(error, UncertainFaultError):
            extent = Extent(uncertain=True)
        elif isinstance(error, OSError) and not is_transient(error):
            extent = Extent(folder=self.store.blocked_folder(work.claim, error))
        return replace(report, extent=extent)

    def _unfinished(self, work: "_Work", outcome: Outcome, error: Exception) -> Report:
        """Take the attempt back; if even that fails, it stays counted."""
        with suppress(OSError, VanishedError):
            work.claim = self.store.refresh(work.claim)
            if work.counted and work.claim.state is ClaimState.WORK:
                work.claim = self.store.revert_attempt(work.claim)
        return work.report(outcome, message=describe(error))


@dataclass(slots=True)
class _Work:
    """What is known so far of the claim that is being processed."""

    claim: Claim
    may_blame: bool
    counted: bool = False
    cut: Cut | None = None
    stages: StageTimes = field(default_factory=StageTimes)

    def report(
        self, outcome: Outcome, *, reason: Reason | None = None, message: str = ""
    ) -> Report:
        """Return what became of the claim."""
        report = Report(
            claim=self.claim,
            outcome=outcome,
            reason=reason,
            message=message,
            output=self.claim.output if outcome is Outcome.DONE else None,
            milliseconds=self.stages,
        )
        if self.cut is None:
            return report
        info = self.cut.info
        width_px, height_px = info.size_px or (0, 0)
        megapixels = round(width_px * height_px / 1e6, 2) if info.size_px else None
        return replace(
            report, model=info.model, notes=info.notes, megapixels=megapixels
        )
