"""Filing originals into `processed/` and `failed/`, on whatever file system they are.

A move to another file system copies into a hidden draft, notes in the claim's name that
the copy is whole, renames the draft, and removes the claim: so that a life that is cut
off anywhere in between is finished by the next one, once.
"""

import errno
import json
import os
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import PurePosixPath

from dropcut import __version__, naming
from dropcut.errors import Reason
from dropcut.files import posix
from dropcut.files.claims import Claims, vanishing
from dropcut.jobs import Claim, Folders, Stage

_Choose = Callable[[int], str]
_Facts = dict[str, object]


class Filing:
    """Moves originals out of the claims."""

    def __init__(
        self, folders: Folders, claims: Claims, *, max_hashed_bytes: int
    ) -> None:
        """Take the folders, and up to which size a failed file is hashed."""
        self._folders, self._claims = folders, claims
        self._max_hashed_bytes = max_hashed_bytes

    def file_processed(self, claim: Claim) -> None:
        """Move the original to `processed/`."""
        root, parent = self._folders.processed, claim.source.parent

        def choose(folder: int) -> str:
            return _free_name(folder, claim.source)

        with posix.opened_folder(root, parent, create=True) as folder:
            self._file(claim, folder, Stage.PROCESSED, choose)

    def file_failed(self, claim: Claim, reason: Reason, message: str) -> None:
        """Leave the reason in `failed/`, then move the original beside it."""
        facts = self._facts(claim, reason, message)
        root, parent = self._folders.failed, claim.source.parent

        def choose(folder: int) -> str:
            return _leave_reason(folder, claim, facts)

        with posix.opened_folder(root, parent, create=True) as folder:
            self._file(claim, folder, Stage.FAILED, choose)

    def _file(self, claim: Claim, folder: int, stage: Stage, choose: _Choose) -> None:
        """Move the original into an open folder, by copy where rename cannot."""
        with self._claims.opened() as claims, vanishing(claim):
            if claim.stage is not stage:
                try:
                    _move(claims, naming.claim_name(claim), folder, choose)
                except OSError as error:
                    if error.errno != errno.EXDEV:
                        raise
                    claim = self._copy(claims, folder, claim, stage)
            if claim.stage is stage:
                _finish_copy(claims, folder, claim, choose)
            self._claims.forget(claims, claim)

    def _copy(self, claims: int, folder: int, claim: Claim, stage: Stage) -> Claim:
        draft = naming.draft_name(claim.key)
        posix.copy_verified(claims, naming.claim_name(claim), folder, draft)
        posix.sync_folder(folder)
        return self._claims.advance(claim, stage=stage)

    def _facts(self, claim: Claim, reason: Reason, message: str) -> _Facts:
        """Return the content of the reason file."""
        with (
            self._claims.opened() as claims,
            vanishing(claim),
            posix.opened_file(claims, naming.claim_name(claim)) as file,
        ):
            size_bytes = os.fstat(file).st_size
            hashed = size_bytes <= self._max_hashed_bytes
            sha256 = posix.digest(file) if hashed else None
        return {
            "reason": reason,
            "message": message,
            "source": str(claim.source),
            "bytes": size_bytes,
            "sha256": sha256,
            "attempts": claim.attempts,
            "failed_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "dropcut": __version__,
        }


def _move(source: int, name: str, folder: int, choose: _Choose) -> None:
    """Rename into a folder; a name that was taken meanwhile is chosen anew."""
    while True:
        with suppress(FileExistsError):
            posix.rename_new(source, name, folder, choose(folder))
            return posix.sync_folder(folder)


def _finish_copy(claims: int, folder: int, claim: Claim, choose: _Choose) -> None:
    """Name the whole copy and remove the claim; without a draft, it has its name."""
    name, draft = naming.claim_name(claim), naming.draft_name(claim.key)
    if not _has(folder, draft) and not _has_twin(claims, name, folder, claim.source):
        posix.copy_verified(claims, name, folder, draft)
    if _has(folder, draft):
        _move(folder, draft, folder, choose)
    os.unlink(name, dir_fd=claims)


def _has(folder: int, name: str) -> bool:
    return posix.status_at(folder, name) is not None


def _has_twin(claims: int, name: str, folder: int, source: PurePosixPath) -> bool:
    """Whether the folder holds the same content under one of the original's names."""
    with posix.opened_file(claims, name) as file:
        wanted = posix.digest(file)
    for path in naming.alternatives(source, posix.name_limit_bytes(folder)):
        try:
            with posix.opened_file(folder, path.name) as file:
                if posix.digest(file) == wanted:
                    return True
        except FileNotFoundError:
            return False
    raise AssertionError


def _free_name(folder: int, source: PurePosixPath) -> str:
    paths = naming.alternatives(source, posix.name_limit_bytes(folder))
    return next(path.name for path in paths if not _has(folder, path.name))


def _leave_reason(folder: int, claim: Claim, facts: _Facts) -> str:
    """Write the reason for a free name, and return that name."""
    limit_bytes = posix.name_limit_bytes(folder)
    for path in naming.alternatives(claim.source, limit_bytes):
        reason = naming.reason_name(path.name, limit_bytes)
        if _has(folder, path.name):
            continue
        if _is_same_reason(folder, reason, facts):
            return path.name
        if not _has(folder, reason):
            _write_reason(folder, reason, claim, facts)
            return path.name
    raise AssertionError


def _is_same_reason(folder: int, name: str, facts: _Facts) -> bool:
    """Whether a life that was cut off has left this reason for this very file."""
    try:
        with posix.opened_file(folder, name) as file:
            earlier = json.loads(posix.read_all(file))
    except (OSError, ValueError):
        return False
    keys = ("source", "bytes", "sha256")
    return isinstance(earlier, dict) and all(
        earlier.get(key) == facts[key] for key in keys
    )


def _write_reason(folder: int, name: str, claim: Claim, facts: _Facts) -> None:
    draft = naming.draft_name(f"{claim.key}-reason")
    with posix.new_file(folder, draft) as file:
        text = json.dumps(facts, indent=2) + "\n"
        posix.write_all(file, text.encode("ascii"))
    posix.rename_new(folder, draft, folder, name)
    posix.sync_folder(folder)
