"""The record of a claim: a small file beside the original.

It keeps what has no room in the claim's file name: where the picture came from, and the
names that were chosen for its result and, while it is copied, for the original. Every
version reads the records of every other: unknown keys are ignored, and all keys but
`source` and `output` may be missing.
"""

import json
import os
from contextlib import suppress
from pathlib import PurePosixPath
from typing import TypedDict

from dropcut.core.claims import Claim
from dropcut.core.ignored import CLAIMS
from dropcut.core.pictures import OutputFormat
from dropcut.storage import content, posix
from dropcut.storage.names import MAX_NAME_BYTES, record_name, size_bytes, temp_name

_MOST_BYTES = 1 << 20


class ClaimRecord(TypedDict):
    """The fields of `Claim` with the same names."""

    source: PurePosixPath
    output: PurePosixPath
    archived_as: str


def write_record(claims_fd: int, claim: Claim) -> None:
    """Write or replace the record of a claim; its content is durable, its name not."""
    temp = temp_name(claim.id)
    with posix.new_file(claims_fd, temp, 0o600) as file_fd:
        posix.write_all(file_fd, encode_record(claim))
    os.rename(temp, record_name(claim.id), src_dir_fd=claims_fd, dst_dir_fd=claims_fd)


def read_record(claims_fd: int, claim_id: str) -> ClaimRecord | None:
    """Return the record of a claim; None if it is missing or not readable."""
    name = record_name(claim_id)
    if not posix.has_file(claims_fd, name):
        return None
    with posix.opened_file(claims_fd, name) as file_fd:
        return decode_record(content.read_up_to(file_fd, _MOST_BYTES))


def encode_record(claim: Claim) -> bytes:
    """Return the content of a record, as ASCII JSON."""
    record = {"source": str(claim.source), "output": str(claim.output)}
    if claim.archived_as:
        record["archived_as"] = claim.archived_as
    return json.dumps(record).encode("ascii")


def decode_record(data: bytes) -> ClaimRecord | None:
    """Return what a record says; None if it is not one that Dropcut wrote."""
    try:
        record = json.loads(data)
        source, output = record["source"], record["output"]
        if not _stays_inside(source) or not _stays_inside(output):
            return None
        if PurePosixPath(output).suffix not in list(OutputFormat):
            return None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    archived_as, name = "", record.get("archived_as", "")
    with suppress(ValueError, TypeError):
        if _stays_inside(name) and PurePosixPath(name).name == name:
            archived_as = name
    return {
        "source": PurePosixPath(source),
        "output": PurePosixPath(output),
        "archived_as": archived_as,
    }


def _stays_inside(path: str) -> bool:
    """Whether a path, which others may have written, is one below a folder.

    Raises:
        ValueError: No file can have such a name.
    """
    parts = PurePosixPath(path).parts
    absolute = PurePosixPath(path).is_absolute() or "\0" in path
    # NTFS and exFAT count characters, and allow more bytes than others
    fits = size_bytes(path) and max(map(len, parts), default=0) <= MAX_NAME_BYTES
    return bool(parts and fits) and not absolute and not {"..", CLAIMS} & {*parts}
