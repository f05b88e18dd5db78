"""Settings from the environment, and what is refused at once.

Every field is documented in the README and in `config/dropcut.env`.
"""

import difflib
import os
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from dotenv.parser import parse_stream
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from dropcut.errors import ConfigurationError, brief
from dropcut.jobs import Folders

PREFIX = "DROPCUT_"
_WORDS = {
    "bool_parsing": "it must be true or false",
    "int_parsing": "it must be a whole number",
    "float_parsing": "it must be a number",
}
_Words = Annotated[tuple[str, ...], NoDecode]
_Seconds = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]


class Settings(BaseSettings):
    """What a user may choose; units are in the names."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True)

    root: Path = Path()
    inbox: Path = Path("inbox")
    outbox: Path = Path("outbox")
    processed: Path = Path("processed")
    failed: Path = Path("failed")
    model: str = "u2netp"
    model_recipe: Literal["u2net", "isnet", "birefnet"] | None = None
    model_dir: Path | None = None
    watcher: Literal["auto", "native", "polling"] = "auto"
    settle_seconds: _Seconds = 2
    rescan_seconds: _Seconds = 60
    poll_seconds: _Seconds = 5
    recursive: bool = True
    ignore: _Words = ()
    max_megapixels: float = Field(100, gt=0, le=10_000, allow_inf_nan=False)
    max_file_mb: int = Field(100, gt=0, le=100_000)
    decode_seconds: _Seconds = 30
    job_seconds: _Seconds = 300
    max_attempts: int = Field(3, ge=1, le=100)
    min_free_mb: int = Field(200, ge=0)
    threads: int | None = Field(None, ge=1, le=1024)
    providers: _Words = ("cpu",)
    log_format: Literal["auto", "console", "json"] = "auto"
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @classmethod
    def settings_customise_sources(  # pydantic's signature
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take what `load_settings` has read and checked, and nothing else."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)

    @field_validator("ignore", "providers", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        """Read a list whose items are parted by commas."""
        if not isinstance(value, str):
            return value
        return tuple(item.strip() for item in value.split(",") if item.strip())

    def folders(self) -> Folders:
        """Return the four folders.

        Raises:
            ConfigurationError: One is missing, is no folder, or overlaps another.
        """
        names = ("inbox", "outbox", "processed", "failed")
        paths = {name: self._resolved(name) for name in names}
        _refuse_overlap(paths)
        return Folders(**paths)

    def _resolved(self, name: str) -> Path:
        given = self.root / getattr(self, name)
        path = Path(os.path.abspath(given))  # noqa: PTH100  # keeps links in messages
        if not path.is_dir():
            what = "is no folder" if path.exists() else "does not exist"
            raise ConfigurationError(
                f"{PREFIX}{name.upper()}: {path} {what}; "
                "make it, or is its file system not mounted?"
            )
        return path.resolve()


def _refuse_overlap(paths: Mapping[str, Path]) -> None:
    """Refuse folders that are the same or inside one another."""
    for name, path in paths.items():
        for other, above in paths.items():
            if name == other:
                continue
            same = path.samefile(above)
            if same or any(parent.samefile(above) for parent in path.parents):
                how = "is the same folder as" if same else "lies inside"
                raise ConfigurationError(
                    f"{PREFIX}{name.upper()}: {path} {how} "
                    f"{PREFIX}{other.upper()} ({above}); each needs a folder of its own"
                )


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
        raise ConfigurationError(_explained(error)) from error


def _file_values(path: Path) -> dict[str, str]:
    """Return what an env file sets; every line of it must be understood."""
    if not path.is_file():
        what = "is no file" if path.exists() else "does not exist"
        raise ConfigurationError(f"--env-file: {path} {what}")
    try:
        bindings = list(parse_stream(StringIO(path.read_text("utf-8"))))
    except (OSError, UnicodeError) as error:
        raise ConfigurationError(f"--env-file: {path}: {brief(error)}") from error
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


def _refuse_unknown(given: Mapping[str, str]) -> None:
    known = [PREFIX + name.upper() for name in Settings.model_fields]
    ours = [n for n in given if n.upper().replace("-", "_").startswith(PREFIX)]
    unknown = sorted(name for name in ours if name not in known)
    if unknown:
        raise ConfigurationError("; ".join(_with_nearest(n, known) for n in unknown))


def _with_nearest(name: str, known: list[str]) -> str:
    nearest = difflib.get_close_matches(name.upper(), known, n=1, cutoff=0)
    return f"{name} is no setting (did you mean {nearest[0]}?)"


def _explained(error: ValidationError) -> str:
    return "; ".join(
        f"{PREFIX}{str(item['loc'][0]).upper()}={item['input']}: "
        + _WORDS.get(item["type"], item["msg"][0].lower() + item["msg"][1:])
        for item in error.errors()
    )
