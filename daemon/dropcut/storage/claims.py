"""The claims: pictures that were taken out of the inbox and are not filed yet.

They lie in `<inbox>/.dropcut/`, so that taking one is a rename on one file system. The
file name carries key, attempts and stage; a small record beside it keeps where the
picture came from and the output name that was chosen for it.
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
from dropcut.core.ignored import CLAIMS
from dropcut.core.pictures import OutputFormat
from dropcut.storage import posix
from dropcut.storage.names import (
    alternatives,
    claim_name,
    decode_record,
    encode_record,
    key_of,
    outputs_for,
    parse_claim_name,
    record_name,
    temp_name,
)
from dropcut.storage.roots import GuardedFolder, NotAFolderError
from dropcut.storage.vanished import state_of, vanished, vanishing

_MOST_RECORD_BYTES = 1 << 20


class Claims:
    """The claims folder of one inbox."""

    def __init__(
        self,
        folders: Folders,
        format_of: Callable[[PurePosixPath], OutputFormat] = lambda _source: (
            OutputFormat.PNG
        ),
    ) -> None:
        """Take the folders, and what tells a picture's format; changes nothing."""
        self._inbox = GuardedFolder(folders.inbox, folders.marker)
        self._outbox = GuardedFolder(folders.outbox, folders.marker)
        self._format_of = format_of
        self._reserved: dict[str, PurePosixPath] = {}

    @contextmanager
    def opened(self) -> Iterator[int]:
        """Open the claims folder, made if the inbox has none yet."""
        with self._inbox.opened() as inbox:
            with suppress(FileExistsError):
                os.mkdir(CLAIMS, 0o700, dir_fd=inbox)
            try:
                folder = posix.open_child(inbox, CLAIMS)
            except OSError as error:
                if error.errno in (errno.ENOTDIR, errno.ELOOP):
                    raise NotAFolderError(self._inbox.path / CLAIMS) from error
                raise
            try:
                yield folder
            finally:
                os.close(folder)

    def check(self) -> None:
        """Raise OSError if a claim cannot be made now, whatever the picture."""
        with self.opened(), self._outbox.opened():
            return

    def take(self, found: InboxFile) -> Claim | None:
        """Claim a picture of the inbox by renaming it; None if it changed or went."""
        claim = self._new_claim(found.path)
        parent = self._inbox.opened(found.path.parent)
        try:
            with parent as source, self.opened() as claims:
                if not self._unchanged(source, found):
                    return None
                self._write_record(claims, claim)
                return self._rename_in(source, found, claims, claim)
        except (FileNotFoundError, NotADirectoryError):
            return None

    def _rename_in(
        self, source: int, found: InboxFile, claims: int, claim: Claim
    ) -> Claim | None:
        name = claim_name(claim)
        try:
            posix.rename_new(source, found.path.name, claims, name)
        except OSError:
            os.unlink(record_name(claim.key), dir_fd=claims)
            raise
        status = posix.status_at(claims, name)
        self._reserved[claim.key] = claim.output
        if status is None or posix.identity(status) != found.identity:
            with suppress(VanishedError):
                self.release_to_inbox(claim)
            return None
        return claim

    def _new_claim(self, source: PurePosixPath) -> Claim:
        key = f"{time.time_ns():016x}-{secrets.token_hex(4)}"
        output = self.free_output(source)
        return Claim(key=key, source=source, output=output)

    def _unchanged(self, source: int, found: InboxFile) -> bool:
        """Whether the file is still as it was found, and may be read."""
        try:
            with posix.opened_file(source, found.path.name) as file:
                return posix.identity(os.fstat(file)) == found.identity
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENXIO):
                return False
            raise

    def free_output(
        self, source: PurePosixPath, start: PurePosixPath | None = None
    ) -> PurePosixPath:
        """Choose a name in the outbox that neither a file nor a claim has.

        Args:
            source: The picture's path in the inbox.
            start: A name to try first, in place of the picture's own.
        """
        reserved = set(list(self._reserved.values()))  # noqa: C414  # list is atomic
        with self._outbox.opened() as outbox:
            limit_bytes = posix.name_limit_bytes(outbox)
        for output in self._outputs(source, start, limit_bytes):
            if output not in reserved and not self._in_outbox(output):
                return output
        raise AssertionError

    def _outputs(
        self, source: PurePosixPath, start: PurePosixPath | None, limit_bytes: int
    ) -> Iterator[PurePosixPath]:
        if start:
            return alternatives(start, limit_bytes)
        return outputs_for(source, limit_bytes, self._format_of(source))

    def _in_outbox(self, output: PurePosixPath) -> bool:
        try:
            with self._outbox.opened(output.parent) as folder:
                return posix.status_at(folder, output.name) is not None
        except FileNotFoundError:
            return False

    def _write_record(self, claims: int, claim: Claim) -> None:
        record, draft = record_name(claim.key), temp_name(claim.key)
        with posix.new_file(claims, draft, 0o600) as file:
            posix.write_all(file, encode_record(claim))
        os.rename(draft, record, src_dir_fd=claims, dst_dir_fd=claims)

    def rename_output(self, claim: Claim, output: PurePosixPath) -> Claim:
        """Give a claim another output name, durably."""
        renamed = replace(claim, output=output)
        with self.opened() as claims:
            self._write_record(claims, renamed)
            posix.sync_folder(claims)
        self._reserved[claim.key] = output
        return renamed

    def advance(
        self,
        claim: Claim,
        *,
        attempts: int | None = None,
        state: ClaimState | None = None,
    ) -> Claim:
        """Change attempts or stage of a claim, durably.

        Raises:
            VanishedError: The original is gone.
        """
        changed = replace(
            claim,
            attempts=claim.attempts if attempts is None else attempts,
            state=state or claim.state,
        )
        with self.opened() as claims, vanishing(claims, claim):
            if changed != claim:
                old, new = claim_name(claim), claim_name(changed)
                os.rename(old, new, src_dir_fd=claims, dst_dir_fd=claims)
            posix.sync_folder(claims)
        return changed

    @contextmanager
    def opened_original(self, claim: Claim) -> Iterator[int]:
        """Open a claimed original for reading.

        Raises:
            VanishedError: It is gone, or what lies in its place is no ordinary file.
        """
        name = claim_name(claim)
        with self.opened() as claims, vanishing(claims, claim):
            status = posix.status_at(claims, name)
            if status and not posix.is_regular(status):
                raise vanished(claim)
            with posix.opened_file(claims, name) as file:
                yield file

    def release_to_inbox(self, claim: Claim) -> bool:
        """Return the original to where it lay; False if that name is taken now."""
        with (
            self.opened() as claims,
            self._inbox.opened(claim.source.parent, create=True) as target,
            vanishing(claims, claim),
        ):
            name = claim_name(claim)
            try:
                posix.rename_new(claims, name, target, claim.source.name)
            except FileExistsError:
                return False
            self.drop_record(claims, claim)
        return True

    def drop_record(self, claims: int, claim: Claim) -> None:
        """Remove the record of a claim whose original has left; or a scan does."""
        self._reserved.pop(claim.key, None)
        with suppress(OSError):
            posix.remove(claims, record_name(claim.key))

    def release(self, claim: Claim) -> None:
        """Free the output name of a claim that somebody else has removed."""
        with suppress(OSError), self.opened() as claims:
            if state_of(claims, claim.key) is None:
                self.drop_record(claims, claim)

    def refresh(self, claim: Claim) -> Claim:
        """Return a claim as it is on disk, after a step that may have come half way.

        Raises:
            VanishedError: The original is gone.
        """
        with self.opened() as claims:
            found = state_of(claims, claim.key)
            if found is None:
                raise vanished(claim)
            source, output = self._read_record(claims, claim.key)
        attempts, state = found
        changed = replace(claim, attempts=attempts, state=state)
        return replace(changed, source=source, output=output)

    def recover(self, held: Collection[str] = ()) -> list[Claim]:
        """Return what nobody works on, oldest first; clear away what is no claim.

        Args:
            held: Keys of claims that are being worked on: they are left alone.
        """
        with self.opened() as claims:
            everything = os.listdir(claims)  # noqa: PTH208  # of an open folder
            left_alone = {*held, None}
            names = sorted(n for n in everything if key_of(n) not in left_alone)
            found = [c for name in names if (c := self._recovered(claims, name))]
            keys = {claim.key for claim in found}
            for name in names:
                orphan = name.endswith(".json") and key_of(name) not in keys
                if orphan or name.endswith(".part"):
                    posix.remove(claims, name)
        self._reserved |= {claim.key: claim.output for claim in found}
        return found

    def _recovered(self, claims: int, name: str) -> Claim | None:
        parsed = parse_claim_name(name)
        if parsed is None or not posix.has_file(claims, name):
            return None
        key, attempts, state = parsed
        source, output = self._read_record(claims, key)
        self._finish_claiming(claims, name, source)
        return Claim(
            key=key, source=source, output=output, attempts=attempts, state=state
        )

    def _read_record(
        self, claims: int, key: str
    ) -> tuple[PurePosixPath, PurePosixPath]:
        """Return source and output; made up, so that nothing is lost, if unreadable."""
        name = record_name(key)
        if posix.has_file(claims, name):
            with posix.opened_file(claims, name) as file:
                data = posix.read_all(file, _MOST_RECORD_BYTES)
            if record := decode_record(data):
                return record
        source = PurePosixPath(f"recovered-{key}")
        return source, self.free_output(source)

    def _finish_claiming(self, claims: int, name: str, source: PurePosixPath) -> None:
        """Remove the old name of a claim made by `link`, had there been no `unlink`."""
        status = posix.status_at(claims, name)
        with (
            suppress(FileNotFoundError, NotADirectoryError),
            self._inbox.opened(source.parent) as folder,
        ):
            other = posix.status_at(folder, source.name)
            if status and other and os.path.samestat(status, other):
                os.unlink(source.name, dir_fd=folder)
