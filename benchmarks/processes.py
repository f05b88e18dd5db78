"""What the kernel knows of a process and of those it started."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Footprint:
    """What a process takes at one moment; nothing, once it has ended.

    Attributes:
        pss_mib: Memory; a page that several processes share is divided among them.
        rss_mib: Memory; a shared page counts in full.
        files: Open file descriptors.
        threads: All of them.
    """

    pss_mib: float = 0
    rss_mib: float = 0
    files: int = 0
    threads: int = 0


def tree(pid: int) -> Iterator[int]:
    """Return the process and all below it that are there at this moment."""
    yield pid
    for children in (_PROC / str(pid) / "task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in children.read_text().split():
                yield from tree(int(child))


def footprint(pid: int) -> Footprint:
    """Look at one process."""
    memory = _fields(pid, "smaps_rollup")
    return Footprint(
        pss_mib=memory.get("Pss", 0) / 1024,
        rss_mib=memory.get("Rss", 0) / 1024,
        files=_count(pid, "fd"),
        threads=_count(pid, "task"),
    )


def _fields(pid: int, name: str) -> dict[str, int]:
    """Return the numbers of a file of `name: number kB` lines."""
    found: dict[str, int] = {}
    with contextlib.suppress(OSError):
        for line in (_PROC / str(pid) / name).read_text().splitlines():
            key, _, value = line.partition(":")
            number = value.removesuffix("kB").strip()
            if number.isdecimal():
                found[key] = int(number)
    return found


def _count(pid: int, name: str) -> int:
    with contextlib.suppress(OSError):
        return sum(1 for _ in (_PROC / str(pid) / name).iterdir())
    return 0
