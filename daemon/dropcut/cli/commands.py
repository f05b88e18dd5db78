"""`dropcut run|check|status|retry`; what is slow to import is imported when needed."""

import argparse
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from dropcut.cli.output import OutputError, complain, emit
from dropcut.core.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from dropcut.events.output import LogOutput
    from dropcut.events.stream import EventStream
    from dropcut.settings import Settings

_FLUSH_SECONDS = 5.0


def add(subparsers: Any, common: argparse.ArgumentParser) -> None:  # noqa: ANN401  # argparse's is private
    """Add the commands and their arguments."""
    parser = subparsers.add_parser(
        "run", parents=[common], help="process pictures until stopped"
    )
    parser.set_defaults(command=run)
    parser.add_argument(
        "--once", action="store_true", help="process what is in the inbox, then exit"
    )
    parser = subparsers.add_parser(
        "check", parents=[common], help="find problems before pictures are processed"
    )
    parser.set_defaults(command=check)
    parser = subparsers.add_parser(
        "status", parents=[common], help="count the pictures in each folder"
    )
    parser.set_defaults(command=status)
    parser = subparsers.add_parser(
        "retry", parents=[common], help="move failed pictures back into the inbox"
    )
    parser.set_defaults(command=retry)
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help="a failed picture, such as photo.jpg or sub/photo.jpg; "
        "without a name, all of them",
    )


def run(given: argparse.Namespace, settings: "Settings") -> int:
    """Run the service; on a terminal, `--once` shows a progress bar."""
    from dropcut import service  # slow, and not needed to report a wrong setting
    from dropcut.core.events import SnapshotTaken
    from dropcut.events import log
    from dropcut.events.output import LogOutput
    from dropcut.events.stream import EventStream

    stderr, stream = LogOutput(sys.stderr.fileno()), EventStream()
    output: log.Output = stderr
    with ExitStack() as stack:
        if given.once and stderr.isatty():
            from dropcut.cli.progress import ProgressBar

            output = bar = stack.enter_context(ProgressBar(stderr))  # lines go above it
            stream.subscribe("progress", bar, SnapshotTaken)
        stack.callback(_close, stream, stderr)
        logger = log.configure(settings.log_level, settings.log_format, output)
        stream.subscribe("log", log.EventLog(logger), *log.EVENTS)
        stack.enter_context(log.captured_libraries(stream.publish))
        return service.build(settings, stream).run(once=given.once)


def _close(stream: "EventStream", stderr: "LogOutput") -> None:
    """Write the last lines; a log that nobody reads does not delay the exit."""
    if not stream.close(_FLUSH_SECONDS):
        stderr.abandon()


def check(_: argparse.Namespace, settings: "Settings") -> int:
    """Print one line for each finding."""
    from dropcut.check import report

    failed = False
    for finding in report(settings):
        emit(f"{finding.verdict:4}  {finding.text}")
        failed = failed or finding.verdict == "FAIL"
    return ExitCode.CONFIG if failed else ExitCode.DONE


def status(_: argparse.Namespace, settings: "Settings") -> int:
    """Print how many pictures are in each folder."""
    from dropcut.check import counts

    for name, value in counts(settings).items():
        emit(f"{name:11} {value}")
    return ExitCode.DONE


def retry(given: argparse.Namespace, settings: "Settings") -> int:
    """Move failed pictures, those named by path or name or all, back into the inbox.

    If a picture cannot be moved, or its line cannot be printed, the others are still
    moved.
    """
    from dropcut.storage import FailedPictures

    folders = settings.folders()
    failed = FailedPictures(folders)
    paths = failed.names()
    if not paths and not given.names:
        emit("there are no failed pictures")
    code, output_error = ExitCode.DONE, None
    for path in _named(given.names, folders.failed, paths):
        try:
            moved = failed.retry(path)
        except OSError as error:
            complain(f"dropcut: {path} was not moved: {error.strerror or error}")
            code = ExitCode.SOME_FAILED
            continue
        try:
            emit(f"{path} -> inbox/{moved}")
        except OutputError as error:
            output_error = error
    if output_error:
        raise output_error
    return code


def _named(
    given: Sequence[str], folder: Path, paths: Sequence[PurePosixPath]
) -> Sequence[PurePosixPath]:
    """Return the paths that were named, or all if no name was given."""
    names: list[str] = []
    for name in given:  # relative to the folder of failed pictures, or a path
        full = Path(name).absolute()
        inside = full.is_relative_to(folder)
        names.append(str(full.relative_to(folder)) if inside else name)
    for name in names:
        if not any(name in (str(path), path.name) for path in paths):
            problem = f"there is no failed picture called {name!r}"
            raise UsageError(f"{problem}; nothing was moved")
    return [p for p in paths if not names or str(p) in names or p.name in names]
