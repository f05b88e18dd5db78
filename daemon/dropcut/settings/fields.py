"""The settings of a service, and its folders.

Every field is documented in the README and in `config/dropcut.env`.
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from dropcut.core.claims import Folders
from dropcut.core.errors import ConfigurationError
from dropcut.settings.picture import PictureSettings
from dropcut.settings.validation import PREFIX, from_home, hidden_name

_Path = Annotated[Path, AfterValidator(from_home)]
_Marker = Annotated[Path, AfterValidator(hidden_name)]
_Words = Annotated[tuple[str, ...], NoDecode]
_Seconds = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]


class Settings(PictureSettings, BaseSettings):
    """What a user may choose; units are in the names."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True)

    root: _Path = Path()
    inbox: _Path = Path("inbox")
    outbox: _Path = Path("outbox")
    processed: _Path = Path("processed")
    failed: _Path = Path("failed")
    require_marker: _Marker | None = None
    model_dir: _Path | None = None
    model_memory_mb: int = Field(2000, ge=1, le=1_000_000)
    profiles: _Path | None = None
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
            ConfigurationError: One is missing, is no folder, or overlaps another. With
                a marker, a missing one is waited for.
        """
        names = ("inbox", "outbox", "processed", "failed")
        paths = {name: self._resolved(name) for name in names}
        _refuse_overlap(paths)
        return Folders(**paths, marker=self.require_marker)

    def _resolved(self, name: str) -> Path:
        given = self.root / getattr(self, name)
        path = Path(os.path.abspath(given))  # noqa: PTH100  # keeps links in messages
        there = path.exists()
        if not path.is_dir() and (there or self.require_marker is None):
            what = "is no folder" if there else "does not exist"
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
            same = _is_same(path, above)
            if same or any(_is_same(parent, above) for parent in path.parents):
                how = "is the same folder as" if same else "lies inside"
                raise ConfigurationError(
                    f"{PREFIX}{name.upper()}: {path} {how} "
                    f"{PREFIX}{other.upper()} ({above}); each needs a folder of its own"
                )


def _is_same(one: Path, other: Path) -> bool:
    """Whether two paths mean one folder, as far as they are there."""
    with suppress(FileNotFoundError):
        return one.samefile(other)
    return one == other
