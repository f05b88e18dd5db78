"""Running a command with little memory: who asks for more is killed by the kernel."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..requiring import require
from .waiting import eventually

_GROUPS = Path("/sys/fs/cgroup")
_JOIN = 'echo $$ >"$0" && exec "$@"'


@contextmanager
def little_memory(mib: int) -> Iterator[tuple[str, ...]]:
    """Return the command that runs another one in a control group with a limit."""
    require(os.geteuid() == 0, "only root can make control groups")
    unified = (_GROUPS / "cgroup.controllers").exists()
    parent = _GROUPS if unified else _GROUPS / "memory"
    group = parent / f"dropcut-test-{os.getpid()}"
    try:
        group.mkdir()
        limit = "memory.max" if unified else "memory.limit_in_bytes"
        (group / limit).write_text(f"{mib << 20}")
    except OSError as error:
        require(condition=False, reason=f"memory cannot be limited here: {error}")
    try:
        yield ("sh", "-c", _JOIN, f"{group}/cgroup.procs")
    finally:
        eventually(lambda: _is_empty(group))
        group.rmdir()


def _is_empty(group: Path) -> bool:
    """Whether no process is in a group any more; a test that failed may leave some."""
    left = (group / "cgroup.procs").read_text().split()
    for pid in left:
        with suppress(ProcessLookupError):
            os.kill(int(pid), signal.SIGKILL)
    return not left
