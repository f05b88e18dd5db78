"""The seams: what the layers ask of one another."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import PurePosixPath
from typing import Protocol

from dropcut.errors import Reason
from dropcut.halt import Halt
from dropcut.jobs.values import (
    Claim,
    Found,
    Look,
    Oddity,
    Pixels,
    Profile,
    Recipe,
    Tensor,
)


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
        """Write the result to the file descriptor `sink`, as the look says.

        Args:
            mask: Alpha at the model's size, (height, width) uint8.
            sink: Open for writing; stays open.

        Raises:
            PictureError: The picture cannot be decoded to its end.
            OSError: The result cannot be written.
        """
        ...

    def close(self) -> None:
        """Let go of the picture; what was not done by now will not be."""
        ...


class Codec(Protocol):
    """Opens pictures and writes results."""

    def open(
        self, data: bytes, width_px: int, height_px: int, look: Look, halt: Halt
    ) -> Picture:
        """Decode a picture for a model of the given input size.

        Args:
            data: Of the whole file.
            width_px: Of the model's input.
            height_px: Of the model's input.
            look: How the result is to look.
            halt: Breaks off this, and `cut_out`.

        Raises:
            PictureError: It is no picture that Dropcut can work on.
            MachineError: It could not be tried.
        """
        ...


class Engine(Protocol):
    """A loaded model."""

    @property
    def name(self) -> str:
        """The model's name."""
        ...

    @property
    def recipe(self) -> Recipe:
        """How the model wants its picture and gives its mask."""
        ...

    @property
    def width_px(self) -> int:
        """Width of the model's input."""
        ...

    @property
    def height_px(self) -> int:
        """Height of the model's input."""
        ...

    def infer(self, tensor: Tensor, halt: Halt) -> Tensor:
        """Run the model.

        Args:
            tensor: (1, 3, height, width) float32.
            halt: Breaks the run off.

        Returns:
            The first output map, (height, width) float32.

        Raises:
            ModelLostError: It cannot be run any more, or not now.
        """
        ...


class Engines(Protocol):
    """The models of all profiles."""

    def get(self, profile: Profile) -> Engine:
        """Return the loaded model of a profile.

        Raises:
            ModelLostError: It cannot be loaded any more, or not now.
        """
        ...

    def turn(self) -> AbstractContextManager[object]:
        """Wait until no other picture is with a model, and keep others waiting."""
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

    def refresh(self, claim: Claim) -> Claim:
        """Return a claim as it is on disk, after a step that may have come half way.

        Raises:
            VanishedError: The original is gone.
        """
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

    def discard_draft(self, claim: Claim) -> None:
        """Remove the draft, if there is one: it will not be published."""
        ...

    def publish(self, claim: Claim) -> Claim:
        """Give the draft its name; the returned claim holds the name that it got."""
        ...

    def has_draft(self, claim: Claim) -> bool:
        """Whether the draft of a claim at stage PUBLISH still waits for its name.

        Without a draft it has its name: somebody may have taken the PNG away since.
        """
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

    def check(self) -> None:
        """Raise OSError if the inbox itself cannot be worked on."""
        ...

    def claim(self, found: Found, *, patient: bool) -> Claim | None:
        """Take a settled picture; None when it has changed or gone meanwhile.

        Raises:
            OSError: It cannot be read or moved, or has no place in the outbox.
        """
        ...
