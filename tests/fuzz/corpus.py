"""The real pictures that are mutated, by format."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

from dropcut.core.errors import PictureError
from dropcut.core.pictures import InputFormat
from dropcut.pictures.codec import sniff

from .mutations import mutated

OTHER = "other"
KINDS = (*InputFormat, OTHER)
_PICTURES = Path(__file__).parents[1] / "pictures"


@dataclass(frozen=True, slots=True)
class Mutant:
    """A damaged picture, reproducible from seed, format and number.

    Attributes:
        name: Of all three.
        data: Of the whole file.
        way: Which of several output options to use.
    """

    name: str
    data: bytes
    way: int


def real_files() -> Mapping[str, list[bytes]]:
    """Return the test pictures by format; unsupported formats are `other`."""
    found = defaultdict[str, list[bytes]](list)
    for path in sorted(_PICTURES.rglob("*.*")):
        if path.suffix != ".py" and path.is_file():
            data = path.read_bytes()
            found[_kind(data)].append(data)
    return found


def _kind(data: bytes) -> str:
    try:
        return sniff(data)
    except PictureError:
        return OTHER


def mutant(files: Mapping[str, list[bytes]], kind: str, seed: int, n: int) -> Mutant:
    """Return the mutant with a number, always the same for the same files."""
    name = f"{seed}-{kind}-{n}"
    dice = Random(name)  # noqa: S311  # no secret, but a seed that brings it back
    mine, donors = dice.choice(files[kind]), files[dice.choice((kind, kind, OTHER))]
    return Mutant(name, mutated(mine, dice.choice(donors), dice), dice.randrange(99))
