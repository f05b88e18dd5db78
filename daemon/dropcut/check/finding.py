"""One line of the report of `dropcut check`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ParamSpec

from dropcut.core.errors import DropcutError
from dropcut.settings import explain

_P = ParamSpec("_P")


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report.

    Attributes:
        verdict: `ok`, `warn` or `FAIL`.
    """

    verdict: str
    text: str


def attempt(
    check: Callable[_P, Finding], *args: _P.args, **kwargs: _P.kwargs
) -> Finding:
    """Return what a check finds; if it raises an error, return that as a failure."""
    try:
        return check(*args, **kwargs)
    except (DropcutError, OSError) as error:
        return Finding("FAIL", explain(error))
