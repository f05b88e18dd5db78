"""Reading the settings from the environment and an env file."""

import os
from difflib import SequenceMatcher
from io import StringIO
from pathlib import Path
from typing import Any, cast

from dotenv.parser import parse_stream
from pydantic import ValidationError

from dropcut.core.errors import ConfigurationError, describe
from dropcut.settings.fields import Settings
from dropcut.settings.messages import PREFIX, invalid, nearest, variable
from dropcut.settings.reading import read_text

_SIMILAR = 0.9  # DROPCT_ and DROPCUTS_ are similar enough, DROPOUT_ is not


def load_settings(env_file: Path | None = None) -> Settings:
    """Read the settings; the environment wins over the env file.

    An empty value means the default.

    Raises:
        ConfigurationError: Variables are unknown or malformed; all are named.
    """
    values = _file_values(env_file) if env_file else {}
    given = {name: text for name, text in {**values, **os.environ}.items() if text}
    known = [variable(setting) for setting in Settings.model_fields]
    unknown: list[str] = []
    for name in sorted(set(given) - set(known)):
        first, underscore, _ = name.upper().replace("-", "_").partition("_")
        similarity = SequenceMatcher(None, first + underscore, PREFIX).ratio()
        if underscore and similarity > _SIMILAR:
            hint = nearest(name.upper(), known)
            unknown.append(f"{name} is not a setting (did you mean {hint}?)")
    if unknown:
        raise ConfigurationError("; ".join(unknown))
    fields = {
        name: given[variable(name)]
        for name in Settings.model_fields
        if variable(name) in given
    }
    try:
        return Settings(**cast("Any", fields))
    except ValidationError as error:
        raise invalid(error, fields) from error


def _file_values(path: Path) -> dict[str, str]:
    """Return the variables that an env file sets; a malformed line is an error."""
    if not path.is_file():
        what = "is not a file" if path.exists() else "does not exist"
        raise ConfigurationError(f"--env-file: {path} {what}")
    try:
        bindings = list(parse_stream(StringIO(read_text(path, "utf-8"))))
    except (OSError, UnicodeError) as error:
        raise ConfigurationError(f"--env-file: {path}: {describe(error)}") from error
    values: dict[str, str] = {}
    for binding in bindings:
        name = binding.key
        if binding.error or (name and binding.value is None):
            line = binding.original.line
            raise ConfigurationError(
                f"--env-file: {path}, line {line}, is not NAME=VALUE"
            )
        if name and name.lower() in Settings.model_fields:
            raise ConfigurationError(
                f"--env-file: {name} is not a setting (did you mean {variable(name)}?)"
            )
        if name:
            values[name] = binding.value or ""
    return values
