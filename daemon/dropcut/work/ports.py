"""What the work on a picture needs of the folders."""

from contextlib import AbstractContextManager
from typing import Protocol

from dropcut.core.claims import Claim
from dropcut.core.errors import Reason


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

    def revert_attempt(self, claim: Claim) -> Claim:
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

    def discard_temp(self, claim: Claim) -> None:
        """Remove the draft, if there is one: it will not be published."""
        ...

    def publish(self, claim: Claim) -> Claim:
        """Give the draft its name; the returned claim holds the name that it got."""
        ...

    def has_temp(self, claim: Claim) -> bool:
        """Whether the draft of a claim at stage PUBLISH still waits for its name.

        Without a draft it has its name: somebody may have taken the PNG away since.
        """
        ...

    def archive_processed(self, claim: Claim) -> None:
        """Move the original to `processed/`; the claim is gone then."""
        ...

    def archive_failed(self, claim: Claim, reason: Reason, message: str) -> None:
        """Move the original to `failed/`, with its reason; the claim is gone then."""
        ...

    def release_to_inbox(self, claim: Claim) -> bool:
        """Return the original to the inbox; False if its name is taken there."""
        ...
