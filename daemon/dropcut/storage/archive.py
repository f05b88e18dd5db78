"""Moves originals to `processed/` and `failed/`, which may be on other file systems.

A move to another file system has five durable steps: a hidden copy is written and read
back, the claim's state is changed to say that the copy is complete, the name chosen for
the copy is recorded, the copy is renamed to it, and the claim is removed. After a kill
between any two steps, the next run does the remaining ones, once.
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

_PREFIX_LENGTH = 16  # common to all names of a picture, even if they are shortened

_ChooseName = Callable[[int, Claim, os.stat_result | None], str]


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
        """Return which of `processed/` and `failed/` contains a path, if any."""
        roots = (self._processed, self._failed)
        return next((r for r in roots if path.is_relative_to(r.path)), None)

    def archive_processed(self, claim: Claim) -> None:
        """Move the original to `processed/`."""
        self._archive(claim, self._processed, ClaimState.PROCESSED, _free_name)

    def archive_failed(self, claim: Claim, reason: Reason, message: str) -> None:
        """Write the reason into `failed/`, then move the original there.

        In this order, because a picture in `failed/` always has a reason.
        """
        facts = {"reason": reason, "message": message, **self._facts(claim)}
        choose = partial(write_reason, facts=facts)
        self._archive(claim, self._failed, ClaimState.FAILED, choose)

    def remove_stale_reason(self, claim: Claim) -> None:
        """Remove files that an interrupted move to or from `failed/` has left there.

        The picture itself is not in `failed/`.
        """
        folder = mirrored(self._failed, claim.source.parent)
        with suppress(FileNotFoundError), self._failed.opened(folder) as folder_fd:
            for name in (temp_name(claim.id), reason_temp(claim)):
                posix.remove(folder_fd, name)
            first = next(_names(folder_fd, claim, ClaimState.FAILED))
            if not posix.exists(folder_fd, reason_name(first)):
                return
            names = {*os.listdir(folder_fd)}  # noqa: PTH208  # of an open folder
            prefix = first[:_PREFIX_LENGTH]
            reasons = (name for name in names if name.endswith(REASON_SUFFIX))
            orphans = [
                reason
                for reason in reasons
                if reason.startswith(prefix)
                and reason.removesuffix(REASON_SUFFIX) not in names
            ]
            facts = self._facts(claim) if orphans else {}
            for reason in orphans:
                if is_same_reason(folder_fd, reason, facts):
                    posix.remove(folder_fd, reason)

    def _archive(
        self, claim: Claim, root: GuardedFolder, state: ClaimState, choose: _ChooseName
    ) -> None:
        """Move the original below `root`, by a rename or, if need be, by a copy."""
        with self._claims.opened() as claims_fd, translating_missing(claims_fd, claim):
            folder = self._folder(claims_fd, claim, root, state)
            with root.opened(folder, create=True) as folder_fd:
                place = _Place(folder, folder_fd)
                is_new = claim.state is not state
                if is_new:
                    claim = self._rename_or_copy(claims_fd, place, claim, state, choose)
                if claim.state is state:
                    self._finish_copy(claims_fd, place, claim, choose, is_new=is_new)
                # The original has left the claims, and exists either way
                with suppress(OSError):
                    posix.sync_folder(folder_fd)
            self._claims.drop_record(claims_fd, claim)

    def _folder(
        self, claims_fd: int, claim: Claim, root: GuardedFolder, state: ClaimState
    ) -> PurePosixPath:
        """Return the folder for the original: that of an interrupted move, if any.

        It may differ from the mirrored folder, where a name may have become free since.
        """
        started = PurePosixPath(claim.archived_as)
        if started.name:
            with (
                suppress(FileNotFoundError, NotADirectoryError),
                root.opened(started.parent) as folder_fd,
            ):
                if claim.state is state or posix.is_same_file(
                    claims_fd, claim_name(claim), folder_fd, started.name
                ):
                    return started.parent
        return mirrored(root, claim.source.parent)

    def _rename_or_copy(
        self,
        claims_fd: int,
        place: "_Place",
        claim: Claim,
        state: ClaimState,
        choose: _ChooseName,
    ) -> Claim:
        """Rename the original; to another file system, write a hidden copy instead.

        Returns:
            The claim, in the state `state` if a copy was written.
        """
        name = claim_name(claim)
        try:
            self._rename(claims_fd, name, place, claim, choose)
        except OSError as error:
            # Not if a reason is at fault: the original would follow without one
            if error.errno != errno.EXDEV or error.filename != name:
                raise
        else:
            return claim
        # The state changes only when content and hidden name of the copy are durable.
        # From then on, a copy without that name was renamed, or removed by somebody.
        content.copy_verified(claims_fd, name, place.fd, temp_name(claim.id))
        posix.sync_folder(place.fd)
        return self._claims.transition(claim, state=state)

    def _finish_copy(
        self,
        claims_fd: int,
        place: "_Place",
        claim: Claim,
        choose: _ChooseName,
        *,
        is_new: bool,
    ) -> None:
        """Rename the complete copy to its final name, then remove the claim.

        Raises:
            FileNotFoundError: Somebody has removed the copy at the same moment.
        """
        name, temp, archived = claim_name(claim), temp_name(claim.id), ""
        # An earlier run may have been killed while it copied again, in mid-copy
        same = partial(content.has_same_content, claims_fd, name, place.fd)
        if not (is_new and posix.exists(place.fd, temp)) and not same(temp):
            # Its final name is in the record, unless an earlier version wrote that or
            # the disk was full: then the files with all names of the picture are tried.
            started = PurePosixPath(claim.archived_as)
            every = _names(place.fd, claim, claim.state)
            known = started.name and started.parent == place.folder
            names = [started.name] if known else takewhile(place.has, every)
            archived = next(filter(same, names), "")
            if not archived:  # somebody has removed the copy
                content.copy_verified(claims_fd, name, place.fd, temp)
        if not archived:
            archived = self._rename(place.fd, temp, place, claim, choose)
        # The copy's name is durable before the claim, the only other copy, is removed
        posix.sync_folder(place.fd)
        if not posix.has_file(place.fd, archived):
            text = "the copy of an original was removed; the original is copied again"
            raise FileNotFoundError(errno.ENOENT, text, archived)
        os.unlink(name, dir_fd=claims_fd)

    def _rename(
        self,
        source_fd: int,
        name: str,
        place: "_Place",
        claim: Claim,
        choose: _ChooseName,
    ) -> str:
        """Rename an original or its copy; if the chosen name was taken, choose again.

        The name of a copy is recorded first: otherwise, after a kill, the copy could
        not be told from another picture with the same content. An original has one of
        its names or, after `link` without `unlink`, both; `choose` recognises that by
        the inode, if it looks in the right folder.
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
            # The disk may be full, and the originals that fill it must leave all the
            # same. Without a recorded name, the copy of an interrupted move is
            # recognised by its content; with a wrong name it would not be found.
            if claim.archived_as:
                raise
            return claim

    def _facts(self, claim: Claim) -> Facts:
        """Return what the reason file is to say about the picture."""
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
        """Whether the folder has an entry with this name."""
        return posix.exists(self.fd, name)


def _names(folder_fd: int, claim: Claim, state: ClaimState) -> Iterator[str]:
    """Yield the names an original may have; in `failed/` the reason's must fit too."""
    suffix = REASON_SUFFIX if state is ClaimState.FAILED else ""
    limit_bytes = posix.name_limit_bytes(folder_fd) - len(suffix)
    return alternatives(accepted_name(folder_fd, claim.source.name), limit_bytes)


def _free_name(folder_fd: int, claim: Claim, own: os.stat_result | None) -> str:
    name = claim.source.name
    return free_file_name(folder_fd, name, partial(is_free, folder_fd, own=own))
