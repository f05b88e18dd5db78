"""How a model file is read and checked."""

import hashlib
from collections.abc import Callable
from importlib import resources
from pathlib import Path

from dropcut.catalogue.places import find, own_folders
from dropcut.catalogue.table import MODELS, RECIPES, Entry
from dropcut.errors import ConfigurationError
from dropcut.jobs import Graph, Model, Recipe

_U2NET_PX, _U2NET_MAPS = 320, 7


def load_model(
    name: str,
    recipe: str | None,
    folder: Path | None,
    look: Callable[[bytes], Graph] | None = None,
) -> Model:
    """Read a model by its catalogue name or by the path of an `.onnx` file.

    Args:
        name: `DROPCUT_MODEL`.
        recipe: `DROPCUT_MODEL_RECIPE`, for a path.
        folder: `DROPCUT_MODEL_DIR`.
        look: Reads a model's graph, which may tell the recipe of a path.

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
    return _from_path(Path(name), recipe, look)


def _catalogued(name: str, folder: Path | None) -> Model:
    entry = MODELS[name]
    if entry.packaged:
        resource = resources.files("dropcut.models") / entry.file
        path, data = Path(str(resource)), resource.read_bytes()
    else:
        path = find(name, folder) or _nowhere(name, folder)
        data = _read(path)
    _check_hash(name, path, data)
    return Model(
        name=name, recipe=entry.recipe, data=data, size_px=(entry.input_px,) * 2
    )


def _nowhere(name: str, folder: Path | None) -> Path:
    looked = ", ".join(str(place) for place in own_folders(folder))
    raise ConfigurationError(
        f"DROPCUT_MODEL: {name} is not on this machine; "
        f"`dropcut models pull {name}` gets it "
        f"(looked into {looked} and the folders of rembg)"
    )


def _check_hash(name: str, path: Path, data: bytes) -> None:
    found, entry = hashlib.sha256(data).hexdigest(), MODELS[name]
    if found != entry.sha256:
        pull = f"`dropcut models pull {name}` gets the right one"
        raise ConfigurationError(
            f"DROPCUT_MODEL: {path} is not the {name} that was published: expected "
            f"SHA-256 {entry.sha256}, found {found} ({len(data)} bytes); "
            f"{'install Dropcut again' if entry.packaged else pull}"
        )


def _from_path(
    path: Path, recipe: str | None, look: Callable[[bytes], Graph] | None
) -> Model:
    data = _read(path)
    digest = hashlib.sha256(data).hexdigest()
    known = next((e for e in MODELS.values() if e.sha256 == digest), None)
    return Model(
        name=path.stem,
        recipe=RECIPES[recipe] if recipe else _recipe_of(path, data, known, look),
        data=data,
        size_px=(known.input_px,) * 2 if known else None,
    )


def _recipe_of(
    path: Path,
    data: bytes,
    known: Entry | None,
    look: Callable[[bytes], Graph] | None,
) -> Recipe:
    """Return the recipe of a file that nobody named one for."""
    if known:
        return known.recipe
    if look and _is_u2net(look(data)):
        return RECIPES["u2net"]
    raise ConfigurationError(
        f"DROPCUT_MODEL_RECIPE is needed for {path.name}: one of {', '.join(RECIPES)}"
    )


def _is_u2net(graph: Graph) -> bool:
    """Whether a graph is a U²-Net: a picture of 320 by 320, seven maps of that size.

    The other families cannot be told apart: isnet-general-use and isnet-anime are one
    architecture with two recipes, and so are BiRefNet and RMBG 2.0.
    """
    picture, one_map = (3, _U2NET_PX, _U2NET_PX), (1, _U2NET_PX, _U2NET_PX)
    return [shape[1:] for shape in graph.inputs] == [picture] and [
        shape[1:] for shape in graph.outputs
    ] == [one_map] * _U2NET_MAPS


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"DROPCUT_MODEL: {path} cannot be read: {error.strerror}"
        ) from error
