"""What the work on a claim needs: the folders, and what cuts pictures out."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Protocol

from dropcut.core.cancel import CancelScope
from dropcut.core.claims import Claim
from dropcut.core.errors import Reason
from dropcut.core.pictures import OutputFormat
from dropcut.core.profiles import Profile

Sink = Callable[[], AbstractContextManager[int]]
"""Opens the file of the result, as a descriptor that is open for writing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CutInfo:
    """What is known of a picture that is cut out.

    Attributes:
        model: The name of its model.
        size_px: Width and height of the upright picture, once it is open.
        notes: What a person may want to know, such as "first of 5 pages".
        no_subject: Whether the result has no subject, as the profile allows.
        milliseconds: Of each stage so far, in the order of the work.
    """

    model: str
    size_px: tuple[int, int] | None = None
    notes: tuple[str, ...] = ()
    no_subject: bool = False
    milliseconds: Mapping[str, int] = field(default_factory=dict)


class Cut(Protocol):
    """One picture that is cut out with a loaded model."""

    @property
    def info(self) -> CutInfo:
        """What is known so far, also after a failure."""

    def run(
        self,
        data: bytes,
        sink: Sink,
        output_format: OutputFormat,
        scope: CancelScope,
    ) -> None:
        """Turn the bytes of a picture file into those of a result.

        Args:
            data: The whole file.
            sink: Opened once the mask exists, and closed when the result is whole.
            output_format: Of the result.
            scope: Cancels the work.

        Raises:
            PictureError: The picture is at fault.
            ModelUnavailableError: The model cannot be run any more, or not now.
            OSError: The machine is at fault.
        """


class Cutter(Protocol):
    """Cuts pictures out, here or on another machine."""

    def ready(self, profile: Profile) -> Cut:
        """Return a cut for one picture; its model is loaded.

        Raises:
            ModelUnavailableError: The model cannot be loaded any more, or not now.
        """


class Store(Protocol):
    """The folders, as the story of one claim sees them."""

    def check_room(self) -> None:
        """Raise TransientError while the outbox has too little free space."""

    def count_attempt(self, claim: Claim) -> Claim:
        """Count an attempt durably, before any work.

        Raises:
            VanishedError: The original is gone.
        """

    def revert_attempt(self, claim: Claim) -> Claim:
        """Take back an attempt that failed through no fault of the picture."""

    def blocked_folder(self, claim: Claim, error: OSError) -> PurePosixPath | None:
        """Return the folder of the inbox whose pictures meet the same error.

        Found by trying, once an error has stopped the work on a claim: `.` for all
        pictures, None for this picture alone.
        """

    def refresh(self, claim: Claim) -> Claim:
        """Return a claim as it is on disk, after a step that may be half done.

        Raises:
            VanishedError: The original is gone.
        """

    def read(self, claim: Claim) -> bytes:
        """Return the original's bytes.

        Raises:
            PictureError: It is larger than allowed.
            VanishedError: It is gone.
        """

    def temp(self, claim: Claim) -> AbstractContextManager[int]:
        """Create a hidden file for the PNG in the outbox; whole and durable at exit."""

    def discard_temp(self, claim: Claim) -> None:
        """Remove the temporary file, if there is one: it will not be published."""

    def publish(self, claim: Claim) -> Claim:
        """Rename the temporary file; the returned claim holds the name that it got.

        Raises:
            FileNotFoundError: Somebody has removed the temporary file.
        """

    def resume(self, claim: Claim) -> Claim:
        """Publish the result of a claim in state PUBLISH, if it has no name yet.

        The returned claim is in state WORK if the result was removed before: then it
        must be made again.
        """

    def archive_processed(self, claim: Claim) -> None:
        """Move the original to `processed/`; the claim is gone then."""

    def archive_failed(self, claim: Claim, reason: Reason, message: str) -> None:
        """Move the original to `failed/`, with its reason; the claim is gone then."""

    def release_to_inbox(self, claim: Claim) -> bool:
        """Return the original to the inbox; False if its name is taken there."""
