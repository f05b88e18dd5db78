"""The store: reading claimed originals, publishing PNGs, filing the originals.

Every step is durable before the next one begins, and none replaces a file.
"""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress

from dropcut.core.claims import Claim, ClaimState, Folders
from dropcut.core.errors import PictureError, Reason, TransientError
from dropcut.storage import posix
from dropcut.storage.claims import Claims
from dropcut.storage.filing import Archive
from dropcut.storage.names import temp_name
from dropcut.storage.roots import GuardedFolder

_MIB = 1 << 20


class FolderStore:
    """The four folders on a file system."""

    def __init__(
        self, folders: Folders, claims: Claims, *, max_file_mb: int, min_free_mb: int
    ) -> None:
        """Take the folders and the limits in MiB."""
        self._outbox = GuardedFolder(folders.outbox, folders.marker)
        self._claims = claims
        self._max_bytes = max_file_mb * _MIB
        self._min_free_mb = min_free_mb
        self._filing = Archive(folders, claims, max_hashed_bytes=self._max_bytes)

    def check_room(self) -> None:
        """Raise MachineError while the outbox has too little free space."""
        self._outbox.check()
        status = os.statvfs(self._outbox.path)
        free_mb = status.f_bavail * status.f_frsize // _MIB
        if free_mb < self._min_free_mb:
            raise TransientError(
                f"the outbox has {free_mb} MiB free, "
                f"DROPCUT_MIN_FREE_MB asks for {self._min_free_mb}"
            )

    def count_attempt(self, claim: Claim) -> Claim:
        """Count a start, durably, of work whose result can be written."""
        self._try_outbox(claim)
        return self._claims.advance(claim, attempts=claim.attempts + 1)

    def _try_outbox(self, claim: Claim) -> None:
        """Raise OSError where no draft can be made: better now than after the work."""
        draft = temp_name(claim.key)
        for below in claim.output.parents:
            with suppress(FileNotFoundError), self._outbox.opened(below) as folder:
                posix.check_writable(folder, draft)
                return

    def revert_attempt(self, claim: Claim) -> Claim:
        """Take a start back."""
        return self._claims.advance(claim, attempts=max(claim.attempts - 1, 0))

    def read(self, claim: Claim) -> bytes:
        """Read the original once, whole."""
        with self._claims.opened_original(claim) as file:
            size_bytes = os.fstat(file).st_size
            if size_bytes > self._max_bytes:
                raise PictureError(
                    Reason.TOO_LARGE,
                    f"The file has {size_bytes // _MIB} MiB; "
                    f"DROPCUT_MAX_FILE_MB allows {self._max_bytes // _MIB}.",
                )
            return posix.read_all(file)

    @contextmanager
    def temp(self, claim: Claim) -> Iterator[int]:
        """Open the hidden file that becomes the PNG."""
        with self._opened(claim, create=True) as folder:
            with posix.new_file(folder, temp_name(claim.key)) as file:
                yield file
            posix.sync_folder(folder)

    def _opened(
        self, claim: Claim, *, create: bool = False
    ) -> AbstractContextManager[int]:
        return self._outbox.opened(claim.output.parent, create=create)

    def publish(self, claim: Claim) -> Claim:
        """Rename the draft to the claim's output name, or to the next free one."""
        claim = self._claims.advance(claim, state=ClaimState.PUBLISH)
        with self._opened(claim) as folder:
            while True:
                draft = temp_name(claim.key)
                try:
                    posix.rename_new(folder, draft, folder, claim.output.name)
                except FileExistsError:
                    output = self._claims.free_output(claim.source, claim.output)
                    claim = self._claims.rename_output(claim, output)
                else:
                    posix.sync_folder(folder)
                    return claim

    def has_temp(self, claim: Claim) -> bool:
        """Whether the PNG still waits for its name; else that one is durable."""
        try:
            with self._opened(claim) as folder:
                waits = posix.status_at(folder, temp_name(claim.key))
                if waits is None:
                    posix.sync_folder(folder)
                return waits is not None
        except FileNotFoundError:
            self._outbox.path.stat()
            return False

    def discard_temp(self, claim: Claim) -> None:
        """Remove a draft that will not be published."""
        with suppress(FileNotFoundError), self._opened(claim) as folder:
            os.unlink(temp_name(claim.key), dir_fd=folder)

    def archive_processed(self, claim: Claim) -> None:
        """Move the original to `processed/`."""
        with suppress(OSError):
            self._filing.remove_stale_reason(claim)
        self._filing.archive_processed(claim)

    def archive_failed(self, claim: Claim, reason: Reason, message: str) -> None:
        """Move the original to `failed/`, its reason first."""
        self.discard_temp(claim)
        self._filing.archive_failed(claim, reason, message)

    def refresh(self, claim: Claim) -> Claim:
        """Return a claim as it is on disk, after a step that may have come half way."""
        return self._claims.refresh(claim)

    def release_to_inbox(self, claim: Claim) -> bool:
        """Return the original to the inbox; False if its name is taken there."""
        with suppress(OSError):
            self.discard_temp(claim)
            self._filing.remove_stale_reason(claim)
        return self._claims.release_to_inbox(claim)
