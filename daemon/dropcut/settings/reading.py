"""Reading the files that settings name: only regular ones, up to a size limit."""

import os
import stat
from io import StringIO
from pathlib import Path

MAX_PICTURE_BYTES = 256 << 20
_MAX_TEXT_BYTES = 1 << 20


def read_text(path: Path, encoding: str) -> str:
    """Return the text of a regular file; links are followed.

    Raises:
        OSError: The file cannot be read, is not a regular one or is too large.
        UnicodeError: The file is not text.
    """
    text = read_file(path, _MAX_TEXT_BYTES).decode(encoding)
    return StringIO(text, newline=None).getvalue()


def read_file(path: Path, max_bytes: int) -> bytes:
    """Return the content of a regular file; links are followed.

    Opening a FIFO does not block, and a file that keeps growing is not read forever.

    Raises:
        OSError: The file cannot be read, is not a regular one or is too large.
    """
    with open(path, "rb", opener=_open) as file:  # `Path` has no opener
        status, problem = os.fstat(file.fileno()), "it is not a regular file"
        if stat.S_ISREG(status.st_mode):
            data = file.read(max_bytes + 1)
            if len(data) <= max_bytes:
                return data
            problem = f"it is larger than {max_bytes >> 20} MiB"
    raise OSError(0, problem, str(path))


def _open(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)
