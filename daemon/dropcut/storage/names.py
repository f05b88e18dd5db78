"""Names of claims, records, outputs and reason files.

A name is a `str` as Python reads it from the file system: bytes that are not UTF-8
are lone surrogates, and stay so until the name is printed.
"""

import re
from collections.abc import Iterator
from itertools import count
from pathlib import PurePosixPath

from dropcut.core.claims import Claim, ClaimState
from dropcut.core.ignored import CLAIMS, REASON_SUFFIX

MAX_NAME_BYTES = 255

# Short enough for every name that contains an id
_ID = r"([0-9a-f]{1,16}-[0-9a-f]{1,8})"
_CLAIM = re.compile(rf"{_ID}\.(0|[1-9][0-9]{{0,8}})\.([a-z]+)")
_BESIDE_CLAIM = re.compile(rf"(?:{_ID}\.json|\.dropcut-{_ID}\.part)")
_OWN = re.compile(r"[0-9a-f]+-[0-9a-f]+\.(\d+\.[a-z]+|json)")


def claim_name(claim: Claim) -> str:
    """Return the file name under which a claimed original lies."""
    return f"{claim.id}.{claim.attempts}.{claim.state}"


def parse_claim_name(name: str) -> tuple[str, int, ClaimState] | None:
    """Return id, attempts and state; None for a name that is not a claim's."""
    match = _CLAIM.fullmatch(name)
    if match is None or match[3] not in list(ClaimState):
        return None
    return match[1], int(match[2]), ClaimState(match[3])


def claim_id_of(name: str) -> str | None:
    """Return the id in the name of a claim, or of a record or its temporary file.

    None for a name that Dropcut would not have given: the file is somebody else's.
    """
    if parsed := parse_claim_name(name):
        return parsed[0]
    match = _BESIDE_CLAIM.fullmatch(name)
    return match and (match[1] or match[2])


def record_name(claim_id: str) -> str:
    """Return the name of a claim's record."""
    return f"{claim_id}.json"


def temp_name(claim_id: str) -> str:
    """Return the hidden name of an incomplete file; short, so always valid."""
    return f".dropcut-{claim_id}.part"


def is_own(name: str) -> bool:
    """Whether a name is one that Dropcut makes up for its own files."""
    return name.startswith(CLAIMS) or _OWN.fullmatch(name) is not None


def size_bytes(name: str) -> int:
    """Return how many bytes a name has on disk.

    Raises:
        ValueError: No file can have such a name.
    """
    return len(name.encode("utf-8", "surrogateescape"))


def shorten(stem: str, suffix: str, limit_bytes: int = MAX_NAME_BYTES) -> str:
    """Return stem + suffix, the stem cut between characters to fit the limit."""
    room = limit_bytes - size_bytes(suffix)
    while size_bytes(stem) > room:
        stem = stem[:-1]
    return stem + suffix


def alternatives(
    path: PurePosixPath, limit_bytes: int = MAX_NAME_BYTES
) -> Iterator[PurePosixPath]:
    """Yield the path itself, then `name-2.ext`, `name-3.ext` … beside it."""
    stem, suffix = path.stem, path.suffix
    if size_bytes(suffix) > limit_bytes // 2:
        stem, suffix = path.name, ""
    first = path.with_name(shorten(stem, suffix, limit_bytes))
    yield first
    for number in count(2):
        name = shorten(stem, f"-{number}{suffix}", limit_bytes)
        if name != first.name:
            yield path.with_name(name)


def reason_name(name: str) -> str:
    """Return the name of the reason file of the picture `name`."""
    return name + REASON_SUFFIX
