"""Names of claims, records, outputs and reason files.

A name is a `str` as Python reads it from the file system: bytes that are not UTF-8
are lone surrogates, and stay so until the name is shown to a person.
"""

import json
import re
from collections.abc import Iterator
from itertools import count
from pathlib import PurePosixPath

from dropcut.core.claims import Claim, ClaimState
from dropcut.core.ignored import CLAIMS, REASON_SUFFIX
from dropcut.core.pictures import OutputFormat

MAX_NAME_BYTES = 255

# Short enough for every name that is made of a key
_KEY = r"([0-9a-f]{1,16}-[0-9a-f]{1,8})"
_CLAIM = re.compile(rf"{_KEY}\.(0|[1-9][0-9]{{0,8}})\.([a-z]+)")
_BESIDE_CLAIM = re.compile(rf"(?:{_KEY}\.json|\.dropcut-{_KEY}\.part)")
_OWN = re.compile(r"[0-9a-f]+-[0-9a-f]+\.(\d+\.[a-z]+|json)")


def claim_name(claim: Claim) -> str:
    """Return the file name under which a claimed original lies."""
    return f"{claim.key}.{claim.attempts}.{claim.state}"


def parse_claim_name(name: str) -> tuple[str, int, ClaimState] | None:
    """Return key, attempts and stage; None for a name that is no claim's."""
    match = _CLAIM.fullmatch(name)
    if match is None or match[3] not in list(ClaimState):
        return None
    return match[1], int(match[2]), ClaimState(match[3])


def key_of(name: str) -> str | None:
    """Return the key in the name of a claim, a record or a record's draft.

    None for a name that Dropcut would not have given: the file is somebody else's.
    """
    if parsed := parse_claim_name(name):
        return parsed[0]
    match = _BESIDE_CLAIM.fullmatch(name)
    return match and (match[1] or match[2])


def record_name(key: str) -> str:
    """Return the name of the file that keeps a claim's source and output."""
    return f"{key}.json"


def temp_name(key: str) -> str:
    """Return the hidden name of a file that is not whole; short, so always valid."""
    return f".dropcut-{key}.part"


def is_own(name: str) -> bool:
    """Whether a file of this name is one that Dropcut makes for itself."""
    return name.startswith(CLAIMS) or _OWN.fullmatch(name) is not None


def encode_record(claim: Claim) -> bytes:
    """Return what must be known of a claim beside its name, as ASCII JSON."""
    record = {"source": str(claim.source), "output": str(claim.output)}
    return json.dumps(record).encode("ascii")


def decode_record(data: bytes) -> tuple[PurePosixPath, PurePosixPath] | None:
    """Return source and output of a claim; None if the record is not readable."""
    try:
        record = json.loads(data)
        source, output = record["source"], record["output"]
        if not _stays_inside(source) or not _stays_inside(output):
            return None
        if PurePosixPath(output).suffix not in list(OutputFormat):
            return None
        return PurePosixPath(source), PurePosixPath(output)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _stays_inside(path: str) -> bool:
    """Whether a path from a file that others may have written leads nowhere else.

    Raises:
        ValueError: No file can have such a name.
    """
    parts = PurePosixPath(path).parts
    absolute = PurePosixPath(path).is_absolute() or "\0" in path
    # NTFS and exFAT count characters, and allow more bytes than others
    fits = _size_bytes(path) and max(map(len, parts), default=0) <= MAX_NAME_BYTES
    return bool(parts and fits) and not absolute and not {"..", CLAIMS} & {*parts}


def _size_bytes(name: str) -> int:
    return len(name.encode("utf-8", "surrogateescape"))


def shorten(stem: str, suffix: str, limit_bytes: int = MAX_NAME_BYTES) -> str:
    """Return stem + suffix, the stem cut between characters to fit the limit."""
    room = limit_bytes - _size_bytes(suffix)
    while _size_bytes(stem) > room:
        stem = stem[:-1]
    return stem + suffix


def outputs_for(
    source: PurePosixPath,
    limit_bytes: int = MAX_NAME_BYTES,
    form: OutputFormat = OutputFormat.PNG,
) -> Iterator[PurePosixPath]:
    """Yield `photo.png`, `photo-2.png`, `photo-3.png` … for `photo.jpg`."""
    return alternatives(source.with_name(source.stem + form), limit_bytes)


def alternatives(
    path: PurePosixPath, limit_bytes: int = MAX_NAME_BYTES
) -> Iterator[PurePosixPath]:
    """Yield the path itself, then `name-2.ext`, `name-3.ext` … beside it."""
    stem, suffix = path.stem, path.suffix
    if _size_bytes(suffix) > limit_bytes // 2:
        stem, suffix = path.name, ""
    first = path.with_name(shorten(stem, suffix, limit_bytes))
    yield first
    for number in count(2):
        name = shorten(stem, f"-{number}{suffix}", limit_bytes)
        if name != first.name:
            yield path.with_name(name)


def reason_name(name: str) -> str:
    """Return the name of the file that says why the picture `name` failed."""
    return name + REASON_SUFFIX
