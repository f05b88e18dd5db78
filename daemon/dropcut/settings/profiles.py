"""`profiles.toml`: settings of their own for sub-folders of the inbox."""

import os
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import ValidationError

from dropcut.core.errors import ConfigurationError, describe
from dropcut.core.ignored import is_ignored_folder
from dropcut.core.profiles import Profile, Profiles
from dropcut.settings.fields import Settings
from dropcut.settings.picture import PictureSettings, names_file
from dropcut.settings.validation import PREFIX, explained, nearest

Values = Mapping[str, Any]

_QUOTES = 'text stands in quotes, and so does a folder with / or a space: ["shop/red"]'


def load_profiles(settings: Settings) -> Profiles:
    """Return what is done with the pictures of each folder.

    A table counts for its folder and all below. What it does not set is as in the table
    of the next folder above that has one, and in the end as in the settings. Folders
    come before those in them, so that a fault is found where it was written.

    Raises:
        ConfigurationError: Something in the file is wrong; it is named by file, table
            and key.
    """
    general = settings.model_dump(include=set(PictureSettings.model_fields))
    root = _profile(PurePosixPath(), general, "")
    if settings.profiles is None:
        return Profiles((root,))
    if not settings.recursive:
        raise ConfigurationError(
            f"{PREFIX}PROFILES needs {PREFIX}RECURSIVE=true: "
            "without it sub-folders are left alone"
        )
    file = _ProfilesFile(settings.profiles.absolute(), settings.ignore)
    return Profiles((root, *file.profiles(general)))


def with_table_name(where: str, message: str) -> str:
    """Return what is wrong with a setting, by the name that it has in a table.

    Args:
        where: The profile's, which is empty for the settings' own.
        message: Begins with the setting's variable if a table may set it, too.
    """
    for key in PictureSettings.model_fields:
        variable = PREFIX + key.upper()
        if where and message.startswith(tuple(variable + sign for sign in ":= ")):
            return f"{where} {key}{message.removeprefix(variable)}"
    return message


def _profile(folder: PurePosixPath, values: Values, where: str) -> Profile:
    given = PictureSettings(**values)
    is_path = names_file("model", given.model)
    try:
        options = given.options()
    except OSError as error:
        text = f"{PREFIX}BACKGROUND={given.background}: {error.strerror}"
        raise ConfigurationError(with_table_name(where, text)) from error
    return Profile(
        folder=folder,
        model=os.path.abspath(given.model) if is_path else given.model,  # noqa: PTH100  # keeps links
        recipe=given.model_recipe,
        options=options,
        allow_no_subject=given.empty == "publish",
        background=given.background,
        where=where,
    )


def _composed(folder: PurePosixPath) -> PurePosixPath:
    """Return a folder in the one way of writing its letters that is compared."""
    return PurePosixPath(unicodedata.normalize("NFC", str(folder)))


class _ProfilesFile:
    """The tables of one file."""

    def __init__(self, path: Path, ignore: Sequence[str]) -> None:
        self._path, self._ignore = path, ignore
        self._folders: list[PurePosixPath] = []
        self._tables: dict[PurePosixPath, Values] = {}
        for name, table in self._content().items():
            folder, values = self._folder(name), self._table(name, table)
            if _composed(folder) in self._tables:
                raise self._wrong(name, "this folder has a table already")
            self._folders.append(folder)
            self._tables[_composed(folder)] = values

    def _content(self) -> Values:
        try:
            return tomllib.loads(self._path.read_text("utf-8-sig"))
        except OSError as error:
            raise ConfigurationError(f"{PREFIX}PROFILES: {describe(error)}") from error
        except UnicodeError as error:
            raise ConfigurationError(f"{self._path}: it is not UTF-8") from error
        except tomllib.TOMLDecodeError as error:
            raise ConfigurationError(f"{self._path}: {error}; {_QUOTES}") from error

    def profiles(self, general: Values) -> list[Profile]:
        """Return the profile of each table, those of outer folders first."""
        folders = sorted(self._folders, key=lambda folder: len(folder.parts))
        return [self._made(folder, general) for folder in folders]

    def _made(self, folder: PurePosixPath, general: Values) -> Profile:
        written, values = dict(general), dict(general)
        for above in (*reversed(folder.parents), folder):
            table = self._tables.get(_composed(above), {})
            written |= table
            values |= {key: self._from_here(key, table[key]) for key in table}
        where = f"{self._path}: [{folder}]"
        try:
            return _profile(folder, values, where)
        except ValidationError as error:
            raise ConfigurationError(
                explained(error, lambda field: f"{where} {field}", written)
            ) from error

    def _folder(self, name: str) -> PurePosixPath:
        folder = PurePosixPath(name)
        if not folder.parts or folder.is_absolute() or ".." in folder.parts:
            raise self._wrong(name, "it must be a folder below the inbox, as shop/red")
        if any(is_ignored_folder(part, self._ignore) for part in folder.parts):
            raise self._wrong(name, "folders of this name are always left alone")
        return folder

    def _table(self, name: str, table: object) -> Values:
        """Return the settings of a table."""
        if not isinstance(table, dict):
            raise ConfigurationError(
                f"{self._path}: {name} stands in no table: write [folder] above it, "
                f"or set {PREFIX}… for the pictures of all folders"
            )
        for key, value in table.items():
            self._check_key(name, key, value)
        no_recipe = {"model_recipe": None} if "model" in table else {}
        return no_recipe | table

    def _check_key(self, name: str, key: str, value: object) -> None:
        known = PictureSettings.model_fields
        if key in known:
            return
        if isinstance(value, dict):
            raise self._wrong(f"{name}.{key}", f'write it as ["{name}/{key}"]')
        plain = key.lower().removeprefix(PREFIX.lower())
        if plain in Settings.model_fields and plain not in known:
            text = f"{key} is for the whole service: set {PREFIX}{plain.upper()}"
        else:
            text = f"{key} is no setting (did you mean {nearest(plain, known)}?)"
        raise self._wrong(name, text)

    def _from_here(self, key: str, value: object) -> object:
        """Return a relative path as one that begins at the file's folder."""
        if not isinstance(value, str) or not names_file(key, value):
            return value
        return value if value.startswith("~") else str(self._path.parent / value)

    def _wrong(self, name: str, text: str) -> ConfigurationError:
        return ConfigurationError(f"{self._path}: [{name}]: {text}")
