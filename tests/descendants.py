"""The child processes of a Dropcut, seen from outside."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread


def is_alive(pid: int) -> bool:
    """Whether a process is neither gone nor dead."""
    return _state(pid) not in ("gone", "Z")


def children_of(pid: int) -> list[int]:
    """Return the numbers of a process's decoders: a test has other children, too."""
    found: list[int] = []
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (task / "children").read_text("ascii").split())
    return [child for child in found if _is_decoder(child)]


def _is_decoder(pid: int) -> bool:
    with suppress(OSError):
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        return b"dropcut.pictures.sandbox" in command
    return False


@contextmanager
def signalling(parent: int, number: signal.Signals) -> Iterator[None]:
    """Send a signal to every child that works, again and again."""
    done = Event()

    def send() -> None:
        while not done.wait(0.002):
            for pid in children_of(parent):
                if is_ready(pid) and is_running(pid):
                    with suppress(ProcessLookupError):
                        os.kill(pid, number)

    thread = Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def is_ready(pid: int) -> bool:
    """Whether a child has come to work, after which it opens nothing any more."""
    try:
        limits = Path(f"/proc/{pid}/limits").read_text("ascii")
    except OSError:
        return False
    (files,) = [line for line in limits.splitlines() if line.startswith("Max open")]
    return files.split()[3] == "0" and is_alive(pid)


def is_running(pid: int) -> bool:
    """Whether a process is computing at this moment."""
    return _state(pid) == "R"


def _state(pid: int) -> str:
    try:
        status = Path(f"/proc/{pid}/stat").read_text("ascii", "replace")
    except OSError:
        return "gone"
    return status.rpartition(") ")[2][0]
