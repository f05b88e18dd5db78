"""What the child gives up: everything but computing and the socket to its parent.

First, while it has a single thread, it applies Landlock, if the kernel has it: from
then on it cannot write, create, move or remove files, start programs, use TCP, or send
signals to other processes. Once all libraries are loaded, resource limits bound its
memory and let it open neither files nor sockets of any kind, and seccomp leaves it no
system call that reaches beyond its own memory and that socket.
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
# Measured at up to 29, file included, for an interlaced 16-bit PNG put on a canvas
_BYTES_PER_PIXEL = 32
_SLACK_BYTES = 512 * _MIB
_FROM_TERMINAL_OR_SYSTEMD = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def before_libraries(*, parent: int) -> int:
    """Have the child end with its parent, and forbid everything but reading files.

    Reading is allowed because libraries have yet to be loaded. Whatever an older kernel
    cannot forbid stays allowed.

    Returns:
        The version of the kernel's Landlock ABI; 0 if it has no Landlock.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)  # the parent died before the call above
    for number in _FROM_TERMINAL_OR_SYSTEMD:
        signal.signal(number, signal.SIG_IGN)  # the parent decides when the child ends
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
    """Bound the memory, and forbid everything but computing.

    Returns:
        Whether the seccomp filter is in force.
    """
    os.dup2(1, 2)  # /dev/null: libraries quote parts of pictures on stderr
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    pixels_bytes = int(limits.max_megapixels * 1e6) * _BYTES_PER_PIXEL
    address_space_bytes = pages * resource.getpagesize() + pixels_bytes + _SLACK_BYTES
    _limit(resource.RLIMIT_AS, address_space_bytes)
    for kind in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE):
        _limit(kind, 0)
    return seccomp.install()  # last, because the filter forbids changing limits


def _limit(kind: int, value: int) -> None:
    _, maximum = resource.getrlimit(kind)
    value = value if maximum == resource.RLIM_INFINITY else min(value, maximum)
    resource.setrlimit(kind, (value, value))
