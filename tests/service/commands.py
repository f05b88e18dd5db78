"""Running a command in this process: quicker than in one of its own."""

import io
import os
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from tempfile import TemporaryFile
from unittest.mock import patch

from dropcut.cli import main

from .processes import Finished


def run_here(*arguments: str, env: Mapping[str, str]) -> Finished:
    """Run a Dropcut command that ends by itself, with an environment.

    Not for `run`, which prepares the whole process for a life as a service.
    """
    out, err = _stream(), _stream()
    with (
        patch.dict(os.environ, env, clear=True),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        code = main(arguments)
        sys.stdout.flush()
    return Finished(code, _text(out), _text(err))


def _stream() -> io.TextIOWrapper:
    """Return a stream as the command sets up the process's own ones: of a file."""
    return io.TextIOWrapper(TemporaryFile(), "utf-8", "backslashreplace")


def _text(stream: io.TextIOWrapper) -> str:
    with stream:
        stream.seek(0)
        return stream.read()
