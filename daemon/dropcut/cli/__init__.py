"""The command line; nothing slow is imported before `main` is called."""

import os
import signal
import sys
from collections.abc import Sequence
from io import TextIOWrapper

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    Args:
        arguments: Without the program's name. None stands for the arguments of this
            process, whose streams, signals and environment are then set up as well.
    """
    if arguments is None:
        # numpy's OpenBLAS starts a thread for each processor of the machine, whatever
        # DROPCUT_THREADS, affinity and cgroup say. These threads wait for each other by
        # spinning, which on a busy machine costs far more time than they save.
        # The variable only has an effect if it is set before numpy is imported.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, _exit_at_once)
        _prepare_streams()
    from dropcut.cli import app

    return app.run(arguments)


def _prepare_streams() -> None:
    """Open the standard streams that are closed; write UTF-8 whatever the locale.

    Otherwise a picture might be opened as descriptor 2, and messages written into it.
    """
    for file_fd, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(file_fd)
        except OSError:
            # `open` returns the lowest free descriptor, which is this one
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # noqa: FBT003
        if getattr(sys, name) is None:
            mode = "w" if file_fd else "r"
            setattr(sys, name, os.fdopen(file_fd, mode, closefd=False))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # Buffered even with `python -u`: argparse ignores write errors, but a
            # later flush raises them
            stream.reconfigure(
                encoding="utf-8", errors="backslashreplace", write_through=False
            )


def _exit_at_once(number: int, _frame: object) -> None:
    """Exit at Ctrl-C without a message.

    A KeyboardInterrupt could be raised during the import of a library, which would
    print it, mistake it for an error of its own, or swallow it.
    """
    os._exit(128 + number)
