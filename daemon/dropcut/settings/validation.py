"""How settings are written, and how a wrong one is told: its name, value and use."""

import difflib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from dropcut.core.ignored import CLAIMS

PREFIX = "DROPCUT_"
_WORDS = {
    "bool_parsing": "it must be true or false",
    "int_parsing": "it must be a whole number",
    "float_parsing": "it must be a number",
    "string_type": "it must be text, in quotes",
    "literal_error": "it must be {expected}",
    "greater_than": "it must be more than {gt}",
    "greater_than_equal": "it must be at least {ge}",
    "less_than_equal": "it must be at most {le}",
}


def from_home(path: Path) -> Path:
    """Return a path whose ~ is a home, as in a shell: no shell reads an env file.

    Raises:
        ValueError: Nobody of that name has a home.
    """
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise ValueError(f"{path.parts[0]} is nobody's home here") from error


def hidden_name(path: Path) -> Path:
    """Return the name of a file that is never taken for a picture.

    Raises:
        ValueError: It is another one, or Dropcut's own.
    """
    name = str(path)
    if path.name != name or not name.startswith(".") or name in ("..", CLAIMS):
        raise ValueError(
            "it must be a file name that begins with a dot, such as .mounted"
        )
    return path


def explained(
    error: ValidationError, named: Callable[[str], str], written: Mapping[str, Any]
) -> str:
    """Return all that is wrong, in one line.

    Args:
        error: What pydantic found.
        named: Makes the name of a field the one that the user has written.
        written: The value of each field as the user has written it.
    """
    return "; ".join(
        f"{named(field)}={written.get(field, item['input'])}: "
        + _WORDS.get(item["type"], _plain(item["msg"])).format(**item.get("ctx", {}))
        for item in error.errors()
        for field in [str(item["loc"][0])]
    )


def _plain(message: str) -> str:
    own = message.removeprefix("Value error, ")
    return message[0].lower() + message[1:] if own == message else own


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the known name that is most like another one."""
    return difflib.get_close_matches(name, list(known), n=1, cutoff=0)[0]
