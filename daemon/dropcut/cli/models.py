"""`dropcut models list|pull|verify`; what is slow to import is imported when needed."""

import argparse
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dropcut.cli.output import complain, emit
from dropcut.core.errors import DownloadError, DropcutError, ExitCode, UsageError

if TYPE_CHECKING:
    from dropcut.settings import Settings


def add(subparsers: Any, common: argparse.ArgumentParser) -> None:  # noqa: ANN401  # argparse's is private
    """Add `models` with its commands and their arguments."""
    group = subparsers.add_parser(
        "models", parents=[common], help="list, download and verify models"
    )
    actions = group.add_subparsers(dest="action", required=True, metavar="COMMAND")
    parser = actions.add_parser(
        "list", parents=[common], help="list all models, and which are installed"
    )
    parser.set_defaults(command=list_models)
    parser.add_argument(
        "--urls", action="store_true", help="show the URL of each model instead"
    )
    parser = actions.add_parser(
        "pull", parents=[common], help="download models and verify them"
    )
    parser.set_defaults(command=pull)
    parser.add_argument(
        "names", nargs="+", metavar="NAME", help="as in `dropcut models list`"
    )
    parser.add_argument(
        "--from",
        dest="mirror",
        metavar="URL",
        help="a web folder with the files, named as by their publishers",
    )
    parser.add_argument(
        "--accept-licence",
        action="store_true",
        help="for models whose licence allows non-commercial use only",
    )
    parser = actions.add_parser(
        "verify", parents=[common], help="verify the installed models"
    )
    parser.set_defaults(command=verify)
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help="without a name, all that are installed",
    )


def list_models(given: argparse.Namespace, settings: "Settings") -> int:
    """Print the catalogue, where models are and where to put more."""
    from dropcut.models.catalogue import MODELS, locate, own_folders

    if given.urls:
        for name, entry in MODELS.items():
            emit(f"{name:21}  {entry.url}")
        return ExitCode.DONE
    row = "{:21}  {:>7}  {:12}  {:13}  {}"
    found = {name: locate(name, settings.model_dir) for name in MODELS}
    emit(row.format("NAME", "SIZE", "LICENCE", "STATE", "FOR"))
    for name, entry in MODELS.items():
        state = found[name].state
        emit(row.format(name, entry.size, entry.licence, state, entry.purpose))
    for name, location in found.items():
        if location.path:
            emit(f"{name} is {location.path}")
    own = own_folders(settings.model_dir)[0]
    emit(f"`dropcut models pull NAME` downloads a model into {own}")
    first = "" if own.is_dir() else "; create the folder first"
    emit(f"to install a model by hand, copy its file into that folder{first}")
    return ExitCode.DONE


def pull(given: argparse.Namespace, settings: "Settings") -> int:
    """Download the models that were named and are not installed yet."""
    from dropcut.models.catalogue import MODELS

    names = _known(given.names)
    for name in names:
        if not (MODELS[name].commercial or given.accept_licence):
            raise UsageError(
                f"{name} has the licence {MODELS[name].licence}, for non-commercial "
                "use only: add --accept-licence if you agree; nothing was downloaded"
            )
    if given.mirror:
        valid = False
        with suppress(ValueError):  # brackets without an IPv6 address in them
            parts = urlsplit(given.mirror)
            valid = parts.scheme in ("http", "https") and bool(parts.hostname)
        if not valid:
            raise UsageError(
                f"--from: {given.mirror} is not an http:// or https:// address"
            )
    code = ExitCode.DONE
    for name in names:
        try:
            emit(_pull_one(name, settings.model_dir, given.mirror))
        except DownloadError as error:
            complain(f"dropcut: {name}: {error}")
            code = error.exit_code
    return code


def verify(given: argparse.Namespace, settings: "Settings") -> int:
    """Load each model as the service does, and print whether that succeeds."""
    from dropcut.models.catalogue import (
        MODELS,
        ModelState,
        load_model,
        locate,
        verified_path,
    )
    from dropcut.models.engine import OnnxEngine

    folder, code = settings.model_dir, ExitCode.DONE
    found = {name: locate(name, folder) for name in _known(given.names) or MODELS}
    for name, location in found.items():
        if location.state is ModelState.MISSING and not given.names:
            continue
        try:
            OnnxEngine(load_model(name, None, folder), threads=1)
        except DropcutError as error:
            emit(f"FAIL  {name}: {error}")
            code = ExitCode.CONFIG
        else:
            emit(f"ok    {name}: {verified_path(name, folder) or location.state}")
    return code


def _known(names: Sequence[str]) -> list[str]:
    """Return each name once; raise UsageError for a name not in the catalogue."""
    from dropcut.models.catalogue import MODELS

    for name in names:
        if name not in MODELS:
            raise UsageError(
                f"there is no model called {name!r}; "
                f"the known models are {', '.join(MODELS)}"
            )
    return list(dict.fromkeys(names))


def _pull_one(name: str, folder: Path | None, mirror: str | None) -> str:
    """Download a model unless it is installed, and return what was done."""
    from tqdm import tqdm

    from dropcut.models import catalogue
    from dropcut.models.catalogue import download

    entry = catalogue.MODELS[name]
    if entry.packaged:
        return f"{name} is built in, there is nothing to download"
    if path := catalogue.verified_path(name, folder):
        if path.parent == catalogue.own_folders(folder)[0]:
            with suppress(OSError):
                path.chmod(0o644)  # copied by hand; the service runs as another user
        return f"{name} is already installed: {path}"
    if path := catalogue.locate(name, folder).path:
        emit(f"{path} is not the published {name}; the published one is downloaded")
    with (
        _interruptible(),
        tqdm(
            desc=name,
            total=entry.size_bytes,
            unit="B",
            unit_scale=True,
            leave=False,
            dynamic_ncols=True,
            file=sys.stderr,
            disable=not sys.stderr.isatty(),
        ) as bar,
    ):
        path = download.pull(name, folder, mirror=mirror, progress=bar.update)
    return f"{name} is installed and verified: {path}"


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let Ctrl-C raise KeyboardInterrupt, so that a partial download is removed."""
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
