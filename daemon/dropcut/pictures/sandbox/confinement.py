"""What the child gives up: everything but computing, and the socket to its parent.

First, while there is a single thread, it applies Landlock where the kernel has it: no
file can be written, created, moved or removed, no program started, no TCP used, no
process outside signalled. Once all libraries are loaded it cannot open anything any
more, neither a file nor a socket of any kind, its memory is bounded, and seccomp leaves
it no system call that reaches beyond its own memory and that socket.
"""

import ctypes
import os
import resource
import signal
from contextlib import suppress
from pathlib import Path

from landlockpy import AccessFS, LandlockError, Ruleset, Scope

from dropcut.pictures.sandbox import seccomp
from dropcut.pictures.sandbox.messages import Limits

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_FIRST_VICTIM = "1000"
_MIB = 1 << 20
# Measured at up to 29, file included: an interlaced 16-bit PNG, put on a canvas
_BYTES_PER_PIXEL = 32
_SLACK_BYTES = 512 * _MIB
_FROM_TERMINAL_OR_SYSTEMD = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def before_libraries(*, parent: int) -> int:
    """Tie the child's life to its parent's, and forbid everything but reading files.

    Reading is allowed because libraries have yet to be loaded. Whatever an older kernel
    cannot forbid stays allowed.

    Returns:
        The kernel's version of the Landlock interface; 0 for none.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)  # the parent died before the line above
    for number in _FROM_TERMINAL_OR_SYSTEMD:
        signal.signal(number, signal.SIG_IGN)  # the parent decides when it ends
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_FIRST_VICTIM, "ascii")
    ctypes.CDLL(None).prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    try:
        with Ruleset(scoped=Scope.SIGNAL | Scope.ABSTRACT_UNIX_SOCKET) as rules:
            rules.allow_path("/", AccessFS.READ_FILE | AccessFS.READ_DIR)
            rules.restrict()
            return rules.abi_version
    except LandlockError:
        return 0


def before_pictures(limits: Limits) -> bool:
    """Bound the memory, and forbid whatever is not computing.

    Returns:
        Whether the filter of system calls is in force.
    """
    os.dup2(1, 2)  # /dev/null: libraries quote pictures on stderr
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    pixels_bytes = int(limits.max_megapixels * 1e6) * _BYTES_PER_PIXEL
    address_space_bytes = pages * resource.getpagesize() + pixels_bytes + _SLACK_BYTES
    _limit(resource.RLIMIT_AS, address_space_bytes)
    for kind in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE):
        _limit(kind, 0)
    return seccomp.install()  # last, for it forbids to change limits


def _limit(kind: int, value: int) -> None:
    _, most = resource.getrlimit(kind)
    value = value if most == resource.RLIM_INFINITY else min(value, most)
    resource.setrlimit(kind, (value, value))
