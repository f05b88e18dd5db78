"""The record of a claim: a small file beside the original.

It has what does not fit into the claim's file name: where the picture came from, the
path that was chosen for its result and, if it must be known after a kill, for the
original, and the evidence that identifies the result. Every version reads the records
of every other: unknown keys are ignored; only `source` and `output` are required.
"""

import json
import os
from dataclasses import asdict
from pathlib import Path, PurePosixPath
from typing import Any, TypedDict

from dropcut.core.claims import Claim, ResultEvidence
from dropcut.core.ignored import CLAIMS
from dropcut.core.pictures import OutputFormat
from dropcut.storage import content, posix
from dropcut.storage.names import MAX_NAME_BYTES, record_name, size_bytes, temp_name

_MAX_BYTES = 1 << 20
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class ClaimRecord(TypedDict):
    """The fields of `Claim` with the same names."""

    source: PurePosixPath
    output: PurePosixPath
    archived_as: str
    result: ResultEvidence | None


def write_record(claims_fd: int, claim: Claim) -> None:
    """Write or replace the record of a claim; its name is not durable yet."""
    temp = temp_name(claim.id)
    with posix.new_file(claims_fd, temp, 0o600) as file_fd:
        posix.write_all(file_fd, encode_record(claim))
    os.rename(temp, record_name(claim.id), src_dir_fd=claims_fd, dst_dir_fd=claims_fd)


def read_record(claims_fd: int, claim_id: str) -> ClaimRecord | None:
    """Return the record of a claim; None if it is missing or invalid."""
    name = record_name(claim_id)
    if not posix.has_file(claims_fd, name):
        return None
    with posix.opened_file(claims_fd, name) as file_fd:
        return decode_record(content.read_up_to(file_fd, _MAX_BYTES))


def encode_record(claim: Claim) -> bytes:
    """Return the content of a record, as ASCII JSON."""
    record: dict[str, Any] = {
        "source": str(claim.source),
        "output": str(claim.output),
    }
    if claim.archived_as:
        record["archived_as"] = claim.archived_as
    if claim.result:
        record["result"] = asdict(claim.result)
    return json.dumps(record).encode("ascii")


def evidence_of(status: os.stat_result) -> ResultEvidence:
    """Return the evidence by which a file with this status is recognised later."""
    return ResultEvidence(
        inode=status.st_ino,
        size_bytes=status.st_size,
        mtime_ns=status.st_mtime_ns,
        boot_id=boot_id(),
    )


def boot_id() -> str:
    """Return the kernel's boot ID, new at each boot; empty if it is unknown."""
    try:
        return _BOOT_ID.read_text("ascii").strip()
    except (OSError, ValueError):
        return ""


def decode_record(data: bytes) -> ClaimRecord | None:
    """Return the content of a record; None if Dropcut cannot have written it."""
    try:
        record = json.loads(data)
        source, output = record["source"], record["output"]
        if not _stays_inside(source) or not _stays_inside(output):
            return None
        if PurePosixPath(output).suffix not in list(OutputFormat):
            return None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return {
        "source": PurePosixPath(source),
        "output": PurePosixPath(output),
        "archived_as": _decode_archived_as(record, PurePosixPath(source)),
        "result": _decode_result(record),
    }


def _decode_archived_as(record: dict[str, Any], source: PurePosixPath) -> str:
    """Return the original's path; earlier versions recorded only its name."""
    path = record.get("archived_as", "")
    try:
        if not _stays_inside(path):
            return ""
    except (ValueError, TypeError):
        return ""
    only_name = PurePosixPath(path).name == path
    return str(source.with_name(path)) if only_name else str(PurePosixPath(path))


def _decode_result(record: dict[str, Any]) -> ResultEvidence | None:
    try:
        result = ResultEvidence(**record["result"])
    except (KeyError, TypeError):
        return None
    numbers = (result.inode, result.size_bytes, result.mtime_ns)
    valid = all(type(number) is int for number in numbers)
    return result if valid and isinstance(result.boot_id, str) else None


def _stays_inside(path: str) -> bool:
    """Whether a path, which others may have written, stays below its folder.

    Raises:
        ValueError: No file can have such a name.
    """
    parts = PurePosixPath(path).parts
    absolute = PurePosixPath(path).is_absolute() or "\0" in path
    # NTFS and exFAT limit the characters, not the bytes, so they allow more bytes
    fits = size_bytes(path) and max(map(len, parts), default=0) <= MAX_NAME_BYTES
    return bool(parts and fits) and not absolute and not {"..", CLAIMS} & {*parts}
