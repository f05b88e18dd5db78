"""Reading the files that settings name: regular ones, and no more than is useful."""

import os
import stat
from io import StringIO
from pathlib import Path

MOST_PICTURE_BYTES = 256 << 20
_MOST_TEXT_BYTES = 1 << 20


def read_text(path: Path, encoding: str) -> str:
    """Return the text of a regular file, to which links may lead.

    Raises:
        OSError: It cannot be read, is something else or is too large.
        UnicodeError: It is not text.
    """
    text = read_file(path, _MOST_TEXT_BYTES).decode(encoding)
    return StringIO(text, newline=None).getvalue()


def read_file(path: Path, most_bytes: int) -> bytes:
    """Return the content of a regular file, to which links may lead.

    Raises:
        OSError: It cannot be read, is something else or is too large. A FIFO is not
            waited for, and a file that grows is not read for ever.
    """
    with open(path, "rb", opener=_open) as file:  # `Path` has no opener
        status, problem = os.fstat(file.fileno()), "it is not a regular file"
        if stat.S_ISREG(status.st_mode):
            data = file.read(most_bytes + 1)
            if len(data) <= most_bytes:
                return data
            problem = f"it is larger than {most_bytes >> 20} MiB"
    raise OSError(0, problem, str(path))


def _open(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)
