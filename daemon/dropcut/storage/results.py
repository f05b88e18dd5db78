"""Results in the outbox: how each is published complete, and exactly once.

A result is written into the outbox's hidden folder and renamed from there: if somebody
moves or removes a folder of the outbox, the incomplete result does not go with it.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import PurePosixPath

from dropcut.core.claims import Claim, ClaimState, ResultEvidence
from dropcut.core.errors import NOT_A_FOLDER
from dropcut.core.ignored import CLAIMS
from dropcut.storage import content, posix
from dropcut.storage.claims import Claims
from dropcut.storage.names import note_name, temp_name
from dropcut.storage.records import boot_id, evidence_of, write_record
from dropcut.storage.roots import GuardedFolder

_HIDDEN = PurePosixPath(CLAIMS)
_MAX_TRIES = 100
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
_COARSEST_MTIME_NS = 2_000_000_000  # FAT has the coarsest times: 2 seconds


class Results:
    """The results of the claims, until they have their final names."""

    def __init__(self, outbox: GuardedFolder, claims: Claims) -> None:
        """Create the results of one outbox and its claims."""
        self._outbox, self._claims = outbox, claims

    @contextmanager
    def opened_temps(self, claim: Claim) -> Iterator[int]:
        """Open the folder of the temporary result.

        Where the outbox's root cannot be written, only folders below it, that is the
        result's own folder.
        """
        with ExitStack() as stack:
            try:
                temps_fd = stack.enter_context(self._outbox.opened_hidden())
            except OSError as error:
                if error.errno not in _FORBIDDEN:
                    raise
                opened = self._outbox.opened(claim.output.parent, create=True)
                temps_fd = stack.enter_context(opened)
            yield temps_fd

    def check_writable(self, claim: Claim) -> None:
        """Raise OSError if the claim's result cannot be written."""
        with self.opened_temps(claim) as hidden_fd:
            posix.check_writable(hidden_fd, temp_name(claim.id))
        for parent in claim.output.parents:
            with _suppress_no_folder(), self._outbox.opened(parent) as folder_fd:
                posix.check_writable(folder_fd, temp_name(claim.id))
                break

    @contextmanager
    def temp(self, claim: Claim) -> Iterator[int]:
        """Open the temporary file for the result; complete and durable at exit."""
        with self.opened_temps(claim) as hidden_fd:
            with posix.new_file(hidden_fd, temp_name(claim.id)) as file_fd:
                yield file_fd
            posix.sync_folder(hidden_fd)

    def publish(self, claim: Claim) -> Claim:
        """Rename the temporary file to the claim's output name, or to a free one.

        The order ensures that one picture gives one result: first the evidence by which
        the renamed result is recognised, then the claim's state, then the rename. After
        a kill, nothing else is known. That the temporary file is missing proves
        nothing: somebody may have removed it.

        Raises:
            FileNotFoundError: Somebody has removed the temporary file.
        """
        with self.opened_temps(claim) as hidden_fd:
            claim = self._record(claim, evidence_of(self._status(hidden_fd, claim)))
            claim = self._claims.transition(claim, state=ClaimState.PUBLISH)
            return self._give_name(hidden_fd, claim)

    def resume(self, claim: Claim) -> Claim:
        """Publish what an earlier run, or an earlier try, has left in state PUBLISH.

        Returns:
            The claim; in state WORK and without its last attempt if the result was
            removed before it was renamed, so that the picture must be processed again.
        """
        with self.opened_temps(claim) as hidden_fd:
            if self._is_published(hidden_fd, claim):
                with suppress(OSError):
                    self.discard_temp(claim)
                return claim
            self._adopt_temp(hidden_fd, claim)
            try:
                return self._give_name(hidden_fd, claim)
            except FileNotFoundError:
                if posix.exists(hidden_fd, temp_name(claim.id)):
                    raise
                # A network file system may report an error for a successful rename
                if self._is_published(hidden_fd, claim):
                    return claim
        attempts = max(claim.attempts - 1, 0)
        return self._claims.transition(claim, attempts=attempts, state=ClaimState.WORK)

    def discard_temp(self, claim: Claim) -> None:
        """Remove a temporary file that will not be published, if there is one."""
        for folder in (claim.output.parent, _HIDDEN):
            with _suppress_no_folder(), self._outbox.opened(folder) as folder_fd:
                posix.remove(folder_fd, temp_name(claim.id))

    def _status(self, hidden_fd: int, claim: Claim) -> os.stat_result:
        status = posix.status_at(hidden_fd, temp_name(claim.id))
        if status is None:
            text = "a result was removed before it got its name, so it is created again"
            raise FileNotFoundError(errno.ENOENT, text, str(self._outbox.path / CLAIMS))
        return status

    def _record(self, claim: Claim, result: ResultEvidence) -> Claim:
        """Record the evidence by which the result is recognised under its final name.

        A full disk must not prevent the rename, or the originals that fill it would
        stay. Without evidence, recovery after a kill makes a good guess; with that of
        an earlier result it would make a bad one.
        """
        changed = replace(claim, result=result)
        try:
            with self._claims.opened() as claims_fd:
                # A note of an earlier rename, which a power cut has undone
                posix.remove(claims_fd, note_name(claim.id))
                write_record(claims_fd, changed)
        except OSError:
            if claim.result:
                raise
            return claim
        return changed

    def _is_noted(self, claim: Claim) -> bool:
        if claim.result is None or claim.result.boot_id not in {boot_id()} - {""}:
            return False
        with self._claims.opened() as claims_fd:
            return posix.has_file(claims_fd, note_name(claim.id))

    def _give_name(self, hidden_fd: int, claim: Claim) -> Claim:
        """Rename a result to its final name; another name is recorded before its use.

        If somebody removes the folder at the same moment, it is created again. The
        rename is noted in an empty file, which need not be durable: a kill cannot undo
        the rename. A power cut can, so the note is valid only until the next boot.
        """
        temp = temp_name(claim.id)
        for _ in range(_MAX_TRIES):
            try:
                with (
                    self._claims.opened() as claims_fd,
                    self._outbox.opened(claim.output.parent, create=True) as folder_fd,
                ):
                    _rename(hidden_fd, temp, folder_fd, claim.output.name)
                    with suppress(OSError):
                        posix.touch(claims_fd, note_name(claim.id))
                    # Durable before the original may go to `processed/`
                    posix.sync_folder(folder_fd)
                    with suppress(OSError):  # an earlier version's, or already copied
                        posix.remove(folder_fd, temp)
                        posix.remove(hidden_fd, temp)
            except OSError as error:
                if isinstance(error, FileExistsError) or error.errno in NOT_A_FOLDER:
                    name = claim.output.name
                    output = self._claims.outputs.choose(claim.source, name)
                    claim = self._claims.update_record(replace(claim, output=output))
                elif isinstance(error, FileNotFoundError):
                    self._status(hidden_fd, claim)  # raises unless it is the folder
                else:
                    raise
            else:
                return claim
        path = str(self._outbox.path / claim.output)
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)

    def _is_published(self, hidden_fd: int, claim: Claim) -> bool:
        """Whether a result is known to have its final name, which is then durable.

        While the temporary file is left, only itself or its copy is the result: others
        write to the outbox, too. Without evidence, which earlier versions did not
        record and a full disk may have prevented, the file of that name is the result
        if no temporary file is left.
        """
        temp = temp_name(claim.id)
        known = noted = self._is_noted(claim)
        with _suppress_no_folder(), self._outbox.opened(claim.output.parent) as there:
            status = posix.status_at(there, claim.output.name)
            if noted or status is None or not posix.is_regular(status):
                pass
            elif claim.result:
                known = _is_evident(status, claim.result)
                left = posix.status_at(hidden_fd, temp)
                if known and left and not os.path.samestat(left, status):
                    name = claim.output.name
                    known = content.has_same_content(hidden_fd, temp, there, name)
            else:
                temps = [posix.status_at(fd, temp) for fd in (hidden_fd, there)]
                known = all(t is None or os.path.samestat(t, status) for t in temps)
            if known:
                posix.sync_folder(there)
        return known

    def _adopt_temp(self, hidden_fd: int, claim: Claim) -> None:
        """Move a temporary file to the hidden folder from where old versions put it."""
        temp = temp_name(claim.id)
        if claim.result or posix.status_at(hidden_fd, temp):
            return
        with _suppress_no_folder(), self._outbox.opened(claim.output.parent) as there:
            try:
                posix.rename_new(there, temp, hidden_fd, temp)
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
                content.copy_verified(there, temp, hidden_fd, temp)


@contextmanager
def _suppress_no_folder() -> Iterator[None]:
    """Suppress errors because a folder, or a file in it, does not exist."""
    try:
        yield
    except OSError as error:
        if error.errno != errno.ENOENT and error.errno not in NOT_A_FOLDER:
            raise


def _is_evident(status: os.stat_result, result: ResultEvidence) -> bool:
    """Whether a file has the status of the recorded result, or of a copy of it."""
    same_age = abs(status.st_mtime_ns - result.mtime_ns) < _COARSEST_MTIME_NS
    same_size = status.st_size == result.size_bytes
    return same_size and (same_age or status.st_ino == result.inode)


def _rename(hidden_fd: int, temp: str, folder_fd: int, name: str) -> None:
    """Rename a result to a free name, by way of a copy if that is needed.

    It is needed if the folder is on another file system, or if new files in it inherit
    a group or an ACL from it, which a renamed file would not have.
    """
    if _inherited(hidden_fd) == _inherited(folder_fd):
        try:
            posix.rename_new(hidden_fd, temp, folder_fd, name)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
        else:
            return
    content.copy_verified(hidden_fd, temp, folder_fd, temp)
    try:
        posix.rename_new(folder_fd, temp, folder_fd, name)
    except OSError:
        with suppress(OSError):
            posix.remove(folder_fd, temp)
        raise


def _inherited(folder_fd: int) -> tuple[int, bytes]:
    """Return the group and the default ACL that new files in a folder receive."""
    status, acl = os.fstat(folder_fd), b""
    with suppress(OSError):
        acl = os.getxattr(folder_fd, "system.posix_acl_default")
    inherits = status.st_mode & 0o2000
    return status.st_gid if inherits else os.getegid(), acl
