"""The story of one picture."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field, replace

from dropcut.core.cancel import CancelScope
from dropcut.core.claims import Claim, ClaimState
from dropcut.core.errors import (
    InterruptedWorkError,
    ModelUnavailableError,
    PictureError,
    Reason,
    TransientError,
    VanishedError,
    describe,
)
from dropcut.core.models import Engine, Engines
from dropcut.core.pictures import Codec, OutputFormat, Picture, Pixels
from dropcut.core.profiles import Profile, Profiles
from dropcut.core.reports import Outcome, Report
from dropcut.models.mask import is_empty, to_mask
from dropcut.models.tensor import to_tensor
from dropcut.work.ports import Store

_MAY_GROW = "It looks incomplete, so there is a longer wait for the rest of it."
_NO_SUBJECT = "no subject"
_MAY_BE_GROWING = (Reason.TRUNCATED, Reason.CORRUPT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """Everything that the work on a picture needs.

    Attributes:
        max_attempts: Starts of one picture, over all lives of the service.
    """

    store: Store
    codec: Codec
    engines: Engines
    profiles: Profiles
    max_attempts: int

    def process(
        self, claim: Claim, scope: CancelScope, begun: Callable[[], None] = lambda: None
    ) -> Report:
        """Take a claim to its end, from wherever an earlier life has left it.

        Never raises: the report says what happened, and its claim is the claim as it is
        now. Only the picture's own fault, and one of Dropcut's, count as an attempt.

        Args:
            claim: The claim.
            scope: Breaks the work off.
            begun: Called when the model is there and the start is counted.
        """
        work = _Work(claim, scope, begun)
        try:
            return self._story(work)
        except InterruptedWorkError as error:
            return self._unfinished(work, Outcome.INTERRUPTED, error)
        except ModelUnavailableError as error:
            return self._unfinished(work, Outcome.MODEL_UNAVAILABLE, error)
        except (OSError, TransientError, MemoryError) as error:
            return self._unfinished(work, Outcome.POSTPONED, error)
        except Exception as error:  # noqa: BLE001  # whatever it is, work goes on
            with suppress(OSError, VanishedError):
                work.claim = self.store.refresh(work.claim)
            report = work.report(Outcome.INTERNAL_ERROR, message=repr(error))
            return replace(report, error=error)

    def _story(self, work: "_Work") -> Report:
        try:
            if work.claim.state is ClaimState.WORK:
                self._make(work)
            if work.claim.state is ClaimState.PUBLISH and self.store.has_temp(
                work.claim
            ):
                work.claim = self.store.publish(work.claim)
            return self._file(work)
        except VanishedError as error:
            self.store.discard_temp(work.claim)
            return work.report(Outcome.VANISHED, message=str(error))
        except PictureError as error:
            return self._fail(work, error)

    def _make(self, work: "_Work") -> None:
        """Open the picture, find its subject, cut it out, publish the result.

        A start counts once the model is there: what ends the service while a model is
        loaded is not the picture.
        """
        self._refuse_hopeless(work.claim)
        profile = self.profiles.of(work.claim.source)
        with work.timed("model"):
            engine = self.engines.get(profile)
            work.model = engine.name
        work.claim, work.counted = self.store.begin(work.claim), True
        work.begun()
        with work.timed("read"):
            data = self.store.read(work.claim)
        options = replace(profile.options, format=work.format)
        size_px = engine.width_px, engine.height_px
        with work.timed("open"):
            picture = self.codec.open(data, *size_px, options, work.scope)
        with closing(picture):
            work.picture = picture
            mask = self._mask(work, engine, profile, picture.model_input)
            with work.timed("cut_out"), self.store.draft(work.claim) as draft:
                picture.cut_out(mask, draft)
        with work.timed("publish"):
            work.claim = self.store.publish(work.claim)

    def _mask(
        self, work: "_Work", engine: Engine, profile: Profile, pixels: Pixels
    ) -> Pixels:
        """Find the subject, when no other picture is with a model."""
        tensor = to_tensor(pixels, engine.recipe)
        with ExitStack() as turn:
            with work.timed("wait"):
                turn.enter_context(self.engines.turn())
            with work.timed("infer"):
                output = engine.infer(tensor, work.scope)
        empty = profile.allow_no_subject
        mask = to_mask(output, engine.recipe, allow_no_subject=empty)
        work.no_subject = is_empty(mask)
        return mask

    def _file(self, work: "_Work") -> Report:
        """Move the original to where it belongs now."""
        if work.claim.state is ClaimState.FAILED:
            gone = PictureError(Reason.GAVE_UP, "The reason was lost in a crash.")
            return self._fail(work, gone)
        with work.timed("file"):
            self.store.archive_processed(work.claim)
        return work.report(Outcome.DONE)

    def _fail(self, work: "_Work", error: PictureError) -> Report:
        """Give the picture back if it may still grow; else file it with its reason."""
        growing = error.reason in _MAY_BE_GROWING and not work.claim.settled_long
        try:
            if growing and self.store.release_to_inbox(work.claim):
                return work.report(Outcome.PUT_BACK, message=_MAY_GROW)
            self.store.archive_failed(work.claim, error.reason, str(error))
        except VanishedError as gone:
            return work.report(Outcome.VANISHED, message=str(gone))
        return work.report(Outcome.FAILED, reason=error.reason, message=str(error))

    def _unfinished(self, work: "_Work", outcome: Outcome, error: Exception) -> Report:
        """Take the attempt back; where not even that works, it stays counted."""
        with suppress(OSError, VanishedError):
            work.claim = self.store.refresh(work.claim)
            if work.counted and work.claim.state is ClaimState.WORK:
                work.claim = self.store.revert_attempt(work.claim)
        return work.report(outcome, message=describe(error))

    def _refuse_hopeless(self, claim: Claim) -> None:
        """Begin nothing that cannot come to its end: by the picture, or by the disk."""
        if claim.attempts >= self.max_attempts:
            raise PictureError(
                Reason.GAVE_UP,
                f"The work on this picture was started {claim.attempts} times "
                "and never came to an end: the service was ended each time, by the "
                "picture or by a power cut. To try it again: dropcut retry.",
            )
        self.store.check_room()


@dataclass(slots=True)
class _Work:
    """What is known so far of the picture in hand."""

    claim: Claim
    scope: CancelScope
    begun: Callable[[], None]
    counted: bool = False
    picture: Picture | None = None
    no_subject: bool = False
    model: str = ""
    milliseconds: dict[str, int] = field(default_factory=dict)

    @property
    def format(self) -> OutputFormat:
        """The result's format, as it was decided when the picture was claimed."""
        return OutputFormat(self.claim.output.suffix)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Measure a stage."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.milliseconds[stage] = round((time.perf_counter() - start) * 1000)

    def report(
        self, outcome: Outcome, *, reason: Reason | None = None, message: str = ""
    ) -> Report:
        """Return what is to be said of the picture."""
        report = Report(
            claim=self.claim,
            outcome=outcome,
            reason=reason,
            message=message,
            output=self.claim.output if outcome is Outcome.DONE else None,
            milliseconds=self.milliseconds,
            model=self.model,
        )
        if self.picture is None:
            return report
        pixels = self.picture.width_px * self.picture.height_px
        own = (_NO_SUBJECT,) if self.no_subject else ()
        notes = (*self.picture.notes, *own)
        return replace(report, megapixels=round(pixels / 1e6, 2), notes=notes)
