"""The commands: arguments become a call, the result an exit code."""

import argparse
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NoReturn, TextIO, cast

from dropcut import __version__
from dropcut.cli import models
from dropcut.core.errors import DropcutError, ExitCode, UsageError
from dropcut.core.text import printable

if TYPE_CHECKING:
    from dropcut.cli.progress import ProgressBar


class _Parser(argparse.ArgumentParser):
    """Ends with the exit code for wrong usage that sysexits.h knows."""

    def error(self, message: str) -> NoReturn:
        text = f"dropcut: {printable(message)}; dropcut --help shows what there is\n"
        self.exit(ExitCode.USAGE, text)


def _parser() -> _Parser:
    parser = _Parser(
        prog="dropcut",
        description="Drop a photo into a folder; a transparent PNG appears in another.",
        epilog="Settings are environment variables, DROPCUT_…; see the README.",
    )
    parser.add_argument("--version", action="version", version=f"dropcut {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    common = _Parser(add_help=False)
    common.add_argument(
        "--env-file",
        type=Path,
        metavar="FILE",
        help="read settings from this file; the environment wins over it",
    )
    working = commands.add_parser("run", parents=[common], help="work until stopped")
    working.add_argument(
        "--once", action="store_true", help="do what is there, then exit"
    )
    commands.add_parser(
        "check", parents=[common], help="say what could go wrong, before it does"
    )
    commands.add_parser("status", parents=[common], help="count the pictures")
    retry = commands.add_parser(
        "retry", parents=[common], help="move failed pictures back into the inbox"
    )
    retry.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help="as in the folder of failed pictures: photo.jpg or sub/photo.jpg; "
        "all, without a name",
    )
    models.add_commands(
        commands.add_parser("models", help="list, fetch and verify models"), common
    )
    return parser


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    given = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = {
        "run": _run,
        "check": _check,
        "status": _status,
        "retry": _retry,
        "models": models.run,
    }[given.command]
    try:
        return command(given)
    except DropcutError as error:
        from dropcut.settings import explain  # --help stays quick

        sys.stderr.write(f"dropcut: {printable(explain(error))}\n")
        return error.exit_code
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:  # as in `dropcut check | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except Exception as error:  # noqa: BLE001  # 1 would mean that some pictures failed
        if not isinstance(error, OSError):
            traceback.print_exc()
        sys.stderr.write(f"dropcut: {printable(error)}\n")
        return ExitCode.INTERNAL


def _run(given: argparse.Namespace) -> int:
    from dropcut.settings import load_settings  # --help stays quick

    settings = load_settings(given.env_file)
    from dropcut import service  # a wrong setting is told first
    from dropcut.events import log  # a wrong setting is told first

    with _progress(shown_at_all=given.once) as (stream, progress):
        logger = log.configure(settings.log_level, settings.log_format, stream)
        log.adopt_libraries(logger)
        log.tell_of_dead_threads(logger)
        return service.build(settings, logger, progress).run(once=given.once)


@contextmanager
def _progress(*, shown_at_all: bool) -> Iterator[tuple[TextIO, "ProgressBar | None"]]:
    """Show a progress bar on a terminal, and let log lines pass above it."""
    if not (shown_at_all and sys.stderr.isatty()):
        yield sys.stderr, None
        return
    from dropcut.cli.progress import ProgressBar  # only if somebody sees it

    with ProgressBar() as bar:
        yield cast("TextIO", bar), bar


def _check(given: argparse.Namespace) -> int:
    from dropcut.check import report  # --help stays quick
    from dropcut.settings import load_settings  # --help stays quick

    sound = True
    for finding in report(load_settings(given.env_file)):
        sys.stdout.write(f"{finding.verdict:4}  {printable(finding.text)}\n")
        sound = sound and finding.verdict != "FAIL"
    return ExitCode.DONE if sound else ExitCode.CONFIG


def _status(given: argparse.Namespace) -> int:
    from dropcut.check import counts  # --help stays quick
    from dropcut.settings import load_settings  # --help stays quick

    for name, value in counts(load_settings(given.env_file)).items():
        sys.stdout.write(f"{name:10} {value}\n")
    return ExitCode.DONE


def _retry(given: argparse.Namespace) -> int:
    from dropcut.settings import load_settings  # --help stays quick
    from dropcut.storage import FailedPictures  # --help stays quick

    folders = load_settings(given.env_file).folders()
    failed = FailedPictures(folders)
    names = [_inside(name, folders.failed) for name in given.names]
    there = failed.names()
    if not there and not names:
        sys.stdout.write("nothing has failed\n")
    for path in _chosen(there, names):
        sys.stdout.write(
            f"{printable(path)} -> inbox/{printable(failed.retry(path))}\n"
        )
    return ExitCode.DONE


def _inside(name: str, folder: Path) -> str:
    """Return a name as it is in the folder, if it was given as a path to it."""
    path = Path(name).absolute()
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else name


def _chosen(
    there: Sequence[PurePosixPath], names: Sequence[str]
) -> Sequence[PurePosixPath]:
    """Return the failed pictures that were asked for, by path or by name."""
    if not names:
        return there
    missing = [n for n in names if not any(n in (str(p), p.name) for p in there)]
    if missing:
        raise UsageError(
            f"nothing called {missing[0]!r} is among the failed pictures; "
            "nothing was moved"
        )
    return [path for path in there if str(path) in names or path.name in names]
