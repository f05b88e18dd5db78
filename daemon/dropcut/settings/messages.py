"""How a wrong setting is reported: by the name under which the user sets it."""

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from dropcut.core.errors import ConfigurationError, describe
from dropcut.settings.picture import PictureSettings

PREFIX = "DROPCUT_"
_PROBLEMS = {
    "bool_parsing": "it must be true or false",
    "int_parsing": "it must be a whole number",
    "float_parsing": "it must be a number",
    "string_type": "it must be text, in quotes",
    "literal_error": "it must be {expected}",
    "greater_than": "it must be more than {gt}",
    "greater_than_equal": "it must be at least {ge}",
    "less_than_equal": "it must be at most {le}",
}
"""Plain-English messages by pydantic error type, filled in from the error's context."""


def variable(setting: str) -> str:
    """Return the environment variable of a field of the settings."""
    return PREFIX + setting.upper()


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the known name that is most similar to the given one."""
    return difflib.get_close_matches(name, list(known), n=1, cutoff=0)[0]


def explain(error: BaseException) -> str:
    """Return the message that users see for an error.

    It names a wrong setting by its environment variable, or by file, table and key if a
    profile sets it.
    """
    if not isinstance(error, ConfigurationError) or not error.setting:
        return describe(error)
    in_table = error.where and error.setting in PictureSettings.model_fields
    name = f"{error.where} {error.setting}" if in_table else variable(error.setting)
    value = "" if error.value is None else f"={error.value}"
    return f"{name}{value}: {error.problem}"


def invalid(
    error: ValidationError, written: Mapping[str, Any], where: str = ""
) -> ConfigurationError:
    """Return an error that names all invalid values in one line.

    Args:
        error: What pydantic found.
        written: The value of each field as the user wrote it.
        where: File and table of the profile; empty without a profile.
    """
    texts: list[str] = []
    for item in error.errors():
        field, context = str(item["loc"][0]), item.get("ctx", {})
        problem = str(context.get("error", item["msg"][0].lower() + item["msg"][1:]))
        if item["type"] in _PROBLEMS:
            problem = _PROBLEMS[item["type"]].format(**context)
        wrong = ConfigurationError(
            problem, setting=field, value=written[field], where=where
        )
        texts.append(explain(wrong))
    return ConfigurationError("; ".join(texts))
