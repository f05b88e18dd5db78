"""Run by the unit in the box: tries calls that the unit must refuse."""

import ctypes
import errno
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_IPC_PRIVATE, _MODE = 0, 0o600


def main() -> int:
    """Return 0 if each call is refused; name those that are not."""
    libc = ctypes.CDLL(None, use_errno=True)
    user = os.getuid()
    tries: dict[str, Callable[[], int]] = {
        "shmget": lambda: libc.shmget(_IPC_PRIVATE, 4096, _MODE),
        "msgget": lambda: libc.msgget(_IPC_PRIVATE, _MODE),
        "semget": lambda: libc.semget(_IPC_PRIVATE, 1, _MODE),
        "setresuid": lambda: libc.setresuid(user, user, user),
        "setpriority": lambda: libc.setpriority(os.PRIO_PROCESS, 0, 19),
    }
    passed = []
    for name, call in tries.items():
        ctypes.set_errno(0)
        call()
        if ctypes.get_errno() != errno.EPERM:
            passed.append(name)
    sys.stderr.write(f"not refused: {passed}\n" if passed else "")
    return len(passed)


if __name__ == "__main__":
    sys.exit(main())
