"""What the child gives up: everything but computing, and the socket to its parent.

First, while there is but one thread, Landlock where the kernel has it: no file can be
written, made, moved or removed, no program started, no TCP used, no process outside
signalled. Then, when all libraries are loaded, it may not open anything any more: no
file, no socket of any kind; and its memory is bounded.
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
# Measured at up to 29, file included: an interlaced PNG of 16 bits, put on a canvas
_BYTES_PER_PIXEL = 32
_SLACK_BYTES = 512 * _MIB
_FROM_TERMINAL_OR_SYSTEMD = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def before_libraries(*, parent: int) -> int:
    """Bind the child to its parent's life, and shut it in.

    Returns:
        Which version of Landlock's interface the kernel has; 0 for none.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)  # it died before the line above
    for number in _FROM_TERMINAL_OR_SYSTEMD:
        signal.signal(number, signal.SIG_IGN)  # the parent decides when it ends
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_FIRST_VICTIM, "ascii")
    ctypes.CDLL(None).prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    try:
        return _landlock()
    except LandlockError:
        return 0


def _landlock() -> int:
    """Allow to read, as libraries are still to be loaded, and nothing else.

    What an older kernel cannot forbid, it allows.
    """
    with Ruleset(scoped=Scope.SIGNAL | Scope.ABSTRACT_UNIX_SOCKET) as rules:
        rules.allow_path("/", AccessFS.READ_FILE | AccessFS.READ_DIR)
        rules.restrict()
        return rules.abi_version


def before_pictures(limits: Limits) -> None:
    """Bound the memory, and open nothing any more, whether file or socket."""
    os.dup2(1, 2)  # to nowhere: libraries quote pictures there
    pixels_bytes = int(limits.max_megapixels * 1e6) * _BYTES_PER_PIXEL
    _limit(resource.RLIMIT_AS, _address_space_bytes() + pixels_bytes + _SLACK_BYTES)
    for kind in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE):
        _limit(kind, 0)


def _limit(kind: int, value: int) -> None:
    _, most = resource.getrlimit(kind)
    value = value if most == resource.RLIM_INFINITY else min(value, most)
    resource.setrlimit(kind, (value, value))


def _address_space_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    return pages * resource.getpagesize()
