"""Confine the child to computation and the socket to its parent.

First, while there is only one thread, Landlock, if the kernel supports it: the child
cannot write, create, move or remove files, start programs, use TCP or signal outside
processes. Then, once all libraries are loaded, it can no longer open anything (no file,
no socket of any kind), and its memory is limited.
"""

import ctypes
import os
import resource
import signal
from contextlib import suppress
from pathlib import Path

from landlockpy import AccessFS, LandlockError, Ruleset, Scope

from dropcut.pictures.sandbox.messages import Limits

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_FIRST_VICTIM = "1000"
_MIB = 1 << 20
# At most 29 measured, file included: an interlaced 16-bit PNG on a canvas
_BYTES_PER_PIXEL = 32
_SLACK_BYTES = 512 * _MIB
_FROM_TERMINAL_OR_SYSTEMD = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def before_libraries(*, parent: int) -> int:
    """Make the child die with its parent, and apply Landlock.

    Returns:
        The kernel's Landlock ABI version; 0 if it has none.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)  # the parent died before prctl
    for number in _FROM_TERMINAL_OR_SYSTEMD:
        signal.signal(number, signal.SIG_IGN)  # the parent decides when the child ends
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_FIRST_VICTIM, "ascii")
    ctypes.CDLL(None).prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    try:
        return _landlock()
    except LandlockError:
        return 0


def _landlock() -> int:
    """Allow only reading, since libraries are still to be loaded.

    An older kernel enforces only what it knows.
    """
    with Ruleset(scoped=Scope.SIGNAL | Scope.ABSTRACT_UNIX_SOCKET) as rules:
        rules.allow_path("/", AccessFS.READ_FILE | AccessFS.READ_DIR)
        rules.restrict()
        return rules.abi_version


def before_pictures(limits: Limits) -> None:
    """Limit memory, and forbid opening files and sockets."""
    os.dup2(1, 2)  # discarded: libraries quote file contents in messages
    pixels_bytes = int(limits.max_megapixels * 1e6) * _BYTES_PER_PIXEL
    mapped_pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    mapped_bytes = mapped_pages * resource.getpagesize()
    _limit(resource.RLIMIT_AS, mapped_bytes + pixels_bytes + _SLACK_BYTES)
    for kind in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE):
        _limit(kind, 0)


def _limit(kind: int, value: int) -> None:
    _, most = resource.getrlimit(kind)
    value = value if most == resource.RLIM_INFINITY else min(value, most)
    resource.setrlimit(kind, (value, value))
