"""`profiles.toml`: different settings for sub-folders of the inbox."""

import os
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import ValidationError

from dropcut.core.errors import ConfigurationError, describe
from dropcut.core.ignored import is_ignored_folder
from dropcut.core.profiles import EVERYWHERE, Profile, Profiles, normalised
from dropcut.settings.fields import Settings
from dropcut.settings.messages import PREFIX, invalid, nearest, variable
from dropcut.settings.picture import PictureSettings, names_file
from dropcut.settings.reading import read_text

Values = Mapping[str, Any]

_QUOTES = (
    'text needs quotes, and so does a folder whose name has / or a space: ["shop/red"]'
)


def load_profiles(settings: Settings) -> Profiles:
    """Return the profile of each folder.

    A table applies to its folder and everything below. Values that it does not set are
    taken from the table of the nearest folder above that sets them, and otherwise from
    the general settings. A folder comes before its sub-folders, so that an error is
    reported for the table that contains it.

    Raises:
        ConfigurationError: The file is wrong; the error names file, table and key.
    """
    general = settings.model_dump(include=set(PictureSettings.model_fields))
    root = _profile(EVERYWHERE, general, "")
    if settings.profiles is None:
        return Profiles((root,))
    if not settings.recursive:
        raise ConfigurationError(
            f"it needs {variable('recursive')}=true; otherwise sub-folders are ignored",
            setting="profiles",
        )
    file = _ProfilesFile(settings.profiles.absolute(), settings.ignore)
    return Profiles((root, *file.profiles(general)))


def _profile(folder: PurePosixPath, values: Values, where: str) -> Profile:
    given = PictureSettings(**values)
    is_path = names_file("model", given.model)
    try:
        options = given.options()
    except OSError as error:
        raise ConfigurationError(
            error.strerror or str(error),
            setting="background",
            value=given.background,
            where=where,
        ) from error
    return Profile(
        folder=folder,
        model=os.path.abspath(given.model) if is_path else given.model,  # noqa: PTH100  # keeps links
        recipe=given.model_recipe,
        options=options,
        allow_no_subject=given.empty == "publish",
        background=given.background,
        where=where,
    )


class _ProfilesFile:
    """The tables of one `profiles.toml`."""

    def __init__(self, path: Path, ignore: Sequence[str]) -> None:
        self._path, self._ignore = path, ignore
        self._folders: list[PurePosixPath] = []
        self._tables: dict[PurePosixPath, Values] = {}
        try:
            tables = tomllib.loads(read_text(path, "utf-8-sig"))
        except OSError as error:
            raise ConfigurationError(describe(error), setting="profiles") from error
        except UnicodeError as error:
            raise ConfigurationError(f"{path}: it is not UTF-8") from error
        except tomllib.TOMLDecodeError as error:
            raise ConfigurationError(f"{path}: {error}; {_QUOTES}") from error
        for name, table in tables.items():
            folder, values = self._folder(name), self._table(name, table)
            if normalised(folder) in self._tables:
                raise self._error(name, "this folder already has a table")
            self._folders.append(folder)
            self._tables[normalised(folder)] = values

    def profiles(self, general: Values) -> list[Profile]:
        """Return the profile of each table, outer folders first."""
        profiles: list[Profile] = []
        for folder in sorted(self._folders, key=lambda folder: len(folder.parts)):
            written, values = dict(general), dict(general)
            for above in (*reversed(folder.parents), folder):
                table = self._tables.get(normalised(above), {})
                written |= table
                values |= {key: self._resolved_path(key, table[key]) for key in table}
            where = f"{self._path}: [{folder}]"
            try:
                profiles.append(_profile(folder, values, where))
            except ValidationError as error:
                raise invalid(error, written, where) from error
        return profiles

    def _folder(self, name: str) -> PurePosixPath:
        """Return the folder of a table; refuse one that is never scanned."""
        folder = PurePosixPath(name)
        if not folder.parts or folder.is_absolute() or ".." in folder.parts:
            raise self._error(
                name, "it must be a folder below the inbox, such as shop/red"
            )
        if any(is_ignored_folder(part, self._ignore) for part in folder.parts):
            raise self._error(name, "folders of this name are always ignored")
        return folder

    def _table(self, name: str, table: object) -> Values:
        """Return the settings of a table; refuse unknown ones."""
        if not isinstance(table, dict):
            raise ConfigurationError(
                f"{self._path}: {name} is outside any table: put it below a [folder] "
                f"line, or set {PREFIX}… for the pictures of all folders"
            )
        known = PictureSettings.model_fields
        for key, value in table.items():
            plain = key.lower().removeprefix(PREFIX.lower())
            if key in known:
                continue
            if isinstance(value, dict):
                raise self._error(f"{name}.{key}", f'write it as ["{name}/{key}"]')
            if plain in Settings.model_fields and plain not in known:
                raise self._error(
                    name, f"{key} is for the whole service: set {variable(plain)}"
                )
            hint = nearest(plain, known)
            raise self._error(name, f"{key} is not a setting (did you mean {hint}?)")
        # A recipe is inherited only together with its model
        return ({"model_recipe": None} if "model" in table else {}) | table

    def _resolved_path(self, key: str, value: object) -> object:
        """Return a relative path resolved against the folder of `profiles.toml`."""
        if not isinstance(value, str) or not names_file(key, value):
            return value
        return value if value.startswith("~") else str(self._path.parent / value)

    def _error(self, table: str, problem: str) -> ConfigurationError:
        return ConfigurationError(f"{self._path}: [{table}]: {problem}")
