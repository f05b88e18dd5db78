"""Where model files are on this machine."""

import os
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from dropcut.core.errors import NO_USABLE_FILE
from dropcut.models.catalogue.table import MODELS

_SERVICE_CACHE = Path("/var/cache/dropcut")  # CacheDirectory= of the systemd units


class ModelState(StrEnum):
    """What is known about a model without reading its file."""

    BUILT_IN = "built in"
    INSTALLED = "installed"
    DAMAGED = "damaged"
    MISSING = "not installed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelLocation:
    """Where a model of the catalogue is.

    Attributes:
        path: The model's file, complete or not; None if it is built in or missing.
    """

    state: ModelState
    path: Path | None = None


def locate(name: str, folder: Path | None) -> ModelLocation:
    """Return where a model of the catalogue is; its files are judged by size alone.

    Args:
        name: A name of the catalogue.
        folder: The setting `model_dir`.
    """
    if MODELS[name].packaged:
        return ModelLocation(state=ModelState.BUILT_IN)
    paths = candidate_paths(name, folder)
    for path in paths:
        with suppress(OSError):
            if path.stat().st_size == MODELS[name].size_bytes:
                return ModelLocation(state=ModelState.INSTALLED, path=path)
    if paths:
        return ModelLocation(state=ModelState.DAMAGED, path=paths[0])
    return ModelLocation(state=ModelState.MISSING)


def candidate_paths(name: str, folder: Path | None) -> list[Path]:
    """Return the files named after a model or like the publisher's, in search order.

    Args:
        name: A name of the catalogue.
        folder: The setting `model_dir`.
    """
    folders = [*own_folders(folder), *_rembg_folders(name)]
    files = (f"{name}.onnx", MODELS[name].file)
    found: list[Path] = []
    for path in dict.fromkeys(place / file for place in folders for file in files):
        try:
            exists = path.is_file()
        except OSError as error:
            exists = error.errno not in NO_USABLE_FILE  # the file may exist
        if exists:
            found.append(path)
    return found


def own_folders(folder: Path | None) -> list[Path]:
    """Return Dropcut's folders in search order; models are downloaded to the first.

    Root downloads for the service, which runs as another user: for root, folders in a
    home are neither downloaded to nor searched.
    """
    service, xdg = (os.environ.get(n) for n in ("CACHE_DIRECTORY", "XDG_CACHE_HOME"))
    folders = [folder, Path(service) if service else None]
    if not _is_root():
        home = _home()
        folders += [Path(xdg) / "dropcut" if xdg else None]
        folders += [home / ".cache" / "dropcut" if home else None]
    folders += [_SERVICE_CACHE]
    return list(dict.fromkeys(place for place in folders if place))


def describe_searched_folders(folder: Path | None) -> str:
    """Return which folders are searched, in human-readable form."""
    own = ", ".join(map(str, own_folders(folder)))
    if _is_root():
        return f"{own}; not root's home, which the service cannot see"
    return f"{own} and rembg's folders"


def _is_root() -> bool:
    return os.geteuid() == 0


def _home() -> Path | None:
    with suppress(RuntimeError):
        return Path.home()
    return None


def _rembg_folders(name: str) -> list[Path]:
    """Return where rembg keeps a model; newer versions use one folder per model."""
    roots: list[Path] = []
    for variable in ("REMBG_HOME", "U2NET_HOME"):
        if given := os.environ.get(variable):
            with suppress(RuntimeError):  # the ~ of an unknown user
                roots.append(Path(given).expanduser())
    if not _is_root():
        if data := os.environ.get("XDG_DATA_HOME"):
            roots += [Path(data) / "rembg", Path(data) / ".u2net"]
        if home := _home():
            roots += [home / ".rembg", home / ".u2net"]
    return [place for root in roots for place in (root / "models" / name, root)]
