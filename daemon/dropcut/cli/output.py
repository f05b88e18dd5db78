"""What commands print, on stdout and stderr."""

import sys
from contextlib import closing, suppress

from dropcut.core.text import printable
from dropcut.events.output import LogOutput

_MESSAGE_SECONDS = 5.0


class OutputError(Exception):
    """A line cannot be written: its reader is gone, or the disk is full."""

    def __init__(self, error: OSError) -> None:
        """Create an error from the operating system's."""
        super().__init__(f"the output cannot be written: {error.strerror}")
        self.reader_gone = isinstance(error, BrokenPipeError)


def emit(line: str) -> None:
    """Print a line at once.

    Raises:
        OutputError: The line cannot be written.
    """
    try:
        sys.stdout.write(f"{printable(line)}\n")
    except OSError as error:
        raise OutputError(error) from error
    flush()


def flush() -> None:
    """Write what is buffered; raise OutputError if that fails."""
    try:
        sys.stdout.flush()
    except OSError as error:
        raise OutputError(error) from error


def complain(*lines: str) -> None:
    """Print lines on stderr; give up if that fails or nobody reads them."""
    output = LogOutput(sys.stderr.fileno(), _MESSAGE_SECONDS)
    with suppress(OSError), closing(output):
        output.write("".join(f"{printable(line)}\n" for line in lines))
