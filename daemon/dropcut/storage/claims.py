"""The claims: pictures that were taken out of the inbox and are not archived yet.

They are in `<inbox>/.dropcut/`, so claiming is a rename within one file system. A
claim's file name has its id, attempts and state; a record beside it has the rest.
"""

import errno
import os
import secrets
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import PurePosixPath

from dropcut.core.claims import Claim, ClaimState, Folders, InboxFile
from dropcut.core.errors import VanishedError
from dropcut.core.pictures import OutputFormat
from dropcut.storage import posix
from dropcut.storage.names import (
    claim_id_of,
    claim_name,
    note_name,
    parse_claim_name,
    record_name,
    temp_name,
)
from dropcut.storage.outputs import OutputNames
from dropcut.storage.records import ClaimRecord, read_record, write_record
from dropcut.storage.roots import GuardedFolder
from dropcut.storage.vanished import attempts_and_state, translating_missing, vanished

_NO_FILE_TO_CLAIM = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO)
_PROBE = temp_name("check")


class Claims:
    """The claims folder of one inbox.

    Attributes:
        outputs: The output names that are reserved for the claims.
    """

    def __init__(
        self,
        folders: Folders,
        format_of: Callable[[PurePosixPath], OutputFormat] = lambda _source: (
            OutputFormat.PNG
        ),
    ) -> None:
        """Create the claims of an inbox; `format_of` returns a result's format."""
        self._inbox = GuardedFolder(folders.inbox, folders.marker)
        self._outbox = GuardedFolder(folders.outbox, folders.marker)
        self.outputs = OutputNames(self._outbox, format_of)

    @contextmanager
    def opened(self) -> Iterator[int]:
        """Open the claims folder; create it if the inbox has none yet."""
        with self._inbox.opened_hidden(mode=0o700) as claims_fd:
            yield claims_fd

    def check(self) -> None:
        """Raise OSError if currently no picture can be claimed."""
        with self.opened() as claims_fd:
            posix.check_writable(claims_fd, _PROBE)
        with self._outbox.opened():
            return

    def claim(self, found: InboxFile) -> Claim | None:
        """Claim a picture of the inbox; return None if it has changed or is gone."""
        claim = Claim(
            id=f"{time.time_ns():016x}-{secrets.token_hex(4)}",
            source=found.path,
            output=self.outputs.choose(found.path),
        )
        try:
            with (
                self._inbox.opened(found.path.parent) as source_fd,
                self.opened() as claims_fd,
            ):
                with posix.opened_file(source_fd, found.path.name) as file_fd:
                    if posix.identity(os.fstat(file_fd)) != found.identity:
                        return None
                # The record is written before the rename: without a record it is not
                # known where a claim came from, whereas a record without a claim is
                # simply removed at the next start.
                write_record(claims_fd, claim)
                return self._move_in(source_fd, found, claims_fd, claim)
        except OSError as error:
            if error.errno in _NO_FILE_TO_CLAIM:
                return None
            raise

    def _move_in(
        self, source_fd: int, found: InboxFile, claims_fd: int, claim: Claim
    ) -> Claim | None:
        name = claim_name(claim)
        try:
            posix.rename_new(source_fd, found.path.name, claims_fd, name)
        except OSError:
            os.unlink(record_name(claim.id), dir_fd=claims_fd)
            raise
        self.outputs.reserve(claim)
        # Between the check and the rename somebody may have written to the file or put
        # another in its place, so it is checked again where only Dropcut moves files.
        status = posix.status_at(claims_fd, name)
        if status is None or posix.identity(status) != found.identity:
            with suppress(VanishedError):
                self.release_to_inbox(claim)
            return None
        return claim

    def update_record(self, claim: Claim) -> Claim:
        """Durably record the names that were chosen for a claim; return the claim."""
        with self.opened() as claims_fd:
            write_record(claims_fd, claim)
            posix.sync_folder(claims_fd)
        self.outputs.reserve(claim)
        return claim

    def transition(
        self,
        claim: Claim,
        *,
        attempts: int | None = None,
        state: ClaimState | None = None,
    ) -> Claim:
        """Change attempts or state of a claim, durably, by renaming its file.

        Raises:
            VanishedError: The original is gone.
        """
        changed = replace(
            claim,
            attempts=claim.attempts if attempts is None else attempts,
            state=state or claim.state,
        )
        with self.opened() as claims_fd, translating_missing(claims_fd, claim):
            if changed != claim:
                old, new = claim_name(claim), claim_name(changed)
                os.rename(old, new, src_dir_fd=claims_fd, dst_dir_fd=claims_fd)
            posix.sync_folder(claims_fd)
        return changed

    @contextmanager
    def opened_original(self, claim: Claim) -> Iterator[int]:
        """Open a claimed original for reading.

        Raises:
            VanishedError: The original is gone, or no longer a regular file.
        """
        name = claim_name(claim)
        with self.opened() as claims_fd, translating_missing(claims_fd, claim):
            status = posix.status_at(claims_fd, name)
            if status and not posix.is_regular(status):
                raise vanished(claim)
            with posix.opened_file(claims_fd, name) as file_fd:
                yield file_fd

    def release_to_inbox(self, claim: Claim) -> bool:
        """Return the original to its path in the inbox; False if that is taken now."""
        try:
            with (
                self.opened() as claims_fd,
                self._inbox.opened(claim.source.parent, create=True) as target_fd,
                translating_missing(claims_fd, claim),
            ):
                name = claim_name(claim)
                posix.rename_new(claims_fd, name, target_fd, claim.source.name)
                self.drop_record(claims_fd, claim)
        except (FileExistsError, NotADirectoryError):
            return False
        return True

    def drop_record(self, claims_fd: int, claim: Claim) -> None:
        """Remove the record of a claim whose original has left the claims.

        If that fails, the next recovery removes the record.
        """
        self.outputs.release(claim.id)
        with suppress(OSError):
            posix.remove(claims_fd, record_name(claim.id))
            posix.remove(claims_fd, note_name(claim.id))

    def release(self, claim: Claim) -> None:
        """Free the output name of a claim whose original somebody has removed."""
        with suppress(OSError), self.opened() as claims_fd:
            if attempts_and_state(claims_fd, claim.id) is None:
                self.drop_record(claims_fd, claim)

    def refresh(self, claim: Claim) -> Claim:
        """Return a claim as it is on disk after a step may have half succeeded.

        Raises:
            VanishedError: The original is gone.
        """
        with self.opened() as claims_fd:
            found = attempts_and_state(claims_fd, claim.id)
            if found is None:
                raise vanished(claim)
            on_disk = self._read(claims_fd, claim.id, *found)
        return replace(on_disk, settled_long=claim.settled_long)

    def recover(self, held: Collection[str] = ()) -> list[Claim]:
        """Return the claims that no worker has, oldest first; remove orphaned records.

        Args:
            held: Ids of the claims that a worker has, which are ignored.
        """
        claims = []
        with self.opened() as claims_fd:
            entries = os.listdir(claims_fd)  # noqa: PTH208  # of an open folder
            ignored = {*held, None}
            names = sorted(n for n in entries if claim_id_of(n) not in ignored)
            for name in names:
                parsed = parse_claim_name(name)
                if parsed and posix.has_file(claims_fd, name):
                    claim = self._read(claims_fd, *parsed)
                    self._finish_claiming(claims_fd, claim)
                    claims.append(claim)
            claim_ids, gone = {claim.id for claim in claims}, set()
            for name in filter(lambda name: not parse_claim_name(name), names):
                claim_id = claim_id_of(name)
                if claim_id and claim_id not in claim_ids:
                    gone.add(claim_id)
                if claim_id in gone or name.endswith(".part"):
                    posix.remove(claims_fd, name)
        self.outputs.remove_stale_temps({*claim_ids, *held}, gone)
        for claim in claims:
            self.outputs.reserve(claim)
        return claims

    def _read(
        self, claims_fd: int, claim_id: str, attempts: int, state: ClaimState
    ) -> Claim:
        """Return a claim; if its record is lost, it is given names from its id."""
        record = read_record(claims_fd, claim_id)
        if record is None:
            source = PurePosixPath(f"recovered-{claim_id}")
            output = self.outputs.choose(source)
            record = ClaimRecord(
                source=source, output=output, archived_as="", result=None
            )
        return Claim(id=claim_id, attempts=attempts, state=state, **record)

    def _finish_claiming(self, claims_fd: int, claim: Claim) -> None:
        """Remove an original's name in the inbox if it has both names.

        Without `renameat2`, claiming is `link` then `unlink`: a kill may come between.
        """
        with (
            suppress(FileNotFoundError, NotADirectoryError),
            self._inbox.opened(claim.source.parent) as folder_fd,
        ):
            if posix.is_same_file(
                claims_fd, claim_name(claim), folder_fd, claim.source.name
            ):
                os.unlink(claim.source.name, dir_fd=folder_fd)
