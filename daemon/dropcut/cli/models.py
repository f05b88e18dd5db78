"""`dropcut models list|pull|verify`."""

import argparse
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from dropcut.core.errors import DownloadError, DropcutError, ExitCode, UsageError
from dropcut.core.text import printable


def add_commands(
    parser: argparse.ArgumentParser, common: argparse.ArgumentParser
) -> None:
    """Describe the arguments of `dropcut models`."""
    commands = parser.add_subparsers(dest="action", required=True, metavar="COMMAND")
    listing = commands.add_parser(
        "list", parents=[common], help="say which models there are, and which are here"
    )
    listing.add_argument(
        "--urls", action="store_true", help="show where each can be downloaded"
    )
    pulling = commands.add_parser(
        "pull", parents=[common], help="download models and check them"
    )
    pulling.add_argument("names", nargs="+", metavar="NAME", help="as in the list")
    pulling.add_argument(
        "--from",
        dest="mirror",
        metavar="URL",
        help="a web folder that holds the files under their publisher's names",
    )
    pulling.add_argument(
        "--accept-licence",
        action="store_true",
        help="for models that nobody may earn money with",
    )
    verifying = commands.add_parser(
        "verify", parents=[common], help="check the files that are here"
    )
    verifying.add_argument(
        "names", nargs="*", metavar="NAME", help="all that are here, without a name"
    )


def run(given: argparse.Namespace) -> int:
    """Run one of the commands and return its exit code."""
    from dropcut.settings import load_settings  # --help stays quick

    folder = load_settings(given.env_file).model_dir
    command: Callable[[argparse.Namespace, Path | None], int] = {
        "list": _list,
        "pull": _pull,
        "verify": _verify,
    }[given.action]
    return command(given, folder)


def _say(text: str) -> None:
    sys.stdout.write(f"{printable(text)}\n")
    sys.stdout.flush()


def _list(given: argparse.Namespace, folder: Path | None) -> int:
    from dropcut.models.catalogue import MODELS, locate, own_folders

    if given.urls:
        for name, entry in MODELS.items():
            _say(f"{name:21}  {entry.url}")
        return ExitCode.DONE
    found = {name: locate(name, folder) for name in MODELS}
    _say(_row("NAME", "SIZE", "LICENCE", "STATE", "FOR"))
    for name, entry in MODELS.items():
        state = str(found[name].state)
        _say(_row(name, entry.size, entry.licence, state, entry.purpose))
    for name, place in found.items():
        if place.path:
            _say(f"{name} is {place.path}")
    own = own_folders(folder)[0]
    _say(f"`dropcut models pull NAME` puts one into {own}")
    first = "" if own.is_dir() else ", which has to be made before"
    _say(f"by hand: copy its file into that folder{first}")
    return ExitCode.DONE


def _row(name: str, size: str, licence: str, state: str, purpose: str) -> str:
    return f"{name:21}  {size:>7}  {licence:12}  {state:8}  {purpose}"


def _pull(given: argparse.Namespace, folder: Path | None) -> int:
    names = _known(given.names)
    _refuse_licences(names, accepted=given.accept_licence)
    _refuse_address(given.mirror)
    sound = True
    for name in names:
        try:
            _pull_one(name, folder, given.mirror)
        except DownloadError as error:
            sys.stderr.write(f"dropcut: {name}: {printable(error)}\n")
            sound = False
    return ExitCode.DONE if sound else DownloadError.exit_code


def _pull_one(name: str, folder: Path | None, mirror: str | None) -> None:
    from dropcut.models.catalogue import (
        MODELS,
        State,
        locate,
        own_folders,
        verified_path,
    )
    from dropcut.models.catalogue.download import pull

    entry = MODELS[name]
    if entry.packaged:
        return _say(f"{name} is built in, there is nothing to download")
    if path := verified_path(name, folder):
        if path.parent == own_folders(folder)[0]:
            with suppress(OSError):
                path.chmod(0o644)  # copied by hand; the service is another user
        return _say(f"{name} is here already: {path}")
    place = locate(name, folder)
    if place.state in (State.HERE, State.DAMAGED):
        _say(f"{place.path} is not the published {name}; a new one is downloaded")
    with _clearing_up(), _progress(name, entry.size_bytes) as progress:
        path = pull(name, folder, mirror=mirror, progress=progress)
    return _say(f"{name} is here and checked: {path}")


@contextmanager
def _clearing_up() -> Iterator[None]:
    """Make Ctrl-C an exception, so that what was begun is cleared away before."""
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _progress(name: str, size_bytes: int) -> Iterator[Callable[[int], object]]:
    """Show a progress bar on a terminal."""
    from tqdm import tqdm

    with tqdm(
        desc=name,
        total=size_bytes,
        unit="B",
        unit_scale=True,
        leave=False,
        dynamic_ncols=True,
        file=sys.stderr,
        disable=not sys.stderr.isatty(),
    ) as bar:
        yield bar.update


def _known(names: Sequence[str]) -> list[str]:
    from dropcut.models.catalogue import MODELS

    for name in names:
        if name not in MODELS:
            raise UsageError(
                f"no model is called {name!r}; known are {', '.join(MODELS)}"
            )
    return list(dict.fromkeys(names))


def _refuse_licences(names: Sequence[str], *, accepted: bool) -> None:
    from dropcut.models.catalogue import MODELS

    for name in names:
        if not (MODELS[name].commercial or accepted):
            raise UsageError(
                f"{name} is licensed {MODELS[name].licence}: nobody may earn money "
                "with it. Who agrees adds --accept-licence; nothing was downloaded"
            )


def _refuse_address(mirror: str | None) -> None:
    if not mirror:
        return
    try:
        parts = urlsplit(mirror)
        sound = parts.scheme in ("http", "https") and parts.hostname
    except ValueError:  # brackets that are no address of IPv6
        sound = None
    if not sound:
        raise UsageError(f"--from: {mirror} is no http:// or https:// address")


def _verify(given: argparse.Namespace, folder: Path | None) -> int:
    from dropcut.models.catalogue import MODELS, State, locate, verified_path

    found = {name: locate(name, folder) for name in _known(given.names) or MODELS}
    sound = True
    for name, place in found.items():
        if place.state is State.MISSING and not given.names:
            continue
        try:
            _try(name, folder)
        except DropcutError as error:
            _say(f"FAIL  {name}: {error}")
            sound = False
        else:
            _say(f"ok    {name}: {verified_path(name, folder) or place.state}")
    return ExitCode.DONE if sound else ExitCode.CONFIG


def _try(name: str, folder: Path | None) -> None:
    """Load a model as the service would."""
    from dropcut.models.catalogue import load_model
    from dropcut.models.engine import OnnxEngine

    OnnxEngine(load_model(name, None, folder), threads=1)
