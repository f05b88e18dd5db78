"""The vocabulary: frozen values and enums."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Literal
from unicodedata import normalize

import numpy as np
from numpy.typing import NDArray

from dropcut.errors import Reason

EVERYWHERE = PurePosixPath()
ModelKey = tuple[str, str | None]
Pixels = NDArray[np.uint8]
Tensor = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Folders:
    """The four folders of a service, absolute and without links.

    Attributes:
        marker: Of a file that must lie in each of them, relative to it: where it is
            missing, so is the file system that the folder is on.
    """

    inbox: Path
    outbox: Path
    processed: Path
    failed: Path
    marker: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """What `stat` says of a file; a change of any part means that it changed."""

    device: int
    inode: int
    size_bytes: int
    mtime_ns: int


class Stage(StrEnum):
    """How far a claim has come; part of the claim's file name, so it is durable.

    WORK: the picture is to be made. PUBLISH: its PNG is whole and durable as a
    draft in the outbox, and gets its name next. PROCESSED, FAILED: a whole copy of
    the original lies as a draft in that folder on another file system.
    """

    WORK = "work"
    PUBLISH = "publish"
    PROCESSED = "processed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A picture that was taken out of the inbox.

    Attributes:
        key: Unique, sorts by the time of the claim.
        source: Where it lay, relative to the inbox.
        output: Where its PNG goes, relative to the outbox; decided once.
        attempts: Starts so far, over all lives of the service.
        stage: How far it has come.
        patient: Whether it lay unchanged for so long that it will not grow any more.
    """

    key: str
    source: PurePosixPath
    output: PurePosixPath
    attempts: int = 0
    stage: Stage = Stage.WORK
    patient: bool = False


class Outcome(StrEnum):
    """How the work on a claim ended.

    DONE, FAILED: it is filed. PUT_BACK: it lies in the inbox again, for it may still be
    growing. VANISHED: somebody took it. POSTPONED: the machine's fault. MODEL_LOST: the
    same, but only of its own model. INTERRUPTED: it was broken off from outside.
    BROKEN: a fault of Dropcut itself.
    """

    DONE = "done"
    FAILED = "failed"
    PUT_BACK = "put-back"
    VANISHED = "vanished"
    POSTPONED = "postponed"
    MODEL_LOST = "model-lost"
    INTERRUPTED = "interrupted"
    BROKEN = "broken"


class Format(StrEnum):
    """The format of a result; its value is the suffix of the file."""

    PNG = ".png"
    WEBP = ".webp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How the result of a picture is to look.

    Attributes:
        output: `cutout`, or `mask`: the alpha alone, as a grey picture.
        background: None for transparent; a colour, sRGB of 0 to 255; or the content of
            a picture file, which is to cover the result.
        crop: Whether the result ends `margin_percent` around the subject.
        margin_percent: Of the longer side of the subject, or of the canvas.
        canvas_px: Width and height on which the subject is centred and fitted.
        format: PNG, or lossless WebP.
        keep: Metadata of the original in the result: `none`, `icc` or `all`.
        depth: Bits of each channel that a source of 16 bits keeps, 8 or 16.
        clean_edges: Whether colour at soft edges becomes the subject's alone.
        refine: Whether the mask is made to follow the picture's edges.
    """

    output: Literal["cutout", "mask"] = "cutout"
    background: tuple[int, int, int] | bytes | None = field(default=None, repr=False)
    crop: bool = False
    margin_percent: float = 0
    canvas_px: tuple[int, int] | None = None
    format: Format = Format.PNG
    keep: Literal["none", "icc", "all"] = "none"
    depth: Literal[8, 16] = 8
    clean_edges: bool = True
    refine: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What is done with the pictures of one folder.

    Attributes:
        folder: Relative to the inbox; `.` for all that no other profile is for.
        model: A catalogue name, or the path of an `.onnx` file.
        recipe: The name of the model's recipe, where the path alone does not tell it.
        publish_empty: Whether a picture without a subject is published all the same.
        background: The look's, as it was written in the settings.
        where: The file and table in which it stands; nothing for the settings' own.
    """

    folder: PurePosixPath = EVERYWHERE
    model: str
    recipe: str | None = None
    look: Look = Look()
    publish_empty: bool = False
    background: str = ""
    where: str = ""

    @property
    def model_key(self) -> ModelKey:
        """What it has in common with all profiles that share its loaded model."""
        return self.model, self.recipe


@dataclass(frozen=True, slots=True)
class Profiles:
    """The profiles of an inbox; there is one for every picture.

    Attributes:
        all: The first one is for what lies in no folder of another one.
    """

    all: tuple[Profile, ...]

    def of(self, source: PurePosixPath) -> Profile:
        """Return the profile of the nearest folder above a picture.

        One name may be written in two ways, "ö" as one letter or, by a Mac, as two.
        """

        def composed(folder: PurePosixPath) -> PurePosixPath:
            return PurePosixPath(normalize("NFC", str(folder)))

        place = composed(source.parent)
        above = [p for p in self.all if place.is_relative_to(composed(p.folder))]
        return max(above, key=lambda profile: len(profile.folder.parts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of one claim: the content of its log line.

    Attributes:
        output: The PNG, relative to the outbox.
        milliseconds: Of each stage, in the order of the work.
        notes: What a person may want to know, such as "first of 5 pages".
        model: The name of the model that was used.
        error: What Dropcut did not expect, with its traceback.
    """

    claim: Claim
    outcome: Outcome
    reason: Reason | None = None
    message: str = ""
    output: PurePosixPath | None = None
    megapixels: float | None = None
    milliseconds: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    model: str = ""
    error: Exception | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How a family of models wants its picture and gives its mask.

    Attributes:
        mean: Subtracted from each channel, R G B, in units of the scaled picture.
        std: Divides each channel, R G B.
        sigmoid: Whether the output are logits.
    """

    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    sigmoid: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model file that was read and checked.

    Attributes:
        data: The very bytes whose hash was checked.
        size_px: Height and width of the picture that it takes, where that is known.
    """

    name: str
    recipe: Recipe
    data: bytes = field(repr=False)
    size_px: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """What a model takes and gives; a size that is not fixed is no number.

    Attributes:
        inputs: The shape of each.
        outputs: The shape of each.
    """

    inputs: tuple[tuple[int | str | None, ...], ...]
    outputs: tuple[tuple[int | str | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A regular file in the inbox, relative to it."""

    path: PurePosixPath
    fingerprint: Fingerprint


@dataclass(frozen=True, slots=True)
class Oddity:
    """Something in the inbox that is left alone, and why."""

    path: PurePosixPath
    kind: str
