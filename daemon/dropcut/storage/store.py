"""The store: reads claimed originals, publishes results, archives the originals.

Every step is durable before the next one begins, and none replaces a file.
"""

import os
from contextlib import AbstractContextManager, suppress
from pathlib import Path, PurePosixPath

from dropcut.core.claims import Claim, Folders
from dropcut.core.errors import PictureError, Reason, TransientError
from dropcut.core.profiles import EVERYWHERE
from dropcut.storage import content, posix
from dropcut.storage.archive import Archive
from dropcut.storage.blocked import blocked_folder
from dropcut.storage.claims import Claims
from dropcut.storage.mirror import mirrored
from dropcut.storage.names import temp_name
from dropcut.storage.results import Results
from dropcut.storage.roots import GuardedFolder

_MIB = 1 << 20


class FolderStore:
    """The four folders on a file system."""

    def __init__(
        self, folders: Folders, claims: Claims, *, max_file_mb: int, min_free_mb: int
    ) -> None:
        """Create a store; both limits are in MiB."""
        self._outbox = GuardedFolder(folders.outbox, folders.marker)
        self._claims, self._inbox_path = claims, folders.inbox
        self._max_bytes = max_file_mb * _MIB
        self._min_free_mb = min_free_mb
        self._results = Results(self._outbox, claims)
        self._archive = Archive(folders, claims, max_hashed_bytes=self._max_bytes)

    def check_room(self) -> None:
        """Raise TransientError while the outbox has too little free space."""
        self._outbox.check()
        status = os.statvfs(self._outbox.path)
        free_mb = status.f_bavail * status.f_frsize // _MIB
        if free_mb < self._min_free_mb:
            raise TransientError(
                f"the outbox has {free_mb} MiB free, "
                f"DROPCUT_MIN_FREE_MB requires {self._min_free_mb}"
            )

    def count_attempt(self, claim: Claim) -> Claim:
        """Count an attempt durably; raise OSError if no result can be written."""
        self._results.check_writable(claim)
        return self._claims.transition(claim, attempts=claim.attempts + 1)

    def revert_attempt(self, claim: Claim) -> Claim:
        """Take an attempt back."""
        return self._claims.transition(claim, attempts=max(claim.attempts - 1, 0))

    def read(self, claim: Claim) -> bytes:
        """Return the whole content of the original."""
        with self._claims.opened_original(claim) as file_fd:
            size_bytes = os.fstat(file_fd).st_size
            if size_bytes <= self._max_bytes:
                data = content.read_up_to(file_fd, self._max_bytes + 1)
                if len(data) <= self._max_bytes:
                    return data
                size_bytes = os.fstat(file_fd).st_size  # the file has grown
        raise PictureError(
            Reason.TOO_LARGE,
            f"The size of the file is {size_bytes // _MIB} MiB; "
            f"DROPCUT_MAX_FILE_MB allows {self._max_bytes // _MIB}.",
        )

    def temp(self, claim: Claim) -> AbstractContextManager[int]:
        """Open the temporary file for the result; complete and durable at exit."""
        return self._results.temp(claim)

    def publish(self, claim: Claim) -> Claim:
        """Rename the temporary file to the claim's output name, or to a free one.

        Raises:
            FileNotFoundError: Somebody has removed the temporary file.
        """
        return self._results.publish(claim)

    def resume(self, claim: Claim) -> Claim:
        """Publish a result left in state PUBLISH; return to WORK if it is lost."""
        return self._results.resume(claim)

    def discard_temp(self, claim: Claim) -> None:
        """Remove a temporary file that will not be published, if there is one."""
        self._results.discard_temp(claim)

    def archive_processed(self, claim: Claim) -> None:
        """Move the original to `processed/`."""
        with suppress(OSError):
            self._archive.remove_stale_reason(claim)
        self._archive.archive_processed(claim)

    def archive_failed(self, claim: Claim, reason: Reason, message: str) -> None:
        """Write the reason into `failed/`, then move the original there."""
        self.discard_temp(claim)
        self._archive.archive_failed(claim, reason, message)

    def blocked_folder(self, claim: Claim, error: OSError) -> PurePosixPath | None:
        """Return the folder of the inbox whose pictures have the same error.

        Returns:
            `.` for all pictures, or if unknown; None for this picture alone.
        """
        where, folder = Path(str(error.filename)), claim.source.parent
        probe = temp_name(claim.id)
        with suppress(OSError):
            if where.is_relative_to(self._outbox.path):
                with self._results.opened_temps(claim) as temps_fd:
                    posix.check_writable(temps_fd, probe)
                found = blocked_folder(self._outbox, claim.output.parent, probe)
            elif root := self._archive.root_of(where):
                found = blocked_folder(root, mirrored(root, folder), probe)
            else:
                with self._claims.opened() as claims_fd:
                    posix.check_writable(claims_fd, probe)
                found = None if where.is_relative_to(self._inbox_path) else EVERYWHERE
            return found and PurePosixPath(*folder.parts[: len(found.parts)])
        return EVERYWHERE

    def refresh(self, claim: Claim) -> Claim:
        """Return a claim as it is on disk after a step may have half succeeded."""
        return self._claims.refresh(claim)

    def release_to_inbox(self, claim: Claim) -> bool:
        """Return the original to the inbox; False if its name is taken there."""
        with suppress(OSError):
            self.discard_temp(claim)
            self._archive.remove_stale_reason(claim)
        return self._claims.release_to_inbox(claim)
