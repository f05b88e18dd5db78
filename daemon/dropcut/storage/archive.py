"""Moves originals to `processed/` and `failed/`, on whatever file system they are.

A move to another file system has five durable steps: a hidden copy is written and
read back, the claim's state says that the copy is complete, the claim's record says
which name it gets, the copy gets that name, and the claim is removed. After a kill
between any two of them the next run does the rest, once.
"""

import errno
import json
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import takewhile

from dropcut import __version__
from dropcut.core.claims import Claim, ClaimState, Folders
from dropcut.core.errors import Reason, is_transient
from dropcut.core.ignored import REASON_SUFFIX
from dropcut.storage import content, posix
from dropcut.storage.claims import Claims
from dropcut.storage.names import alternatives, claim_name, reason_name, temp_name
from dropcut.storage.roots import GuardedFolder
from dropcut.storage.vanished import translating_missing

_Choose = Callable[[int, Claim, os.stat_result | None], str]
_Facts = dict[str, object]

_MOST_REASON_BYTES = 1 << 20


class Archive:
    """Moves originals out of the claims."""

    def __init__(
        self, folders: Folders, claims: Claims, *, max_hashed_bytes: int
    ) -> None:
        """Create an archive; larger files than `max_hashed_bytes` are not hashed."""
        self._processed = GuardedFolder(folders.processed, folders.marker)
        self._failed = GuardedFolder(folders.failed, folders.marker)
        self._claims = claims
        self._max_hashed_bytes = max_hashed_bytes

    def archive_processed(self, claim: Claim) -> None:
        """Move the original to `processed/`."""
        self._archive(claim, self._processed, ClaimState.PROCESSED, _free_name)

    def archive_failed(self, claim: Claim, reason: Reason, message: str) -> None:
        """Write the reason into `failed/`, then move the original beside it.

        In this order, because a picture in `failed/` always has a reason.
        """
        facts = {"reason": reason, "message": message, **self._facts(claim)}
        choose = partial(_write_reason_for_free_name, facts=facts)
        self._archive(claim, self._failed, ClaimState.FAILED, choose)

    def remove_stale_reason(self, claim: Claim) -> None:
        """Remove what an interrupted failure or retry of this picture has left.

        The picture itself is not in `failed/`.
        """
        with (
            suppress(FileNotFoundError),
            self._failed.opened(claim.source.parent) as folder_fd,
        ):
            for name in (temp_name(claim.id), _reason_temp(claim)):
                posix.remove(folder_fd, name)
            lone = []
            for name in _names(folder_fd, claim, ClaimState.FAILED):
                if not _exists(folder_fd, reason_name(name)):
                    break
                if not _exists(folder_fd, name):
                    lone.append(reason_name(name))
            facts = self._facts(claim) if lone else {}
            for reason in lone:
                if _is_same_reason(folder_fd, reason, facts):
                    posix.remove(folder_fd, reason)

    def _archive(
        self, claim: Claim, root: GuardedFolder, state: ClaimState, choose: _Choose
    ) -> None:
        """Move the original below a folder, by copy where a rename is not possible."""
        with (
            self._claims.opened() as claims_fd,
            root.opened(claim.source.parent, create=True) as folder_fd,
            translating_missing(claims_fd, claim),
        ):
            name, temp = claim_name(claim), temp_name(claim.id)
            if claim.state is not state:
                try:
                    self._rename(claims_fd, name, folder_fd, claim, choose)
                except OSError as error:
                    if error.errno != errno.EXDEV:
                        raise
                    # The state may say that the copy is complete only once it is, name
                    # and content: from then on, a missing copy means that it has been
                    # given its name.
                    content.copy_verified(claims_fd, name, folder_fd, temp)
                    posix.sync_folder(folder_fd)
                    claim = self._claims.transition(claim, state=state)
            if claim.state is state:
                self._finish_copy(claims_fd, folder_fd, claim, choose)
            with suppress(OSError):  # it has left the claims, and is kept either way
                posix.sync_folder(folder_fd)
            self._claims.drop_record(claims_fd, claim)

    def _finish_copy(
        self, claims_fd: int, folder_fd: int, claim: Claim, choose: _Choose
    ) -> None:
        """Give the complete copy its name, then remove the claim."""
        name, temp = claim_name(claim), temp_name(claim.id)
        has_name = False
        if not _exists(folder_fd, temp):
            # The record has its name. Earlier versions recorded none, and a full disk
            # prevents it: then all names of the picture are compared.
            every = _names(folder_fd, claim, claim.state)
            names = takewhile(partial(_exists, folder_fd), every)
            has_name = any(
                content.has_same_content(claims_fd, name, folder_fd, archived)
                for archived in ([claim.archived_as] if claim.archived_as else names)
            )
            if not has_name:  # somebody has removed the copy
                content.copy_verified(claims_fd, name, folder_fd, temp)
        if not has_name:
            self._rename(folder_fd, temp, folder_fd, claim, choose)
        # The copy's name is durable before the claim, the only other copy, is removed
        posix.sync_folder(folder_fd)
        os.unlink(name, dir_fd=claims_fd)

    def _rename(
        self, source_fd: int, name: str, folder_fd: int, claim: Claim, choose: _Choose
    ) -> None:
        """Rename an original or its copy; if the name is taken meanwhile, choose again.

        A copy's name is recorded before: else, after a kill, the copy could not be told
        from another picture of the same content. An original has either name or, after
        `link` without `unlink`, both, which `choose` recognises by the inode.
        """
        own = posix.status_at(source_fd, name)
        while True:
            with suppress(FileExistsError):
                chosen = choose(folder_fd, claim, own)
                if source_fd == folder_fd and claim.archived_as != chosen:
                    claim = self._record(claim, chosen)
                posix.rename_new(source_fd, name, folder_fd, chosen)
                return

    def _record(self, claim: Claim, name: str) -> Claim:
        try:
            return self._claims.update_record(replace(claim, archived_as=name))
        except OSError:
            # A full disk must not keep the originals that fill it. Without a recorded
            # name, an interrupted move is recognised by its content; with another name
            # in the record it would not be.
            if claim.archived_as:
                raise
            return claim

    def _facts(self, claim: Claim) -> _Facts:
        """Return what a reason file says about the picture."""
        with self._claims.opened_original(claim) as file_fd:
            size_bytes = os.fstat(file_fd).st_size
            hashed = size_bytes <= self._max_hashed_bytes
            sha256 = content.digest(file_fd, size_bytes) if hashed else None
        return {
            "source": str(claim.source),
            "bytes": size_bytes,
            "sha256": sha256,
            "attempts": claim.attempts,
            "failed_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "dropcut": __version__,
        }


def _exists(folder_fd: int, name: str) -> bool:
    return posix.status_at(folder_fd, name) is not None


def _names(folder_fd: int, claim: Claim, state: ClaimState) -> Iterator[str]:
    """Yield an original's names; in `failed/` their reasons' names must fit, too."""
    suffix = REASON_SUFFIX if state is ClaimState.FAILED else ""
    limit_bytes = posix.name_limit_bytes(folder_fd) - len(suffix)
    return (path.name for path in alternatives(claim.source, limit_bytes))


def _is_free(folder_fd: int, name: str, own: os.stat_result | None) -> bool:
    """Whether a name is free, or is the file's own after `link` without `unlink`."""
    there = posix.status_at(folder_fd, name)
    return there is None or (own is not None and os.path.samestat(there, own))


def _free_name(folder_fd: int, claim: Claim, own: os.stat_result | None) -> str:
    names = _names(folder_fd, claim, ClaimState.PROCESSED)
    return next(name for name in names if _is_free(folder_fd, name, own))


def _write_reason_for_free_name(
    folder_fd: int, claim: Claim, own: os.stat_result | None, *, facts: _Facts
) -> str:
    """Write the reason for a free name, and return that name.

    Raises:
        FileExistsError: Another reason got this name meanwhile.
    """
    for name in _names(folder_fd, claim, ClaimState.FAILED):
        reason, temp = reason_name(name), _reason_temp(claim)
        if not _is_free(folder_fd, name, own):
            continue
        is_own = _is_same_reason(folder_fd, reason, facts)
        if is_own and claim.state is ClaimState.FAILED:
            # The run that was interrupted knew the reason better than this one
            posix.remove(folder_fd, temp)
            return name
        if is_own or not _exists(folder_fd, reason):
            with posix.new_file(folder_fd, temp) as file_fd:
                text = json.dumps(facts, indent=2) + "\n"
                posix.write_all(file_fd, text.encode("ascii"))
            if is_own:
                os.rename(temp, reason, src_dir_fd=folder_fd, dst_dir_fd=folder_fd)
            else:
                posix.rename_new(folder_fd, temp, folder_fd, reason)
            posix.sync_folder(folder_fd)
            return name
    raise AssertionError


def _reason_temp(claim: Claim) -> str:
    return temp_name(f"{claim.id}-reason")


def _is_same_reason(folder_fd: int, name: str, facts: _Facts) -> bool:
    """Whether a reason file is about this very picture: path, size and content."""
    try:
        with posix.opened_file(folder_fd, name) as file_fd:
            earlier = json.loads(content.read_up_to(file_fd, _MOST_REASON_BYTES))
    except OSError as error:
        if is_transient(error):
            raise
        return False
    except (ValueError, RecursionError):
        return False
    keys = ("source", "bytes", "sha256")
    return isinstance(earlier, dict) and all(
        earlier.get(key) == facts[key] for key in keys
    )
