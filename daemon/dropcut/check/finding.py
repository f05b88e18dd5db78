"""What is said of one thing that was looked at."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dropcut.core.errors import DropcutError
from dropcut.settings import explain


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report.

    Attributes:
        verdict: `ok`, `warn` or `FAIL`.
    """

    verdict: str
    text: str


def tried(look: Callable[[], Finding]) -> Iterator[Finding]:
    """Look at something; that it cannot be looked at is a failure."""
    try:
        yield look()
    except (DropcutError, OSError) as error:
        yield Finding("FAIL", explain(error))
