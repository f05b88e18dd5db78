"""Files that are no ordinary ones: FIFOs, sockets, links, and files that grow."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ODD = ("fifo", "socket", "link", "dangling link", "folder")

_GROW = """
import os, sys, time
with open(sys.argv[1], "wb", buffering=0) as file:
    size = 64 << 20
    while True:
        os.truncate(file.fileno(), size)
        if size == 64 << 20:
            print("growing", flush=True)
        size += 1 << 20 if size < 8 << 30 else 1
        time.sleep(0.0001)
"""


@contextmanager
def growing(path: Path) -> Iterator[None]:
    """Let another process make a file larger all the time, faster than it is read."""
    command = [sys.executable, "-c", _GROW, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:  # noqa: S603  # our own words
        try:
            assert writer.stdout is not None
            assert writer.stdout.readline() == b"growing\n"
            yield
        finally:
            writer.kill()


def make_odd(path: Path, kind: str) -> None:
    """Make what is no regular file at a path."""
    match kind:
        case "fifo":
            os.mkfifo(path)
        case "socket":
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(str(path))
        case "link":
            target = path.with_name(f"target of {path.name}")
            target.write_bytes(b"of somebody else")
            path.symlink_to(target)
        case "dangling link":
            path.symlink_to("nowhere")
        case "folder":
            path.mkdir()
        case _:
            raise ValueError(kind)
