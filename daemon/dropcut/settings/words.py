"""How a wrong setting is told: its name, its value, and what it must be."""

import difflib
from collections.abc import Callable, Iterable

from pydantic import ValidationError

PREFIX = "DROPCUT_"
_WORDS = {
    "bool_parsing": "it must be true or false",
    "int_parsing": "it must be a whole number",
    "float_parsing": "it must be a number",
    "string_type": "it must be text",
}


def explained(error: ValidationError, named: Callable[[str], str]) -> str:
    """Return all that is wrong, in one line.

    Args:
        error: What pydantic found.
        named: Makes the name of a field the one that the user has written.
    """
    return "; ".join(
        f"{named(str(item['loc'][0]))}={item['input']}: "
        + _WORDS.get(item["type"], _plain(item["msg"]))
        for item in error.errors()
    )


def _plain(message: str) -> str:
    own = message.removeprefix("Value error, ")
    return message[0].lower() + message[1:] if own == message else own


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the known name that is most like another one."""
    return difflib.get_close_matches(name, list(known), n=1, cutoff=0)[0]
