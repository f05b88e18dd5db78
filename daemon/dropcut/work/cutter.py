"""Cuts out pictures on this machine: from a file's bytes to those of its result."""

from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace

from dropcut.core.cancel import CancelScope
from dropcut.core.errors import PictureError, Reason
from dropcut.core.models import Engine, Engines
from dropcut.core.pictures import Codec, OutputFormat, Picture, Pixels
from dropcut.core.profiles import Profile
from dropcut.models.mask import is_flat
from dropcut.work.ports import CutInfo, Sink
from dropcut.work.stages import StageTimes

_NO_SUBJECT = "no subject"


@dataclass(frozen=True, slots=True)
class LocalCutter:
    """Owns the codec and the models; knows nothing of claims or folders."""

    codec: Codec
    engines: Engines

    def ready(self, profile: Profile) -> "LocalCut":
        """Load a profile's model, unless it is loaded; return a cut that uses it."""
        return LocalCut(self.codec, self.engines, self.engines.get(profile), profile)


@dataclass(slots=True)
class LocalCut:
    """The cutting out of one picture with a loaded model."""

    _codec: Codec
    _engines: Engines
    _engine: Engine
    _profile: Profile
    _stages: StageTimes = field(default_factory=StageTimes)
    _picture: Picture | None = None
    _no_subject: bool = False

    @property
    def info(self) -> CutInfo:
        """What is known of the picture so far, even after a failure."""
        info = CutInfo(
            model=self._engine.name,
            milliseconds=dict(self._stages),
            no_subject=self._no_subject,
        )
        if (picture := self._picture) is None:
            return info
        notes = (*picture.notes, _NO_SUBJECT) if self._no_subject else picture.notes
        size_px = picture.width_px, picture.height_px
        return replace(info, size_px=size_px, notes=notes)

    def run(
        self,
        data: bytes,
        sink: Sink,
        output_format: OutputFormat,
        scope: CancelScope,
    ) -> None:
        """Open the picture, find its subject, write the result."""
        options = replace(self._profile.options, format=output_format)
        size_px = self._engine.width_px, self._engine.height_px
        with self._stages.timed("open"):
            picture = self._codec.open(data, *size_px, options, scope)
        with closing(picture):
            self._picture = picture
            mask = self._mask(picture.model_input, scope)
            # Opened only now, so that a picture without a mask leaves no file
            with self._stages.timed("cut_out"), sink() as file_fd:
                picture.cut_out(mask, file_fd)

    def _mask(self, pixels: Pixels, scope: CancelScope) -> Pixels:
        """Run the model while no other picture is run through one; return the mask."""
        with ExitStack() as stack:
            with self._stages.timed("wait"):
                stack.enter_context(self._engines.exclusive())
            with self._stages.timed("infer"):
                mask = self._engine.infer(pixels, scope)
        flat = is_flat(mask)
        if flat and not self._profile.allow_no_subject:
            raise PictureError(
                Reason.NO_SUBJECT,
                "The model found no clear subject in this picture. "
                "Try a picture with a clearer subject, or another model.",
            )
        self._no_subject = flat
        return mask
