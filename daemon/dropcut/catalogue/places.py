"""Where model files lie on this machine."""

import os
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from dropcut.catalogue.table import MODELS

_SERVICE_CACHE = Path("/var/cache/dropcut")  # CacheDirectory= of the systemd units


class State(StrEnum):
    """What is known of a model without reading its file."""

    BUILT_IN = "built in"
    HERE = "here"
    DAMAGED = "damaged"
    MISSING = "not here"


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """Where a model of the catalogue is.

    Attributes:
        path: Its file, whole or not; None when it is built in or missing.
    """

    state: State
    path: Path | None = None


def whereabouts(name: str, folder: Path | None) -> Whereabouts:
    """Say where a model is, judging its file by its size alone.

    Args:
        name: A name of the catalogue.
        folder: `DROPCUT_MODEL_DIR`.
    """
    if MODELS[name].packaged:
        return Whereabouts(state=State.BUILT_IN)
    path = find(name, folder)
    if path is None:
        return Whereabouts(state=State.MISSING)
    whole = path.stat().st_size == MODELS[name].size_bytes
    return Whereabouts(state=State.HERE if whole else State.DAMAGED, path=path)


def find(name: str, folder: Path | None) -> Path | None:
    """Return the first file of a model, under our name or its publisher's."""
    for place in [*own_folders(folder), *_rembg_folders(name)]:
        for path in (place / f"{name}.onnx", place / MODELS[name].file):
            if _is_file(path):
                return path
    return None


def _is_file(path: Path) -> bool:
    """Whether a file is there, for all that one may see."""
    with suppress(OSError):
        return path.is_file()
    return False


def own_folders(folder: Path | None) -> list[Path]:
    """Return Dropcut's folders: first the one that is filled, then more to look in.

    What root fetches is for the service, so it goes where the service looks.
    """
    service = os.environ.get("CACHE_DIRECTORY")
    given = [folder, Path(service) if service else None]
    system, user = [_SERVICE_CACHE], _user_caches()
    rest = [*system, *user] if _is_root() else [*user, *system]
    return list(dict.fromkeys(place for place in [*given, *rest] if place))


def _user_caches() -> list[Path]:
    xdg, home = os.environ.get("XDG_CACHE_HOME"), _user_home()
    caches = [Path(xdg) if xdg else None, home / ".cache" if home else None]
    return [cache / "dropcut" for cache in caches if cache]


def is_private(path: Path) -> bool:
    """Whether root sees a file that the service, which sees nobody's home, does not."""
    home = _user_home()
    return _is_root() and home is not None and path.is_relative_to(home)


def _is_root() -> bool:
    return os.geteuid() == 0


def _user_home() -> Path | None:
    with suppress(RuntimeError):
        return Path.home()
    return None


def _rembg_folders(name: str) -> list[Path]:
    """Return where rembg keeps a model: of late in a folder of its own."""
    given = [os.environ.get(variable) for variable in ("REMBG_HOME", "U2NET_HOME")]
    roots = [Path(root).expanduser() for root in given if root]
    if data := os.environ.get("XDG_DATA_HOME"):
        roots += [Path(data) / "rembg", Path(data) / ".u2net"]
    if home := _user_home():
        roots += [home / ".rembg", home / ".u2net"]
    return [place for root in roots for place in (root / "models" / name, root)]
