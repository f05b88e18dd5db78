"""What the processing of a claim needs: folders, and a cutter for pictures."""

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
"""Opens the file of the result, and returns a descriptor for writing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CutInfo:
    """What is known of a picture that is being cut out.

    Attributes:
        model: The name of the picture's model.
        size_px: Width and height of the upright picture, once it is open.
        notes: What the user may want to know, such as "first of 5 pages".
        no_subject: Whether the result has no subject, which the profile allows.
        milliseconds: Duration of each stage so far, in the order of processing.
    """

    model: str
    size_px: tuple[int, int] | None = None
    notes: tuple[str, ...] = ()
    no_subject: bool = False
    milliseconds: Mapping[str, int] = field(default_factory=dict)


class Cut(Protocol):
    """The cutting out of one picture with a loaded model."""

    @property
    def info(self) -> CutInfo:
        """What is known of the picture so far, even after a failure."""

    def run(
        self,
        data: bytes,
        sink: Sink,
        output_format: OutputFormat,
        scope: CancelScope,
    ) -> None:
        """Turn the bytes of a picture file into those of a result.

        Args:
            data: The content of the whole file.
            sink: Opened once the mask exists, and closed when the result is complete.
            output_format: The format of the result.
            scope: Cancels this call.

        Raises:
            PictureError: The picture is at fault.
            ModelUnavailableError: The model can no longer be run, or not now.
            OSError: The machine is at fault.
        """


class Cutter(Protocol):
    """Cuts out pictures, on this machine or another."""

    def ready(self, profile: Profile) -> Cut:
        """Return a cut for one picture, with its model loaded.

        Raises:
            ModelUnavailableError: The model can no longer be loaded, or not now.
        """


class Store(Protocol):
    """The folders, as the processing of one claim uses them."""

    def check_room(self) -> None:
        """Raise TransientError while the outbox has too little free space."""

    def count_attempt(self, claim: Claim) -> Claim:
        """Count an attempt durably, before the original is read.

        Raises:
            VanishedError: The original is gone.
        """

    def revert_attempt(self, claim: Claim) -> Claim:
        """Take back an attempt that failed through no fault of the picture."""

    def blocked_folder(self, claim: Claim, error: OSError) -> PurePosixPath | None:
        """Return the folder of the inbox whose pictures have the same error.

        Finds out by trying: `.` means all pictures, None means this picture alone.
        """

    def refresh(self, claim: Claim) -> Claim:
        """Return a claim as it is on disk after a step may have half succeeded.

        Raises:
            VanishedError: The original is gone.
        """

    def read(self, claim: Claim) -> bytes:
        """Return the original's bytes.

        Raises:
            PictureError: The original is larger than allowed.
            VanishedError: The original is gone.
        """

    def temp(self, claim: Claim) -> AbstractContextManager[int]:
        """Create a hidden file for the result; it is complete and durable at exit."""

    def discard_temp(self, claim: Claim) -> None:
        """Remove the temporary file, if there is one: it will not be published."""

    def publish(self, claim: Claim) -> Claim:
        """Rename the temporary file to its final name, which the returned claim has.

        Raises:
            FileNotFoundError: Somebody has removed the temporary file.
        """

    def resume(self, claim: Claim) -> Claim:
        """Publish the result of a claim in state PUBLISH, unless that is done.

        The returned claim is in state WORK if the result was removed before it was
        renamed: then the picture must be processed again.
        """

    def archive_processed(self, claim: Claim) -> None:
        """Move the original to `processed/`, which ends the claim."""

    def archive_failed(self, claim: Claim, reason: Reason, message: str) -> None:
        """Move the original to `failed/`, with its reason, which ends the claim."""

    def release_to_inbox(self, claim: Claim) -> bool:
        """Return the original to the inbox; False if its name is taken there."""
