"""Moves originals to `processed/` and `failed/`, on whatever file system they are.

A move to another file system has five durable steps: a hidden copy is written and
read back, the claim's state says that the copy is complete, the claim's record says
which name it gets, the copy gets that name, and the claim is removed. After a kill
between any two of them the next run does the rest, once.
"""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import takewhile
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from dropcut import __version__
from dropcut.core.claims import Claim, ClaimState, Folders
from dropcut.core.errors import Reason
from dropcut.core.ignored import REASON_SUFFIX
from dropcut.storage import content, posix
from dropcut.storage.claims import Claims
from dropcut.storage.free import accepted_name, free_file_name
from dropcut.storage.mirror import mirrored
from dropcut.storage.names import (
    alternatives,
    claim_name,
    reason_name,
    temp_name,
)
from dropcut.storage.reasons import (
    Facts,
    is_free,
    is_same_reason,
    reason_temp,
    write_reason,
)
from dropcut.storage.roots import GuardedFolder
from dropcut.storage.vanished import translating_missing

_BEGINNING_LENGTH = 16  # all names of a picture, also shortened ones, begin alike

_Choose = Callable[[int, Claim, os.stat_result | None], str]


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

    def root_of(self, path: Path) -> GuardedFolder | None:
        """Return `processed/` or `failed/`, if a path is in one of them."""
        roots = (self._processed, self._failed)
        return next((r for r in roots if path.is_relative_to(r.path)), None)

    def archive_processed(self, claim: Claim) -> None:
        """Move the original to `processed/`."""
        self._archive(claim, self._processed, ClaimState.PROCESSED, _free_name)

    def archive_failed(self, claim: Claim, reason: Reason, message: str) -> None:
        """Write the reason into `failed/`, then move the original beside it.

        In this order, because a picture in `failed/` always has a reason.
        """
        facts = {"reason": reason, "message": message, **self._facts(claim)}
        choose = partial(write_reason, facts=facts)
        self._archive(claim, self._failed, ClaimState.FAILED, choose)

    def remove_stale_reason(self, claim: Claim) -> None:
        """Remove what an interrupted failure or retry of this picture has left.

        The picture itself is not in `failed/`.
        """
        folder = mirrored(self._failed, claim.source.parent)
        with suppress(FileNotFoundError), self._failed.opened(folder) as folder_fd:
            for name in (temp_name(claim.id), reason_temp(claim)):
                posix.remove(folder_fd, name)
            first = next(_names(folder_fd, claim, ClaimState.FAILED))
            if not posix.exists(folder_fd, reason_name(first)):
                return
            there = {*os.listdir(folder_fd)}  # noqa: PTH208  # of an open folder
            beginning = first[:_BEGINNING_LENGTH]
            reasons = (name for name in there if name.endswith(REASON_SUFFIX))
            lone = [
                reason
                for reason in reasons
                if reason.startswith(beginning)
                and reason.removesuffix(REASON_SUFFIX) not in there
            ]
            facts = self._facts(claim) if lone else {}
            for reason in lone:
                if is_same_reason(folder_fd, reason, facts):
                    posix.remove(folder_fd, reason)

    def _archive(
        self, claim: Claim, root: GuardedFolder, state: ClaimState, choose: _Choose
    ) -> None:
        """Move the original below a folder, by copy where a rename is not possible."""
        with self._claims.opened() as claims_fd, translating_missing(claims_fd, claim):
            folder = self._folder(claims_fd, claim, root, state)
            with root.opened(folder, create=True) as folder_fd:
                place = _Place(folder, folder_fd)
                if claim.state is not state:
                    claim = self._rename_or_copy(claims_fd, place, claim, state, choose)
                if claim.state is state:
                    self._finish_copy(claims_fd, place, claim, choose)
                with suppress(
                    OSError
                ):  # it has left the claims, and is kept either way
                    posix.sync_folder(folder_fd)
            self._claims.drop_record(claims_fd, claim)

    def _folder(
        self, claims_fd: int, claim: Claim, root: GuardedFolder, state: ClaimState
    ) -> PurePosixPath:
        """Return where the original goes: where an earlier run has begun, if one has.

        What stood in the way of the mirrored folder then may be gone now.
        """
        begun = PurePosixPath(claim.archived_as)
        if begun.name:
            with (
                suppress(FileNotFoundError, NotADirectoryError),
                root.opened(begun.parent) as folder_fd,
            ):
                if claim.state is state or posix.is_same_file(
                    claims_fd, claim_name(claim), folder_fd, begun.name
                ):
                    return begun.parent
        return mirrored(root, claim.source.parent)

    def _rename_or_copy(
        self,
        claims_fd: int,
        place: "_Place",
        claim: Claim,
        state: ClaimState,
        choose: _Choose,
    ) -> Claim:
        """Rename the original; on another file system, write a hidden copy of it.

        Returns:
            The claim, with the new state if there is a copy now.
        """
        name = claim_name(claim)
        try:
            self._rename(claims_fd, name, place, claim, choose)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
        else:
            return claim
        # The state may say that the copy is complete only once it is, name and content:
        # from then on it has that name, or another, or somebody has removed it.
        content.copy_verified(claims_fd, name, place.fd, temp_name(claim.id))
        posix.sync_folder(place.fd)
        return self._claims.transition(claim, state=state)

    def _finish_copy(
        self, claims_fd: int, place: "_Place", claim: Claim, choose: _Choose
    ) -> None:
        """Give the complete copy its name, then remove the claim.

        Raises:
            FileNotFoundError: Somebody has removed the copy at the same moment.
        """
        name, temp, archived = claim_name(claim), temp_name(claim.id), ""
        if not posix.exists(place.fd, temp):
            # The record has its name. Earlier versions recorded none, and a full disk
            # prevents it: then all names of the picture are compared.
            begun = PurePosixPath(claim.archived_as)
            every = _names(place.fd, claim, claim.state)
            known = begun.name and begun.parent == place.folder
            names = [begun.name] if known else takewhile(place.has, every)
            same = partial(content.has_same_content, claims_fd, name, place.fd)
            archived = next(filter(same, names), "")
            if not archived:  # somebody has removed the copy
                content.copy_verified(claims_fd, name, place.fd, temp)
        if not archived:
            archived = self._rename(place.fd, temp, place, claim, choose)
        # The copy's name is durable before the claim, the only other copy, is removed
        posix.sync_folder(place.fd)
        if not posix.has_file(place.fd, archived):
            text = "the copy of an original was removed, so it is copied again"
            raise FileNotFoundError(errno.ENOENT, text, archived)
        os.unlink(name, dir_fd=claims_fd)

    def _rename(
        self, source_fd: int, name: str, place: "_Place", claim: Claim, choose: _Choose
    ) -> str:
        """Rename an original or its copy; if the name is taken meanwhile, choose again.

        A copy's name is recorded before: else, after a kill, the copy could not be told
        from another picture of the same content. An original has either name or, after
        `link` without `unlink`, both, which `choose` recognises by the inode, if it is
        in the folder where it is looked for.
        """
        own = posix.status_at(source_fd, name)
        recorded = source_fd == place.fd or place.folder != claim.source.parent
        while True:
            with suppress(FileExistsError):
                chosen = choose(place.fd, claim, own)
                path = str(place.folder / chosen)
                if recorded and claim.archived_as != path:
                    claim = self._record(claim, path)
                posix.rename_new(source_fd, name, place.fd, chosen)
                return chosen

    def _record(self, claim: Claim, path: str) -> Claim:
        try:
            return self._claims.update_record(replace(claim, archived_as=path))
        except OSError:
            # A full disk must not keep the originals that fill it. Without a recorded
            # name, an interrupted move is recognised by its content; with another name
            # in the record it would not be.
            if claim.archived_as:
                raise
            return claim

    def _facts(self, claim: Claim) -> Facts:
        """Return what a reason file says about the picture."""
        with self._claims.opened_original(claim) as file_fd:
            size_bytes = os.fstat(file_fd).st_size
            hashed = size_bytes <= self._max_hashed_bytes
            sha256 = content.digest(file_fd, size_bytes) if hashed else None
        return {
            "claim": claim.id,
            "source": str(claim.source),
            "bytes": size_bytes,
            "sha256": sha256,
            "attempts": claim.attempts,
            "failed_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "dropcut": __version__,
        }


class _Place(NamedTuple):
    """An open folder below `processed/` or `failed/`, and its path there."""

    folder: PurePosixPath
    fd: int

    def has(self, name: str) -> bool:
        """Whether the folder has something of this name."""
        return posix.exists(self.fd, name)


def _names(folder_fd: int, claim: Claim, state: ClaimState) -> Iterator[str]:
    """Yield an original's names; in `failed/` their reasons' names must fit, too."""
    suffix = REASON_SUFFIX if state is ClaimState.FAILED else ""
    limit_bytes = posix.name_limit_bytes(folder_fd) - len(suffix)
    return alternatives(accepted_name(folder_fd, claim.source.name), limit_bytes)


def _free_name(folder_fd: int, claim: Claim, own: os.stat_result | None) -> str:
    name = claim.source.name
    return free_file_name(folder_fd, name, partial(is_free, folder_fd, own=own))
