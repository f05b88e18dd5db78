"""The vocabulary: frozen values and enums."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from dropcut.errors import Reason

Pixels = NDArray[np.uint8]
Tensor = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Folders:
    """The four folders of a service, absolute and without links."""

    inbox: Path
    outbox: Path
    processed: Path
    failed: Path


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
    growing. VANISHED: somebody took it. POSTPONED: the machine's fault. INTERRUPTED: it
    was broken off from outside. BROKEN: a fault of Dropcut itself.
    """

    DONE = "done"
    FAILED = "failed"
    PUT_BACK = "put-back"
    VANISHED = "vanished"
    POSTPONED = "postponed"
    INTERRUPTED = "interrupted"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of one claim: the content of its log line.

    Attributes:
        output: The PNG, relative to the outbox.
        milliseconds: Of each stage, in the order of the work.
        notes: What a person may want to know, such as "first of 5 pages".
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
