"""Claims: pictures taken out of the inbox, and the folders they move through."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath


@dataclass(frozen=True, slots=True, kw_only=True)
class Folders:
    """The four folders of a service, as absolute paths without links.

    Attributes:
        marker: Path of a file that must exist in each of them, relative to it. Where it
            is missing, the folder's file system is not mounted.
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

    WORK: the result is to be made. PUBLISH: the result is complete and durable under a
    temporary name in the outbox, and gets its name next, unless somebody has removed
    it: then it is made again. PROCESSED, FAILED: a complete
    copy of the original is in that folder, on another file system, under a temporary
    name or already under its own.
    """

    WORK = "work"
    PUBLISH = "publish"
    PROCESSED = "processed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultEvidence:
    """How a result that has got its name is recognised after a kill.

    Attributes:
        inode: Of its temporary file.
        size_bytes: Of its temporary file.
        mtime_ns: Of its temporary file.
        boot_id: Of the kernel that ran when this was recorded; empty if unknown.
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
        source: Its path in the inbox.
        output: The path of its result in the outbox; another one is chosen only if
            that name is taken meanwhile.
        attempts: Attempts so far, over all runs of the service.
        state: How far it has come.
        settled_long: Whether it stayed unchanged for so long that it is not still being
            written.
        archived_as: The path in `processed/` or `failed/` that was chosen for the
            original, where that must be known after a kill; else empty.
        result: Evidence of the result that is about to get its name.
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
    """A regular file in the inbox, relative to it."""

    path: PurePosixPath
    identity: FileIdentity


@dataclass(frozen=True, slots=True)
class SkippedEntry:
    """An entry of the inbox that is not a picture to work on, and why."""

    path: PurePosixPath
    reason: str
