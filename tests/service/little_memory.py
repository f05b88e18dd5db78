"""Running a command with little memory: who asks for more is killed by the kernel."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..requiring import require
from .waiting import eventually

_GROUPS = Path("/sys/fs/cgroup")
_UNIFIED = (_GROUPS / "cgroup.controllers").exists()
_LIMIT = "memory.max" if _UNIFIED else "memory.limit_in_bytes"
_USED, _FILES = (
    ("memory.current", "file") if _UNIFIED else ("memory.usage_in_bytes", "total_cache")
)
_JOIN = 'echo $$ >"$0" && exec "$@"'


class MemoryGroup:
    """A control group whose processes share a limit of memory."""

    def __init__(self) -> None:
        """Make the group, where the machine allows it."""
        require(os.geteuid() == 0, "only root can make control groups")
        parent = _GROUPS if _UNIFIED else _GROUPS / "memory"
        self._group = parent / f"dropcut-test-{os.getpid()}"
        try:
            self._group.mkdir()
            self.limit(1 << 16)
        except OSError as error:
            require(condition=False, reason=f"memory cannot be limited here: {error}")

    @property
    def under(self) -> tuple[str, ...]:
        """The command that runs another one in the group."""
        return ("sh", "-c", _JOIN, f"{self._group}/cgroup.procs")

    def used_mib(self) -> int:
        """Return the memory that the processes hold, without files that are cached."""
        text = (self._group / "memory.stat").read_text("ascii")
        stat = dict(line.split() for line in text.splitlines())
        used = int((self._group / _USED).read_text("ascii"))
        return (used - int(stat[_FILES])) >> 20

    def limit(self, mib: int) -> None:
        """Change the limit; what is cached may have to go first."""
        eventually(lambda: self._try_to_limit(mib))

    def _try_to_limit(self, mib: int) -> bool:
        with suppress(BlockingIOError):
            (self._group / _LIMIT).write_text(f"{mib << 20}")
            return True
        return False

    def close(self) -> None:
        """End what still runs in the group, as after a test that failed."""
        eventually(self._is_empty)
        self._group.rmdir()

    def _is_empty(self) -> bool:
        left = (self._group / "cgroup.procs").read_text().split()
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        return not left


@contextmanager
def little_memory(mib: int) -> Iterator[tuple[str, ...]]:
    """Return the command that runs another one in a control group with a limit."""
    group = MemoryGroup()
    group.limit(mib)
    try:
        yield group.under
    finally:
        group.close()
