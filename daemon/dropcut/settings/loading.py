"""Reading the settings from the environment and an env file."""

import os
from collections.abc import Mapping
from difflib import SequenceMatcher
from io import StringIO
from pathlib import Path
from typing import Any, cast

from dotenv.parser import parse_stream
from pydantic import ValidationError

from dropcut.core.errors import ConfigurationError, describe
from dropcut.settings.fields import Settings
from dropcut.settings.validation import PREFIX, explained, nearest

_ALIKE = 0.9  # as DROPCT_ or DROPCUTS_, and not as DROPOUT_


def load_settings(env_file: Path | None = None) -> Settings:
    """Read the settings; the environment wins over the env file.

    Raises:
        ConfigurationError: A variable is unknown or malformed: all of them, by name.
    """
    values = _file_values(env_file) if env_file else {}
    given = {name: text for name, text in {**values, **os.environ}.items() if text}
    _refuse_unknown(given)
    fields = {
        name.removeprefix(PREFIX).lower(): text
        for name, text in given.items()
        if name.startswith(PREFIX)
    }
    try:
        return Settings(**cast("Any", fields))
    except ValidationError as error:
        raise ConfigurationError(
            explained(error, lambda field: PREFIX + field.upper(), fields)
        ) from error


def _file_values(path: Path) -> dict[str, str]:
    """Return what an env file sets; every line of it must be understood."""
    if not path.is_file():
        what = "is no file" if path.exists() else "does not exist"
        raise ConfigurationError(f"--env-file: {path} {what}")
    try:
        bindings = list(parse_stream(StringIO(path.read_text("utf-8"))))
    except (OSError, UnicodeError) as error:
        raise ConfigurationError(f"--env-file: {path}: {describe(error)}") from error
    values: dict[str, str] = {}
    for binding in bindings:
        if binding.error or (binding.key and binding.value is None):
            line = binding.original.line
            raise ConfigurationError(
                f"--env-file: {path}, line {line}, is not NAME=VALUE"
            )
        if binding.key:
            values[_prefixed(binding.key)] = binding.value or ""
    return values


def _prefixed(name: str) -> str:
    """Return a name as it is; refuse one that lacks only the prefix."""
    if name.lower() in Settings.model_fields:
        raise ConfigurationError(
            f"--env-file: {name} is no setting (did you mean {PREFIX}{name.upper()}?)"
        )
    return name


def _is_meant_for_us(name: str) -> bool:
    """Whether a variable begins with the prefix, or with a slip of it."""
    word, underscore, _ = name.upper().replace("-", "_").partition("_")
    likeness = SequenceMatcher(None, word + underscore, PREFIX).ratio()
    return bool(underscore) and likeness > _ALIKE


def _refuse_unknown(given: Mapping[str, str]) -> None:
    known = [PREFIX + name.upper() for name in Settings.model_fields]
    unknown = sorted(n for n in given if _is_meant_for_us(n) and n not in known)
    if unknown:
        raise ConfigurationError(
            "; ".join(
                f"{name} is no setting (did you mean {nearest(name.upper(), known)}?)"
                for name in unknown
            )
        )
