"""Claims: pictures taken out of the inbox, and the folders they move through."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath


@dataclass(frozen=True, slots=True, kw_only=True)
class Folders:
    """The four folders of a service, as absolute paths without links.

    Attributes:
        marker: Path, relative to each folder, of a file that must exist there. A folder
            without this file counts as not mounted.
    """

    inbox: Path
    outbox: Path
    processed: Path
    failed: Path
    marker: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileIdentity:
    """What `stat` returns for a file; if any part differs, the file has changed."""

    device: int
    inode: int
    size_bytes: int
    mtime_ns: int


class ClaimState(StrEnum):
    """How far a claim has come; part of the claim's file name, so it is durable.

    WORK: there is no result yet. PUBLISH: the result is complete and durable under a
    temporary name in the outbox; it is renamed next, or made again if somebody has
    removed it. PROCESSED, FAILED: a complete copy of the original is in that folder, on
    another file system, under a temporary name or already under its final one.
    """

    WORK = "work"
    PUBLISH = "publish"
    PROCESSED = "processed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultEvidence:
    """What identifies a result under its final name after a kill.

    Attributes:
        inode: Inode of the temporary file.
        size_bytes: Size of the temporary file.
        mtime_ns: Modification time of the temporary file.
        boot_id: The kernel's boot ID when this was recorded; empty if unknown.
    """

    inode: int
    size_bytes: int
    mtime_ns: int
    boot_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A picture that was taken out of the inbox.

    Attributes:
        id: Unique, sorts by the time of the claim.
        source: The picture's path in the inbox.
        output: The path of its result in the outbox; another one is chosen only if that
            name has been taken since.
        attempts: Attempts so far, over all runs of the service.
        state: How far the claim has come.
        settled_long: Whether the file stayed unchanged long enough before the claim to
            rule out that it is still being written.
        archived_as: The path in `processed/` or `failed/` that was chosen for the
            original, if it must be known after a kill; otherwise empty.
        result: Evidence of the result that is about to be renamed.
    """

    id: str
    source: PurePosixPath
    output: PurePosixPath
    attempts: int = 0
    state: ClaimState = ClaimState.WORK
    settled_long: bool = False
    archived_as: str = ""
    result: ResultEvidence | None = None


@dataclass(frozen=True, slots=True)
class InboxFile:
    """A regular file in the inbox, with its path relative to the inbox."""

    path: PurePosixPath
    identity: FileIdentity


@dataclass(frozen=True, slots=True)
class SkippedEntry:
    """An entry of the inbox that Dropcut does not process, and why."""

    path: PurePosixPath
    reason: str
