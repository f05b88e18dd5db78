"""Where model files lie on this machine."""

import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from dropcut.core.errors import NO_USABLE_FILE
from dropcut.models.catalogue.table import MODELS

_SERVICE_CACHE = Path("/var/cache/dropcut")  # CacheDirectory= of the systemd units


class State(StrEnum):
    """What is known of a model without reading its file.

    PRIVATE: root sees it, but not the service.
    """

    BUILT_IN = "built in"
    HERE = "here"
    DAMAGED = "damaged"
    PRIVATE = "private"
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
    """Say where a model is, judging its files by their size alone.

    Args:
        name: A name of the catalogue.
        folder: `DROPCUT_MODEL_DIR`.
    """
    if MODELS[name].packaged:
        return ModelLocation(state=State.BUILT_IN)
    seen = candidates(name, folder, for_service=True)
    for path in seen:
        if _size_bytes(path) == MODELS[name].size_bytes:
            return ModelLocation(state=State.HERE, path=path)
    if seen:
        return ModelLocation(state=State.DAMAGED, path=seen[0])
    if private := candidates(name, folder):
        return ModelLocation(state=State.PRIVATE, path=private[0])
    return ModelLocation(state=State.MISSING)


def candidates(
    name: str, folder: Path | None, *, for_service: bool = False
) -> list[Path]:
    """Return the files that bear a model's name or its publisher's, the first first.

    Args:
        name: A name of the catalogue.
        folder: `DROPCUT_MODEL_DIR`.
        for_service: Whether root asks for the service, which may not see all of them.
    """
    places = [*own_folders(folder), *_rembg_folders(name)]
    files = (f"{name}.onnx", MODELS[name].file)
    paths = dict.fromkeys(place / file for place in places for file in files)
    found = [path for path in paths if _may_be_file(path)]
    if for_service and _is_root():
        return [path for path in found if not _is_private(path, places[0])]
    return found


def _may_be_file(path: Path) -> bool:
    """Whether a file is there, for all that one may see."""
    try:
        return path.is_file()
    except OSError as error:
        return error.errno not in NO_USABLE_FILE


def _size_bytes(path: Path) -> int | None:
    with suppress(OSError):
        return path.stat().st_size
    return None


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


def _is_private(path: Path, filled: Path) -> bool:
    """Whether the service does not see what root sees: another user, who has no home.

    What lies in the folder that is to be filled was put there on purpose.
    """
    home = _user_home()
    at_home = home is not None and path.is_relative_to(home)
    return (at_home and path.parent != filled) or _is_closed(path)


def _is_closed(path: Path) -> bool:
    """Whether a file is one's own, and for nobody else."""
    with suppress(OSError):
        status = path.stat()
        own = (status.st_uid, status.st_gid) == (os.geteuid(), os.getegid())
        return own and not status.st_mode & stat.S_IROTH
    return False


def _is_root() -> bool:
    return os.geteuid() == 0


def _user_home() -> Path | None:
    with suppress(RuntimeError):
        return Path.home()
    return None


def _rembg_folders(name: str) -> list[Path]:
    """Return where rembg keeps a model: of late in a folder of its own."""
    given = [os.environ.get(variable) for variable in ("REMBG_HOME", "U2NET_HOME")]
    roots = [path for root in given if root for path in _expanded(root)]
    if data := os.environ.get("XDG_DATA_HOME"):
        roots += [Path(data) / "rembg", Path(data) / ".u2net"]
    if home := _user_home():
        roots += [home / ".rembg", home / ".u2net"]
    return [place for root in roots for place in (root / "models" / name, root)]


def _expanded(path: str) -> list[Path]:
    """Return a path whose ~ is a home; none, if it is nobody's."""
    with suppress(RuntimeError):
        return [Path(path).expanduser()]
    return []
