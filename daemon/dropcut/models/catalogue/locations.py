"""Where model files lie on this machine."""

import os
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from dropcut.core.errors import NO_USABLE_FILE
from dropcut.models.catalogue.table import MODELS

_SERVICE_CACHE = Path("/var/cache/dropcut")  # CacheDirectory= of the systemd units


class State(StrEnum):
    """What is known of a model without reading its file."""

    BUILT_IN = "built in"
    HERE = "here"
    DAMAGED = "damaged"
    MISSING = "not here"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelLocation:
    """Where a model of the catalogue is.

    Attributes:
        path: Its file, whole or not; None when it is built in or missing.
    """

    state: State
    path: Path | None = None


def locate(name: str, folder: Path | None) -> ModelLocation:
    """Return where a model of the catalogue is, judging its files by size alone.

    Args:
        name: A name of the catalogue.
        folder: The setting `model_dir`.
    """
    if MODELS[name].packaged:
        return ModelLocation(state=State.BUILT_IN)
    paths = candidate_paths(name, folder)
    for path in paths:
        with suppress(OSError):
            if path.stat().st_size == MODELS[name].size_bytes:
                return ModelLocation(state=State.HERE, path=path)
    if paths:
        return ModelLocation(state=State.DAMAGED, path=paths[0])
    return ModelLocation(state=State.MISSING)


def candidate_paths(name: str, folder: Path | None) -> list[Path]:
    """Return the files that have a model's name or its publisher's, in search order.

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
            exists = error.errno not in NO_USABLE_FILE  # it may be there
        if exists:
            found.append(path)
    return found


def own_folders(folder: Path | None) -> list[Path]:
    """Return Dropcut's folders in search order; the first is the one to download to.

    Root's downloads are for the service, which is another user: for root, the folders
    of a home are neither filled nor searched.
    """
    service, xdg = (os.environ.get(n) for n in ("CACHE_DIRECTORY", "XDG_CACHE_HOME"))
    folders = [folder, Path(service) if service else None]
    if not _is_root():
        home = _home()
        folders += [Path(xdg) / "dropcut" if xdg else None]
        folders += [home / ".cache" / "dropcut" if home else None]
    folders += [_SERVICE_CACHE]
    return list(dict.fromkeys(place for place in folders if place))


def searched(folder: Path | None) -> str:
    """Return which folders are searched, for people."""
    own = ", ".join(map(str, own_folders(folder)))
    if _is_root():
        return f"{own}; for root, no home is searched: the service cannot see it"
    return f"{own} and the folders of rembg"


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
