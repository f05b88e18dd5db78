"""The command line: arguments become a call, the result an exit code."""

import argparse
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from dropcut import __version__
from dropcut.cli import commands, models
from dropcut.cli.output import OutputError, complain, flush
from dropcut.core.errors import DropcutError, ExitCode


class _Parser(argparse.ArgumentParser):
    """Exits with the code that sysexits.h has for wrong usage."""

    def error(self, message: str) -> NoReturn:
        complain(f"dropcut: {message}; see dropcut --help")
        self.exit(ExitCode.USAGE)


def _parser() -> _Parser:
    parser = _Parser(
        prog="dropcut",
        description="Drop a photo into a folder; a transparent PNG appears in another.",
        epilog="Settings are environment variables, DROPCUT_…; see docs/settings.md.",
    )
    parser.add_argument("--version", action="version", version=f"dropcut {__version__}")
    # The option is accepted before and after the command. The command's parser has no
    # default for it, which would replace a value given before the command
    common = _Parser(add_help=False)
    for place, default in ((parser, None), (common, argparse.SUPPRESS)):
        place.add_argument(
            "--env-file",
            type=Path,
            metavar="FILE",
            default=default,
            help="read settings from this file; environment variables override it",
        )
    subparsers = parser.add_subparsers(dest="name", required=True, metavar="COMMAND")
    commands.add(subparsers, common)
    models.add(subparsers, common)
    return parser


def run(arguments: Sequence[str] | None) -> int:
    """Run a command and return its exit code."""
    try:
        code = _run_command(arguments)
        flush()
    except OutputError as error:
        with suppress(OSError):  # what is buffered would be written once more at exit
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if error.reader_gone:  # as in `dropcut check | head`
            return 128 + signal.SIGPIPE
        complain(f"dropcut: {error}")
        return ExitCode.OUTPUT
    return code


def _run_command(arguments: Sequence[str] | None) -> int:
    try:
        given = _parser().parse_args(arguments)
        from dropcut.settings import load_settings  # slow, and --help needs none

        code: int = given.command(given, load_settings(given.env_file))
    except SystemExit as ended:  # after --help, --version or a wrong argument
        return int(ended.code or 0)
    except DropcutError as error:
        from dropcut.settings import explain

        complain(f"dropcut: {explain(error)}")
        return error.exit_code
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except OutputError:
        raise
    except Exception as error:  # noqa: BLE001  # Python's exit code 1 is taken
        lines = [] if isinstance(error, OSError) else traceback.format_exc().split("\n")
        complain(*lines, f"dropcut: {error}")
        return ExitCode.INTERNAL
    return code
