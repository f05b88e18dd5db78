"""The command line; nothing heavy is imported before `main` is called."""

import os
import signal
import sys
from collections.abc import Sequence
from io import TextIOWrapper

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    Args:
        arguments: Without the program's name. By default those of the process, which is
            then prepared for the command; otherwise the process is left as it is.
    """
    if arguments is None:
        # numpy's OpenBLAS starts a thread for each processor of the machine, whatever
        # DROPCUT_THREADS, affinity and cgroup say. They wait for each other by
        # spinning, which on a busy machine costs far more than they gain on pictures.
        # The variable counts only if it is set before numpy is imported.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, _exit_at_once)
        _prepare_streams()
    from dropcut.cli import app

    return app.run(arguments)


def _prepare_streams() -> None:
    """Open what the caller has closed, and write UTF-8 whatever the locale is.

    A picture that is opened as descriptor 2 would otherwise get what is written there.
    """
    for file_fd, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(file_fd)
        except OSError:
            # It gets the lowest free number, which is this one
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # noqa: FBT003
        if getattr(sys, name) is None:
            mode = "w" if file_fd else "r"
            setattr(sys, name, os.fdopen(file_fd, mode, closefd=False))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _exit_at_once(number: int, _frame: object) -> None:
    """End at Ctrl-C without a message.

    As an exception it would be raised in the middle of any library's import, which
    prints it, takes it for its own error, or loses it.
    """
    os._exit(128 + number)
