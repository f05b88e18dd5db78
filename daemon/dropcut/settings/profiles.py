"""`profiles.toml`: settings of their own for sub-folders of the inbox."""

import tomllib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import ValidationError

from dropcut.errors import ConfigurationError, brief
from dropcut.jobs import Profile, Profiles
from dropcut.settings.fields import Settings
from dropcut.settings.picture import PictureSettings
from dropcut.settings.words import PREFIX, explained, nearest

Values = Mapping[str, Any]


def load_profiles(settings: Settings) -> Profiles:
    """Return what is done with the pictures of each folder.

    A table counts for its folder and all below. What it does not set is as in the table
    of the next folder above that has one, and in the end as in the settings.

    Raises:
        ConfigurationError: Something in the file is wrong; it is named by file, table
            and key.
    """
    general = settings.model_dump(include=set(PictureSettings.model_fields))
    root = _profile(PurePosixPath(), PictureSettings(**general))
    if settings.profiles is None:
        return Profiles((root,))
    if not settings.recursive:
        raise ConfigurationError(
            f"{PREFIX}PROFILES needs {PREFIX}RECURSIVE=true: "
            "without it sub-folders are left alone"
        )
    return Profiles((root, *_ProfilesFile(settings.profiles).profiles(general)))


def _profile(folder: PurePosixPath, given: PictureSettings) -> Profile:
    return Profile(
        folder=folder,
        model=given.model,
        recipe=given.model_recipe,
        look=given.look(),
        publish_empty=given.empty == "publish",
    )


class _ProfilesFile:
    """The tables of one file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            content = tomllib.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise ConfigurationError(
                f"{PREFIX}PROFILES: {path}: {brief(error)}"
            ) from error
        self._tables = {
            self._folder(name): self._table(name, table)
            for name, table in content.items()
        }

    def profiles(self, general: Values) -> list[Profile]:
        """Return the profile of each table."""
        return [self._made(folder, general) for folder in self._tables]

    def _made(self, folder: PurePosixPath, general: Values) -> Profile:
        values = dict(general)
        for above in (*reversed(folder.parents), folder):
            values |= self._tables.get(above, {})
        try:
            return _profile(folder, PictureSettings(**values))
        except ValidationError as error:
            where = f"{self._path}: [{folder}]"
            raise ConfigurationError(
                explained(error, lambda field: f"{where} {field}")
            ) from error

    def _folder(self, name: str) -> PurePosixPath:
        folder = PurePosixPath(name)
        if not folder.parts or folder.is_absolute() or ".." in folder.parts:
            raise self._wrong(name, "it must be a folder below the inbox, as shop/red")
        return folder

    def _table(self, name: str, table: object) -> Values:
        """Return the settings of a table, with paths from the file's own folder."""
        if not isinstance(table, dict):
            raise self._wrong(name, "it stands in no table: write [folder] above it")
        for key, value in table.items():
            if isinstance(value, dict):
                both = f'"{name}/{key}"'
                raise self._wrong(f"{name}.{key}", f"write it as [{both}]")
            self._check_key(name, key)
        values = dict(table)
        for key in {"background", "model"} & values.keys():
            values[key] = self._from_here(values[key])
        if "model" in values:
            values.setdefault("model_recipe", None)
        return values

    def _check_key(self, name: str, key: str) -> None:
        known = PictureSettings.model_fields
        if key in known:
            return
        if key in Settings.model_fields:
            text = f"{key} is for the whole service: set {PREFIX}{key.upper()}"
        else:
            text = f"{key} is no setting (did you mean {nearest(key, known)}?)"
        raise self._wrong(name, text)

    def _from_here(self, value: object) -> object:
        """Return a relative path as one that begins at the file's folder."""
        is_path = isinstance(value, str) and (
            value.endswith(".onnx") or (self._path.parent / value).is_file()
        )
        return str(self._path.parent / str(value)) if is_path else value

    def _wrong(self, name: str, text: str) -> ConfigurationError:
        return ConfigurationError(f"{self._path}: [{name}]: {text}")
