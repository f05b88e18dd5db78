"""Names of claims, records, outputs and reason files.

A name is a `str` as Python reads it from the file system: bytes that are not UTF-8
are lone surrogates, which are escaped only when the name is printed.
"""

import re
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import PurePosixPath

from dropcut.core.claims import Claim, ClaimState
from dropcut.core.ignored import CLAIMS, REASON_SUFFIX

MAX_NAME_BYTES = 255

# Bounded, so that every name that contains an ID is short enough to be valid
_ID = r"([0-9a-f]{1,16}-[0-9a-f]{1,8})"
_CLAIM = re.compile(rf"{_ID}\.(0|[1-9][0-9]{{0,8}})\.([a-z]+)")
_BESIDE_CLAIM = re.compile(rf"(?:{_ID}\.(?:json|published)|\.dropcut-{_ID}\.part)")
_OWN = re.compile(r"[0-9a-f]+-[0-9a-f]+\.(\d+\.[a-z]+|json|published)")

_TRIED_ONE_BY_ONE = 32


def claim_name(claim: Claim) -> str:
    """Return the file name of a claimed original."""
    return f"{claim.id}.{claim.attempts}.{claim.state}"


def parse_claim_name(name: str) -> tuple[str, int, ClaimState] | None:
    """Return id, attempts and state; None for a name that is not a claim's."""
    match = _CLAIM.fullmatch(name)
    if match is None or match[3] not in list(ClaimState):
        return None
    return match[1], int(match[2]), ClaimState(match[3])


def claim_id_of(name: str) -> str | None:
    """Return the ID in the name of a claim, its record, note or temporary files.

    None for a name that Dropcut would not have chosen: the file is somebody else's.
    """
    if parsed := parse_claim_name(name):
        return parsed[0]
    match = _BESIDE_CLAIM.fullmatch(name)
    return match and (match[1] or match[2])


def record_name(claim_id: str) -> str:
    """Return the name of a claim's record."""
    return f"{claim_id}.json"


def note_name(claim_id: str) -> str:
    """Return the name of the empty file which notes that a result was renamed."""
    return f"{claim_id}.published"


def temp_name(claim_id: str) -> str:
    """Return the hidden name of an incomplete file; short enough to be always valid."""
    return f".dropcut-{claim_id}.part"


def is_own(name: str) -> bool:
    """Whether a name is one that Dropcut chooses for its own files."""
    return name.startswith(CLAIMS) or _OWN.fullmatch(name) is not None


def size_bytes(name: str) -> int:
    """Return how many bytes a name has on disk.

    Raises:
        ValueError: The name has surrogates that stand for no byte.
    """
    return len(name.encode("utf-8", "surrogateescape"))


def shorten(stem: str, suffix: str, limit_bytes: int = MAX_NAME_BYTES) -> str:
    """Return stem + suffix, with the stem shortened by whole characters to fit."""
    room = limit_bytes - size_bytes(suffix)
    while size_bytes(stem) > room:
        stem = stem[:-1]
    return stem + suffix


def split_name(name: str, limit_bytes: int = MAX_NAME_BYTES) -> tuple[str, str]:
    """Return stem and suffix of a name; a long suffix counts as part of the stem."""
    path = PurePosixPath(name)
    if size_bytes(path.suffix) > limit_bytes // 2:
        return name, ""
    return path.stem, path.suffix


def numbered(stem: str, suffix: str, number: int, limit_bytes: int) -> str:
    """Return `stem.ext` for number 1, `stem-2.ext` for 2, and so on."""
    return shorten(stem, f"-{number}{suffix}" if number > 1 else suffix, limit_bytes)


def alternatives(name: str, limit_bytes: int = MAX_NAME_BYTES) -> Iterator[str]:
    """Yield the name itself, then `name-2.ext`, `name-3.ext` and so on."""
    stem, suffix = split_name(name, limit_bytes)
    names = (numbered(stem, suffix, n, limit_bytes) for n in count(1))
    first = next(names)
    yield first
    yield from (other for other in names if other != first)


def free_name(
    stem: str,
    suffix: str,
    is_free: Callable[[str], bool],
    limit_bytes: int = MAX_NAME_BYTES,
) -> str:
    """Return a free name: the first one, unless many names are taken.

    Not all names are tried, since tens of thousands may be taken: after the first ones,
    a free name that follows a taken one is found by exponential, then binary search.
    While the same names are taken, the same name is returned.
    """

    def name(number: int) -> str:
        return numbered(stem, suffix, number, limit_bytes)

    for number in range(1, _TRIED_ONE_BY_ONE + 1):
        if is_free(name(number)):
            return name(number)
    taken, free = _TRIED_ONE_BY_ONE, 2 * _TRIED_ONE_BY_ONE
    while not is_free(name(free)):
        taken, free = free, 2 * free
    while free - taken > 1:
        middle = (taken + free) // 2
        if is_free(name(middle)):
            free = middle
        else:
            taken = middle
    return name(free)


def reason_name(name: str) -> str:
    """Return the name of the reason file of the picture `name`."""
    return name + REASON_SUFFIX
