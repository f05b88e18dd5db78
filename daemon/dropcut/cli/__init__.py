"""The command line; nothing heavy is imported before `main` is called."""

import os
import signal
import sys
from collections.abc import Sequence
from io import TextIOWrapper

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    # numpy's OpenBLAS starts a thread for each processor of the machine, whatever
    # DROPCUT_THREADS, affinity and cgroup say. They wait for each other by spinning,
    # which on a busy machine costs far more than they gain on pictures. The variable
    # counts only where it is set before numpy is imported.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _leave)
    _speak_utf8()
    from dropcut.cli import app

    return app.run(arguments)


def _speak_utf8() -> None:
    """Write UTF-8 whatever the locale is: names are in it, and logs are read later."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _leave(number: int, _frame: object) -> None:
    """End at once at Ctrl-C, without a word.

    As an exception it would come up in the middle of any library's import, which shows
    it, takes it for a fault of its own, or loses it.
    """
    os._exit(128 + number)
