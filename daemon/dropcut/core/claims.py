"""Claims: pictures taken out of the inbox, and the folders they move through."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath


@dataclass(frozen=True, slots=True, kw_only=True)
class Folders:
    """The four folders of a service, absolute and without links.

    Attributes:
        marker: Of a file that must lie in each of them, relative to it: where it is
            missing, so is the file system that the folder is on.
    """

    inbox: Path
    outbox: Path
    processed: Path
    failed: Path
    marker: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileIdentity:
    """What `stat` says of a file; a change of any part means that it changed."""

    device: int
    inode: int
    size_bytes: int
    mtime_ns: int


class ClaimState(StrEnum):
    """How far a claim has come; part of the claim's file name, so it is durable.

    WORK: the picture is to be made. PUBLISH: its PNG is whole and durable as a
    draft in the outbox, and gets its name next. PROCESSED, FAILED: a whole copy of
    the original lies as a draft in that folder on another file system.
    """

    WORK = "work"
    PUBLISH = "publish"
    PROCESSED = "processed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A picture that was taken out of the inbox.

    Attributes:
        key: Unique, sorts by the time of the claim.
        source: Where it lay, relative to the inbox.
        output: Where its PNG goes, relative to the outbox; decided once.
        attempts: Starts so far, over all lives of the service.
        state: How far it has come.
        settled_long: Whether it stayed unchanged for so long that it is not still being
            written.
    """

    key: str
    source: PurePosixPath
    output: PurePosixPath
    attempts: int = 0
    state: ClaimState = ClaimState.WORK
    settled_long: bool = False


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
