"""Reads and checks model files."""

import errno
import hashlib
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from importlib import resources
from io import BufferedReader
from pathlib import Path

from dropcut.core.errors import NO_USABLE_FILE, ConfigurationError, TransientError
from dropcut.core.models import Graph, Model, is_model_file
from dropcut.models.catalogue.locations import (
    candidate_paths,
    describe_searched_folders,
)
from dropcut.models.catalogue.table import MODELS, RECIPES, has_content_of, shown_size

_U2NET_MAPS = 7
_MAX_BYTES = 1 << 31
"""An ONNX file is one protobuf message, which cannot be larger."""


def load_model(
    name: str,
    recipe: str | None,
    folder: Path | None,
    read_graph: Callable[[bytes], Graph] | None = None,
) -> Model:
    """Read a model by its catalogue name or by the path of an `.onnx` file.

    Args:
        name: The setting `model`.
        recipe: The setting `model_recipe`, for a path.
        folder: The setting `model_dir`.
        read_graph: Reads a model's graph, from which the recipe can be recognised.

    Raises:
        ConfigurationError: There is no such model, or its file is not the right one.
        TransientError: A file cannot be read, but the file is not at fault.
    """
    if name in MODELS:
        return _from_catalogue(name, folder)
    if is_model_file(name):
        return _from_path(Path(name), recipe, read_graph)
    raise ConfigurationError(
        f"there is no model called {name!r}; the known models are {', '.join(MODELS)}; "
        "or give the path of an .onnx file",
        setting="model",
    )


def verified_path(name: str, folder: Path | None) -> Path | None:
    """Return the first file that is the published model; None if there is none."""
    for path in candidate_paths(name, folder):
        with suppress(OSError), _opened(path) as file:
            if has_content_of(MODELS[name], file):
                return path
    return None


def _from_catalogue(name: str, folder: Path | None) -> Model:
    """Return the first file found that is the published model.

    A file that merely cannot be read now may be the right one, so the settings are not
    at fault.
    """
    entry = MODELS[name]
    packaged = Path(str(resources.files("dropcut.models.data") / entry.file))
    paths = [packaged] if entry.packaged else candidate_paths(name, folder)
    transient: TransientError | None = None
    problems: list[str] = []
    for path in paths:
        try:
            data = _read(path, entry.size_bytes)
        except TransientError as error:
            transient = transient or error
            continue
        except ConfigurationError as error:
            problems.append(error.problem)
            continue
        found = hashlib.sha256(data).hexdigest()
        if found == entry.sha256:
            size_px = (entry.input_px, entry.input_px)
            return Model(name=name, recipe=entry.recipe, data=data, size_px=size_px)
        problems.append(
            f"{path} is not the published {name}: expected SHA-256 "
            f"{entry.sha256}, found {found} ({len(data)} bytes)"
        )
    if transient:
        raise transient
    if not problems:
        raise ConfigurationError(
            f"{name} is not installed; {_pull_command(name)} downloads it "
            f"(searched {describe_searched_folders(folder)})",
            setting="model",
        )
    pull = f"{_pull_command(name)} downloads the right file"
    remedy = "install Dropcut again" if entry.packaged else pull
    raise ConfigurationError("; ".join([*problems, remedy]), setting="model")


def _pull_command(name: str) -> str:
    """Return the command that downloads a model for the user of this process."""
    is_service = "CACHE_DIRECTORY" in os.environ  # others read its log, and need sudo
    return f"`{'sudo ' if is_service else ''}dropcut models pull {name}`"


def _from_path(
    path: Path, recipe: str | None, read_graph: Callable[[bytes], Graph] | None
) -> Model:
    """Return a user's own model, with the given recipe or that of a known model."""
    data = _read(path, _MAX_BYTES)
    digest = hashlib.sha256(data).hexdigest()
    known = next((e for e in MODELS.values() if e.sha256 == digest), None)
    if known and recipe and RECIPES[recipe] != known.recipe:
        raise ConfigurationError(
            f"{path.name} is {known.file}, which has another recipe: remove this one",
            setting="model_recipe",
            value=recipe,
        )
    if not (known or recipe) and read_graph and _is_u2net(read_graph(data)):
        recipe = "u2net"
    if not (known or recipe):
        raise ConfigurationError(
            f"{path.name} needs one of {', '.join(RECIPES)}", setting="model_recipe"
        )
    return Model(
        name=path.stem,
        recipe=known.recipe if known else RECIPES[recipe or ""],
        data=data,
        size_px=(known.input_px, known.input_px) if known else None,
    )


def _is_u2net(graph: Graph) -> bool:
    """Whether a graph is a U²-Net: its input size, and seven output maps of that size.

    The other families cannot be recognised: isnet-general-use and isnet-anime are one
    architecture with two recipes, and so are BiRefNet and RMBG 2.0.
    """
    size_px = (MODELS["u2net"].input_px,) * 2
    inputs = [shape[1:] for shape in graph.inputs]
    outputs = [shape[1:] for shape in graph.outputs]
    return inputs == [(3, *size_px)] and outputs == [(1, *size_px)] * _U2NET_MAPS


def _read(path: Path, max_bytes: int) -> bytes:
    """Return the content of a file of at most `max_bytes` that is not growing."""
    try:
        with _opened(path) as file:
            size_bytes = os.fstat(file.fileno()).st_size
            if size_bytes > max_bytes:
                raise ConfigurationError(
                    f"{path} cannot be the model: it has {shown_size(size_bytes)}",
                    setting="model",
                )
            data = file.read(size_bytes + 1)
    except OSError as error:
        problem = f"{path} cannot be read: {error.strerror}"
        if error.errno in NO_USABLE_FILE:
            raise ConfigurationError(problem, setting="model") from error
        raise TransientError(problem) from error
    if len(data) > size_bytes:
        raise TransientError(f"{path} cannot be read: somebody is still writing to it")
    return data


def _opened(path: Path) -> BufferedReader:
    """Open a regular file; links are followed, and a FIFO does not block."""
    flags = os.O_NONBLOCK | os.O_NOCTTY
    file = open(path, "rb", opener=lambda name, mode: os.open(name, mode | flags))  # noqa: SIM115  # `Path` has no opener, the caller closes
    if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        return file
    file.close()
    raise OSError(errno.ENXIO, "it is not a regular file", str(path))
