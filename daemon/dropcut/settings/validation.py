"""Validators of single values; each raises ValueError, as pydantic requires."""

from pathlib import Path

from dropcut.core.ignored import CLAIMS


def from_home(path: Path) -> Path:
    """Replace a leading ~ by the home folder: no shell expands it in an env file."""
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise ValueError(f"{path.parts[0]} is not a user with a home") from error


def hidden_name(path: Path) -> Path:
    """Validate a file name that cannot be mistaken for a picture or for the claims."""
    name = str(path)
    if path.name != name or not name.startswith(".") or name in ("..", CLAIMS):
        raise ValueError(
            "it must be a file name that begins with a dot, such as .mounted"
        )
    return path


def split_list(value: object) -> object:
    """Return the items of a comma-separated list."""
    if not isinstance(value, str):
        return value
    return tuple(item.strip() for item in value.split(",") if item.strip())
