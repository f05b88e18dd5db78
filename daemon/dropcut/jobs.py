"""The vocabulary: frozen values, enums and the Protocols at the seams."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dropcut.errors import DropcutError, Reason

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
    """

    name: str
    recipe: Recipe
    data: bytes = field(repr=False)


class Picture(Protocol):
    """An opened picture; its full-size pixels stay behind this seam."""

    @property
    def width_px(self) -> int:
        """Width of the upright picture."""
        ...

    @property
    def height_px(self) -> int:
        """Height of the upright picture."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What was left out or ignored."""
        ...

    @property
    def model_input(self) -> Pixels:
        """The upright sRGB picture at the model's size, (height, width, 3) uint8."""
        ...

    def cut_out(self, mask: Pixels, sink: int) -> None:
        """Write the transparent PNG to the file descriptor `sink`.

        Args:
            mask: Alpha at the model's size, (height, width) uint8.
            sink: Open for writing; stays open.

        Raises:
            PictureError: The picture cannot be decoded to its end.
            OSError: The PNG cannot be written.
        """
        ...


class Codec(Protocol):
    """Opens pictures and writes PNGs."""

    def open(self, data: bytes, width_px: int, height_px: int) -> Picture:
        """Decode a picture for a model of the given input size.

        Raises:
            PictureError: It is no picture that Dropcut can work on.
        """
        ...


class Engine(Protocol):
    """A loaded model."""

    @property
    def width_px(self) -> int:
        """Width of the model's input."""
        ...

    @property
    def height_px(self) -> int:
        """Height of the model's input."""
        ...

    def infer(self, tensor: Tensor) -> Tensor:
        """Run the model.

        Args:
            tensor: (1, 3, height, width) float32.

        Returns:
            The first output map, (height, width) float32.

        Raises:
            MachineError: There was not enough memory.
            DropcutError: The one given to `cancel` meanwhile.
        """
        ...

    def cancel(self, because: DropcutError) -> None:
        """Break off the run in hand, if there is one; called from another thread."""
        ...


class Store(Protocol):
    """The folders, as the story of one picture sees them."""

    def check_room(self) -> None:
        """Raise MachineError while the outbox has too little free space."""
        ...

    def begin(self, claim: Claim) -> Claim:
        """Count a start durably, before any work.

        Raises:
            VanishedError: The original is gone.
        """
        ...

    def uncount(self, claim: Claim) -> Claim:
        """Take a start back: it was broken off by no fault of the picture."""
        ...

    def read(self, claim: Claim) -> bytes:
        """Return the original's bytes.

        Raises:
            PictureError: It is larger than allowed.
            VanishedError: It is gone.
        """
        ...

    def draft(self, claim: Claim) -> AbstractContextManager[int]:
        """Open a hidden file for the PNG in the outbox; whole and durable at exit."""
        ...

    def publish(self, claim: Claim) -> Claim:
        """Give the draft its name; the returned claim holds the name that it got."""
        ...

    def published(self, claim: Claim) -> bool:
        """Whether an earlier life has published this claim's PNG."""
        ...

    def has_draft(self, claim: Claim) -> bool:
        """Whether the draft of a claim at stage PUBLISH still waits for its name."""
        ...

    def restart(self, claim: Claim) -> Claim:
        """Set a claim back to stage WORK: neither draft nor PNG is there."""
        ...

    def file_processed(self, claim: Claim) -> None:
        """Move the original to `processed/`; the claim is gone then."""
        ...

    def file_failed(self, claim: Claim, reason: Reason, message: str) -> None:
        """Move the original to `failed/`, with its reason; the claim is gone then."""
        ...

    def put_back(self, claim: Claim) -> bool:
        """Return the original to the inbox; False if its name is taken there."""
        ...


class Watcher(Protocol):
    """Tells which paths of the inbox may have changed. Hints only: some get lost."""

    def start(self) -> None:
        """Begin to watch.

        Raises:
            OSError: The folder cannot be watched.
        """
        ...

    def stop(self) -> None:
        """Stop, and wait until no more hints come."""
        ...

    def healthy(self) -> bool:
        """Whether events of the inbox as it is now would arrive."""
        ...


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


class Inbox(Protocol):
    """The inbox as the intake sees it. A missing inbox is an `OSError`."""

    def scan(self, below: PurePosixPath) -> Iterator[Found | Oddity]:
        """Yield what lies below a folder; the ignored is left out."""
        ...

    def look(self, path: PurePosixPath) -> Found | Oddity | None:
        """Say what a path is now; None for nothing, a folder or the ignored."""
        ...

    def is_folder(self, path: PurePosixPath) -> bool:
        """Whether a path is a folder that a scan would enter."""
        ...

    def claim(self, found: Found, *, patient: bool) -> Claim | None:
        """Take a settled picture; None when it has changed or gone meanwhile.

        Raises:
            PermissionError: It may not be read or moved.
        """
        ...
