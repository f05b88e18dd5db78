"""How a model file is read and checked."""

import os
from collections.abc import Callable
from contextlib import suppress
from importlib import resources
from io import BytesIO
from pathlib import Path
from typing import NoReturn

from dropcut.core.errors import NO_USABLE_FILE, ConfigurationError, TransientError
from dropcut.core.models import Graph, Model, Recipe, is_model_file
from dropcut.models.catalogue.locations import candidates, own_folders
from dropcut.models.catalogue.table import MODELS, RECIPES, Entry, sha256_of

_U2NET_MAPS = 7


def load_model(
    name: str,
    recipe: str | None,
    folder: Path | None,
    look: Callable[[bytes], Graph] | None = None,
    *,
    for_service: bool = False,
) -> Model:
    """Read a model by its catalogue name or by the path of an `.onnx` file.

    Args:
        name: `DROPCUT_MODEL`.
        recipe: `DROPCUT_MODEL_RECIPE`, for a path.
        folder: `DROPCUT_MODEL_DIR`.
        look: Reads a model's graph, which may tell the recipe of a path.
        for_service: Whether root asks for the service, which may not see all files.

    Raises:
        ConfigurationError: There is no such model, or the file is another one.
        MachineError: A file cannot be read, and the file is not to blame.
    """
    if name in MODELS:
        return _catalogued(name, folder, for_service=for_service)
    if not is_model_file(name):
        known = ", ".join(MODELS)
        raise ConfigurationError(
            f"no model is called {name!r}; known are {known}, or give the path of an "
            ".onnx file",
            setting="model",
        )
    return _from_path(Path(name), recipe, look)


def published(name: str, folder: Path | None) -> Path | None:
    """Return the file of a model that is the published one, if the service sees one."""
    for path in candidates(name, folder, for_service=True):
        with suppress(OSError), path.open("rb") as file:
            if sha256_of(file) == MODELS[name].sha256:
                return path
    return None


def _catalogued(name: str, folder: Path | None, *, for_service: bool) -> Model:
    entry = MODELS[name]
    if entry.packaged:
        data = _packaged(name, entry)
    else:
        paths = candidates(name, folder, for_service=for_service)
        data = _first_right(name, paths) or _nowhere(name, folder)
    return Model(
        name=name, recipe=entry.recipe, data=data, size_px=(entry.input_px,) * 2
    )


def _packaged(name: str, entry: Entry) -> bytes:
    resource = resources.files("dropcut.models.data") / entry.file
    try:
        return _checked(name, Path(str(resource)))
    except ConfigurationError as error:
        problem = f"{error.problem}; install Dropcut again"
        raise ConfigurationError(problem, setting="model") from error


def _first_right(name: str, paths: list[Path]) -> bytes | None:
    """Return the first file that is what was published; None if there is no file."""
    wrong: list[ConfigurationError | TransientError] = []
    for path in paths:
        try:
            return _checked(name, path)
        except (ConfigurationError, TransientError) as error:
            wrong.append(error)
    if wrong:
        _refuse(name, wrong)
    return None


def _refuse(name: str, wrong: list[ConfigurationError | TransientError]) -> NoReturn:
    """Say what is wrong with each file; one that may yet be right is no setting's."""
    of_machine = next((e for e in wrong if isinstance(e, TransientError)), None)
    if of_machine:
        raise of_machine
    problems = [*map(str, wrong), f"{_pull_command(name)} gets the right one"]
    raise ConfigurationError("; ".join(problems), setting="model")


def _nowhere(name: str, folder: Path | None) -> NoReturn:
    looked = ", ".join(str(place) for place in own_folders(folder))
    private = "".join(
        f"; the service may not see {path}" for path in candidates(name, folder)
    )
    raise ConfigurationError(
        f"{name} is not on this machine; {_pull_command(name)} gets it "
        f"(looked into {looked} and the folders of rembg{private})",
        setting="model",
    )


def _pull_command(name: str) -> str:
    """Return what fetches a model into a folder in which one looks oneself."""
    is_service = "CACHE_DIRECTORY" in os.environ  # who reads its log is another user
    return f"`{'sudo ' if is_service else ''}dropcut models pull {name}`"


def _checked(name: str, path: Path) -> bytes:
    data, expected = _read(path), MODELS[name].sha256
    found = sha256_of(BytesIO(data))
    if found != expected:
        raise ConfigurationError(
            f"{path} is not the {name} that was published: expected SHA-256 "
            f"{expected}, found {found} ({len(data)} bytes)",
            setting="model",
        )
    return data


def _from_path(
    path: Path, recipe: str | None, look: Callable[[bytes], Graph] | None
) -> Model:
    data = _read(path)
    digest = sha256_of(BytesIO(data))
    known = next((e for e in MODELS.values() if e.sha256 == digest), None)
    if recipe and known and RECIPES[recipe] != known.recipe:
        raise ConfigurationError(
            f"{path.name} is {known.file}, which has another recipe; leave it out",
            setting="model_recipe",
            value=recipe,
        )
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
        f"{path.name} needs one of {', '.join(RECIPES)}", setting="model_recipe"
    )


def _is_u2net(graph: Graph) -> bool:
    """Whether a graph is a U²-Net: its picture's size, and seven maps of that size.

    The other families cannot be told apart: isnet-general-use and isnet-anime are one
    architecture with two recipes, and so are BiRefNet and RMBG 2.0.
    """
    size_px = (MODELS["u2net"].input_px,) * 2
    picture, one_map = (3, *size_px), (1, *size_px)
    return [shape[1:] for shape in graph.inputs] == [picture] and [
        shape[1:] for shape in graph.outputs
    ] == [one_map] * _U2NET_MAPS


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        problem = f"{path} cannot be read: {error.strerror}"
        if error.errno in NO_USABLE_FILE:
            raise ConfigurationError(problem, setting="model") from error
        raise TransientError(problem) from error
