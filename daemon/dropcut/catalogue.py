"""The models that Dropcut knows by name, and how a model file is found and checked."""

import hashlib
import os
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from dropcut.errors import ConfigurationError
from dropcut.jobs import Model, Recipe

_IMAGENET_MEAN, _IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
RECIPES = {
    "u2net": Recipe(mean=_IMAGENET_MEAN, std=_IMAGENET_STD),
    "isnet": Recipe(mean=(0.5, 0.5, 0.5), std=(1.0, 1.0, 1.0)),
    "birefnet": Recipe(mean=_IMAGENET_MEAN, std=_IMAGENET_STD, sigmoid=True),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A model of the catalogue."""

    sha256: str
    recipe: str
    licence: str
    packaged: bool = False


MODELS = {
    "u2netp": Entry(
        sha256="309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8",
        recipe="u2net",
        licence="Apache-2.0",
        packaged=True,
    ),
    "u2net": Entry(
        sha256="8d10d2f3bb75ae3b6d527c77944fc5e7dcd94b29809d47a739a7a728a912b491",
        recipe="u2net",
        licence="Apache-2.0",
    ),
}


def load_model(name: str, recipe: str | None, folder: Path | None) -> Model:
    """Read a model by its catalogue name or by the path of an `.onnx` file.

    Args:
        name: `DROPCUT_MODEL`.
        recipe: `DROPCUT_MODEL_RECIPE`, for a path.
        folder: `DROPCUT_MODEL_DIR`.

    Raises:
        ConfigurationError: There is no such model, or the file is another one.
    """
    if name in MODELS:
        return _catalogued(name, folder)
    if not name.endswith(".onnx"):
        known = ", ".join(MODELS)
        raise ConfigurationError(
            f"DROPCUT_MODEL: no model is called {name!r}; "
            f"known are {known}, or give the path of an .onnx file"
        )
    return _from_path(Path(name), recipe)


def _catalogued(name: str, folder: Path | None) -> Model:
    entry = MODELS[name]
    data = _packaged(name) if entry.packaged else _read(_find(name, folder))
    _check_hash(name, data, entry.sha256)
    return Model(name=name, recipe=RECIPES[entry.recipe], data=data)


def _packaged(name: str) -> bytes:
    return (resources.files("dropcut.models") / f"{name}.onnx").read_bytes()


def _check_hash(name: str, data: bytes, expected: str) -> None:
    found = hashlib.sha256(data).hexdigest()
    if found != expected:
        raise ConfigurationError(
            f"DROPCUT_MODEL: the file of {name} is not the published one: expected "
            f"SHA-256 {expected}, found {found} ({len(data)} bytes)"
        )


def _find(name: str, folder: Path | None) -> Path:
    places = [place / f"{name}.onnx" for place in _folders(name, folder)]
    for path in places:
        if path.is_file():
            return path
    looked = ", ".join(str(path) for path in places)
    raise ConfigurationError(
        f"DROPCUT_MODEL: {name} is not on this machine; looked for {looked}"
    )


def _folders(name: str, folder: Path | None) -> list[Path]:
    """Return where a model may lie: Dropcut's own folder, then those of rembg."""
    home = Path.home()
    cache = os.environ.get("CACHE_DIRECTORY") or str(home / ".cache" / "dropcut")
    rembg = Path(os.environ.get("REMBG_HOME") or home / ".rembg")
    u2net = Path(os.environ.get("U2NET_HOME") or home / ".u2net")
    return [folder or Path(cache), rembg / "models" / name, u2net]


def _from_path(path: Path, recipe: str | None) -> Model:
    data = _read(path)
    digest = hashlib.sha256(data).hexdigest()
    known = next((e.recipe for e in MODELS.values() if e.sha256 == digest), None)
    if recipe is None and known is None:
        raise ConfigurationError(
            f"DROPCUT_MODEL_RECIPE is needed for {path.name}: "
            f"one of {', '.join(RECIPES)}"
        )
    return Model(name=path.stem, recipe=RECIPES[recipe or known or ""], data=data)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"DROPCUT_MODEL: {path} cannot be read: {error.strerror}"
        ) from error
