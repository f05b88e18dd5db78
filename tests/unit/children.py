"""Child processes of the codec, seen from their parent."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

from dropcut.child import ChildCodec, Limits
from dropcut.child.codec import ChildPicture
from dropcut.halt import Halt
from dropcut.jobs import Look, Pixels

CHILD_LIMITS = Limits(max_megapixels=100, decode_seconds=30, threads=2)
_SIDE_PX = 64


def opened(
    codec: ChildCodec, data: bytes, look: Look | None = None, halt: Halt | None = None
) -> ChildPicture:
    """Open a picture for a small model."""
    return codec.open(data, _SIDE_PX, _SIDE_PX, look or Look(), halt or Halt())


def written(picture: ChildPicture, mask: Pixels) -> bytes:
    """Return the result of a picture, and close it."""
    sink = os.memfd_create("result")
    try:
        picture.cut_out(mask, sink)
        return os.pread(sink, os.fstat(sink).st_size, 0)
    finally:
        picture.close()
        os.close(sink)


def pid_of(codec: ChildCodec) -> int:
    """Return the number of the child that is lent next."""
    child = codec.lend()
    codec.take_back(child)
    return child.pid


def is_alive(pid: int) -> bool:
    """Whether a process is neither gone nor dead."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text("ascii", "replace")
    except OSError:
        return False
    return status.rpartition(") ")[2][0] != "Z"


def children_of(pid: int) -> list[int]:
    """Return the numbers of a process's children."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(n) for task in tasks for n in (task / "children").read_text().split()]


@contextmanager
def signalling(number: signal.Signals) -> Iterator[None]:
    """Send a signal to every child that works, again and again."""
    done = Event()

    def send() -> None:
        while not done.wait(0.002):
            for pid in children_of(os.getpid()):
                if _works(pid):
                    os.kill(pid, number)

    thread = Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _works(pid: int) -> bool:
    """Whether a child is past its start, after which it opens nothing any more."""
    try:
        limits = Path(f"/proc/{pid}/limits").read_text("ascii")
        status = Path(f"/proc/{pid}/stat").read_text("ascii", "replace")
    except OSError:
        return False
    (files,) = [line for line in limits.splitlines() if line.startswith("Max open")]
    return files.split()[3] == "0" and status.rpartition(") ")[2][0] == "R"
