"""Filing originals into `processed/` and `failed/`, on whatever file system they are.

A move to another file system copies into a hidden draft, notes in the claim's name that
the copy is whole, renames the draft, and removes the claim: so that a life that is cut
off anywhere in between is finished by the next one, once.
"""

import errno
import json
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial

from dropcut import __version__
from dropcut.core.claims import Claim, ClaimState, Folders
from dropcut.core.errors import Reason, is_transient
from dropcut.core.ignored import REASON_SUFFIX
from dropcut.storage import posix
from dropcut.storage.claims import Claims
from dropcut.storage.names import alternatives, claim_name, reason_name, temp_name
from dropcut.storage.roots import GuardedFolder
from dropcut.storage.vanished import vanishing

_Choose = Callable[[int, Claim, os.stat_result | None], str]
_Facts = dict[str, object]

_MOST_REASON_BYTES = 1 << 20


class Archive:
    """Moves originals out of the claims."""

    def __init__(
        self, folders: Folders, claims: Claims, *, max_hashed_bytes: int
    ) -> None:
        """Take the folders, and up to which size a failed file is hashed."""
        self._processed = GuardedFolder(folders.processed, folders.marker)
        self._failed = GuardedFolder(folders.failed, folders.marker)
        self._claims = claims
        self._max_hashed_bytes = max_hashed_bytes

    def archive_processed(self, claim: Claim) -> None:
        """Move the original to `processed/`."""
        self._file(claim, self._processed, ClaimState.PROCESSED, _free_name)

    def archive_failed(self, claim: Claim, reason: Reason, message: str) -> None:
        """Leave the reason in `failed/`, then move the original beside it."""
        facts = {"reason": reason, "message": message, **self._facts(claim)}
        choose = partial(_leave_reason, facts=facts)
        self._file(claim, self._failed, ClaimState.FAILED, choose)

    def remove_stale_reason(self, claim: Claim) -> None:
        """Remove what is left in `failed/` of a picture that is not failed after all.

        An earlier life, or try, had begun to, or `retry` to bring it back, and did not
        come to its end.
        """
        with (
            suppress(FileNotFoundError),
            self._failed.opened(claim.source.parent) as folder,
        ):
            leftovers = [temp_name(claim.key), _reason_draft(claim)]
            if lone := list(_lone_reasons(folder, claim)):
                facts = self._facts(claim)
                leftovers += [n for n in lone if _is_same_reason(folder, n, facts)]
            for name in leftovers:
                posix.remove(folder, name)

    def _file(
        self, claim: Claim, root: GuardedFolder, state: ClaimState, choose: _Choose
    ) -> None:
        """Move the original to where it belongs, by copy where rename cannot."""
        with (
            self._claims.opened() as claims,
            root.opened(claim.source.parent, create=True) as folder,
            vanishing(claims, claim),
        ):
            if claim.state is not state:
                try:
                    _move(claims, claim_name(claim), folder, claim, choose)
                except OSError as error:
                    if error.errno != errno.EXDEV:
                        raise
                    claim = self._copy(claims, folder, claim, state)
            if claim.state is state:
                _finish_copy(claims, folder, claim, choose)
            with suppress(OSError):  # it has left the claims, and is kept either way
                posix.sync_folder(folder)
            self._claims.drop_record(claims, claim)

    def _copy(self, claims: int, folder: int, claim: Claim, state: ClaimState) -> Claim:
        draft = temp_name(claim.key)
        posix.copy_verified(claims, claim_name(claim), folder, draft)
        posix.sync_folder(folder)
        return self._claims.advance(claim, state=state)

    def _facts(self, claim: Claim) -> _Facts:
        """Return what a reason file says of the picture."""
        with self._claims.opened_original(claim) as file:
            size_bytes = os.fstat(file).st_size
            hashed = size_bytes <= self._max_hashed_bytes
            sha256 = posix.digest(file) if hashed else None
        return {
            "source": str(claim.source),
            "bytes": size_bytes,
            "sha256": sha256,
            "attempts": claim.attempts,
            "failed_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "dropcut": __version__,
        }


def _move(source: int, name: str, folder: int, claim: Claim, choose: _Choose) -> None:
    """Rename into a folder; a name that was taken meanwhile is chosen anew."""
    status = posix.status_at(source, name)
    while True:
        with suppress(FileExistsError):
            posix.rename_new(source, name, folder, choose(folder, claim, status))
            return


def _finish_copy(claims: int, folder: int, claim: Claim, choose: _Choose) -> None:
    """Name the whole copy and remove the claim; without a draft, it has its name."""
    name, draft = claim_name(claim), temp_name(claim.key)
    if not _has(folder, draft) and not _has_twin(claims, folder, claim):
        posix.copy_verified(claims, name, folder, draft)
    if _has(folder, draft):
        _move(folder, draft, folder, claim, choose)
    posix.sync_folder(folder)
    os.unlink(name, dir_fd=claims)


def _has(folder: int, name: str) -> bool:
    return posix.status_at(folder, name) is not None


def _limit_bytes(folder: int, state: ClaimState) -> int:
    """Return how long a name may be; in `failed/` a reason's name must fit too."""
    suffix = REASON_SUFFIX if state is ClaimState.FAILED else ""
    return posix.name_limit_bytes(folder) - len(suffix)


def _has_twin(claims: int, folder: int, claim: Claim) -> bool:
    """Whether the folder holds the same content under one of the original's names."""
    with posix.opened_file(claims, claim_name(claim)) as file:
        wanted = posix.digest(file)
    limit_bytes = _limit_bytes(folder, claim.state)
    for path in alternatives(claim.source, limit_bytes):
        try:
            with posix.opened_file(folder, path.name) as file:
                if posix.digest(file) == wanted:
                    return True
        except FileNotFoundError:
            return False
    raise AssertionError


def _is_free(folder: int, name: str, own: os.stat_result | None) -> bool:
    """Whether a name is free, or is the file's own after a `link` without `unlink`."""
    there = posix.status_at(folder, name)
    return there is None or (own is not None and os.path.samestat(there, own))


def _free_name(folder: int, claim: Claim, own: os.stat_result | None) -> str:
    limit_bytes = _limit_bytes(folder, ClaimState.PROCESSED)
    paths = alternatives(claim.source, limit_bytes)
    return next(path.name for path in paths if _is_free(folder, path.name, own))


def _leave_reason(
    folder: int, claim: Claim, own: os.stat_result | None, *, facts: _Facts
) -> str:
    """Write the reason for a free name, and return that name."""
    limit_bytes = _limit_bytes(folder, ClaimState.FAILED)
    for path in alternatives(claim.source, limit_bytes):
        if not _is_free(folder, path.name, own):
            continue
        reason = reason_name(path.name)
        ours = _is_same_reason(folder, reason, facts)
        if ours or not _has(folder, reason):
            if not (ours and claim.state is ClaimState.FAILED):
                _write_reason(folder, reason, claim, facts)
            return path.name
    raise AssertionError


def _reason_draft(claim: Claim) -> str:
    return temp_name(f"{claim.key}-reason")


def _lone_reasons(folder: int, claim: Claim) -> Iterator[str]:
    """Yield the reason files of this name beside which there is no picture."""
    limit_bytes = _limit_bytes(folder, ClaimState.FAILED)
    for path in alternatives(claim.source, limit_bytes):
        reason = reason_name(path.name)
        if not _has(folder, reason):
            return
        if not _has(folder, path.name):
            yield reason


def _is_same_reason(folder: int, name: str, facts: _Facts) -> bool:
    """Whether an earlier life, or try, has left this reason file for this very file."""
    try:
        with posix.opened_file(folder, name) as file:
            earlier = json.loads(posix.read_all(file, _MOST_REASON_BYTES))
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


def _write_reason(folder: int, name: str, claim: Claim, facts: _Facts) -> None:
    """Write a reason file under a free name, or over the one for the same file."""
    draft = _reason_draft(claim)
    with posix.new_file(folder, draft) as file:
        text = json.dumps(facts, indent=2) + "\n"
        posix.write_all(file, text.encode("ascii"))
    os.rename(draft, name, src_dir_fd=folder, dst_dir_fd=folder)
    posix.sync_folder(folder)
