"""The store: reads claimed originals, publishes results, archives the originals.

Every step is durable before the next one begins, and none replaces a file.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from dropcut.core.claims import Claim, ClaimState, Folders
from dropcut.core.errors import PictureError, Reason, TransientError
from dropcut.storage import content, posix
from dropcut.storage.archive import Archive
from dropcut.storage.claims import Claims
from dropcut.storage.names import temp_name
from dropcut.storage.roots import GuardedFolder

_MIB = 1 << 20


class FolderStore:
    """The four folders on a file system."""

    def __init__(
        self, folders: Folders, claims: Claims, *, max_file_mb: int, min_free_mb: int
    ) -> None:
        """Create a store; both limits are in MiB."""
        self._outbox = GuardedFolder(folders.outbox, folders.marker)
        self._claims = claims
        self._max_bytes = max_file_mb * _MIB
        self._min_free_mb = min_free_mb
        self._archive = Archive(folders, claims, max_hashed_bytes=self._max_bytes)

    def check_room(self) -> None:
        """Raise TransientError while the outbox has too little free space."""
        self._outbox.check()
        status = os.statvfs(self._outbox.path)
        free_mb = status.f_bavail * status.f_frsize // _MIB
        if free_mb < self._min_free_mb:
            raise TransientError(
                f"the outbox has {free_mb} MiB free, "
                f"DROPCUT_MIN_FREE_MB asks for {self._min_free_mb}"
            )

    def count_attempt(self, claim: Claim) -> Claim:
        """Count an attempt durably; raise OSError if its result cannot be written."""
        for parent in claim.output.parents:
            with suppress(FileNotFoundError), self._outbox.opened(parent) as folder_fd:
                posix.check_writable(folder_fd, temp_name(claim.id))
                break
        return self._claims.transition(claim, attempts=claim.attempts + 1)

    def revert_attempt(self, claim: Claim) -> Claim:
        """Take an attempt back."""
        return self._claims.transition(claim, attempts=max(claim.attempts - 1, 0))

    def read(self, claim: Claim) -> bytes:
        """Read the whole original, once."""
        with self._claims.opened_original(claim) as file_fd:
            size_bytes = os.fstat(file_fd).st_size
            if size_bytes <= self._max_bytes:
                data = content.read_up_to(file_fd, self._max_bytes + 1)
                if len(data) <= self._max_bytes:
                    return data
                size_bytes = os.fstat(file_fd).st_size  # it has grown meanwhile
        raise PictureError(
            Reason.TOO_LARGE,
            f"The file has {size_bytes // _MIB} MiB; "
            f"DROPCUT_MAX_FILE_MB allows {self._max_bytes // _MIB}.",
        )

    @contextmanager
    def temp(self, claim: Claim) -> Iterator[int]:
        """Open the temporary file for the result; complete and durable at exit."""
        with self._outbox.opened(claim.output.parent, create=True) as folder_fd:
            with posix.new_file(folder_fd, temp_name(claim.id)) as file_fd:
                yield file_fd
            posix.sync_folder(folder_fd)

    def publish(self, claim: Claim) -> Claim:
        """Rename the temporary file to the claim's output name, or to a free one.

        The order is what makes one picture give one result. The claim's state comes
        first: in state PUBLISH, a missing temporary file means that the result has its
        name, even if somebody has taken the result away since. A new name is recorded
        before it is used: after a kill, the event line and the reservations are right.
        """
        claim = self._claims.transition(claim, state=ClaimState.PUBLISH)
        temp = temp_name(claim.id)
        with self._outbox.opened(claim.output.parent) as folder_fd:
            while True:
                try:
                    posix.rename_new(folder_fd, temp, folder_fd, claim.output.name)
                except FileExistsError:
                    output = self._claims.outputs.choose(claim.source, claim.output)
                    claim = self._claims.update_record(replace(claim, output=output))
                else:
                    # Durable before the original may go to `processed/`
                    posix.sync_folder(folder_fd)
                    return claim

    def has_temp(self, claim: Claim) -> bool:
        """Whether the result has not got its name yet; if it has, that is durable."""
        try:
            with self._outbox.opened(claim.output.parent) as folder_fd:
                if posix.status_at(folder_fd, temp_name(claim.id)) is not None:
                    return True
                posix.sync_folder(folder_fd)
                return False
        except FileNotFoundError:
            self._outbox.path.stat()
            return False

    def discard_temp(self, claim: Claim) -> None:
        """Remove a temporary file that will not be published, if there is one."""
        with (
            suppress(FileNotFoundError),
            self._outbox.opened(claim.output.parent) as folder_fd,
        ):
            os.unlink(temp_name(claim.id), dir_fd=folder_fd)

    def archive_processed(self, claim: Claim) -> None:
        """Move the original to `processed/`."""
        with suppress(OSError):
            self._archive.remove_stale_reason(claim)
        self._archive.archive_processed(claim)

    def archive_failed(self, claim: Claim, reason: Reason, message: str) -> None:
        """Move the original to `failed/`, its reason first."""
        self.discard_temp(claim)
        self._archive.archive_failed(claim, reason, message)

    def refresh(self, claim: Claim) -> Claim:
        """Return a claim as it is on disk, after a step that may be half done."""
        return self._claims.refresh(claim)

    def release_to_inbox(self, claim: Claim) -> bool:
        """Return the original to the inbox; False if its name is taken there."""
        with suppress(OSError):
            self.discard_temp(claim)
            self._archive.remove_stale_reason(claim)
        return self._claims.release_to_inbox(claim)
