"""`dropcut models list|pull|verify`; what is slow to import is imported when needed."""

import argparse
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dropcut.cli.output import emit
from dropcut.core.errors import DownloadError, DropcutError, ExitCode, UsageError
from dropcut.core.text import printable

if TYPE_CHECKING:
    from dropcut.settings import Settings


def add(subparsers: Any, common: argparse.ArgumentParser) -> None:  # noqa: ANN401  # argparse's is private
    """Add `models` with its commands and their arguments."""
    group = subparsers.add_parser(
        "models", parents=[common], help="list, download and verify models"
    )
    actions = group.add_subparsers(dest="action", required=True, metavar="COMMAND")
    parser = actions.add_parser(
        "list", parents=[common], help="list all models, and say which are here"
    )
    parser.set_defaults(command=list_models)
    parser.add_argument(
        "--urls", action="store_true", help="show where each can be downloaded"
    )
    parser = actions.add_parser(
        "pull", parents=[common], help="download models and verify them"
    )
    parser.set_defaults(command=pull)
    parser.add_argument("names", nargs="+", metavar="NAME", help="as in the list")
    parser.add_argument(
        "--from",
        dest="mirror",
        metavar="URL",
        help="a web folder that has the files under their publisher's names",
    )
    parser.add_argument(
        "--accept-licence",
        action="store_true",
        help="for models whose licence allows non-commercial use only",
    )
    parser = actions.add_parser(
        "verify", parents=[common], help="verify the files that are here"
    )
    parser.set_defaults(command=verify)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="without a name, all that are here"
    )


def list_models(given: argparse.Namespace, settings: "Settings") -> int:
    """Print the catalogue, and where models are and may be put."""
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
    emit(f"`dropcut models pull NAME` puts one into {own}")
    first = "" if own.is_dir() else "; create the folder first"
    emit(f"by hand: copy its file into that folder{first}")
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
        sound = False
        with suppress(ValueError):  # brackets without an address of IPv6
            parts = urlsplit(given.mirror)
            sound = parts.scheme in ("http", "https") and bool(parts.hostname)
        if not sound:
            raise UsageError(
                f"--from: {given.mirror} is not an http:// or https:// address"
            )
    code = ExitCode.DONE
    for name in names:
        try:
            emit(_pull_one(name, settings.model_dir, given.mirror))
        except DownloadError as error:
            sys.stderr.write(f"dropcut: {name}: {printable(error)}\n")
            code = error.exit_code
    return code


def verify(given: argparse.Namespace, settings: "Settings") -> int:
    """Load each model as the service would, and print whether that works."""
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
    """Return each name once; refuse those that the catalogue does not have."""
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
                path.chmod(0o644)  # it was copied by hand; the service is another user
        return f"{name} is already installed: {path}"
    if path := catalogue.locate(name, folder).path:
        emit(f"{path} is not the published {name}; a new one is downloaded")
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
    """Make Ctrl-C an exception, so that a partial download is removed first."""
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
