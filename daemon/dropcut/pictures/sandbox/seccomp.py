"""The seccomp filter that allows a child only the system calls it needs to compute.

All others are refused, including those that later kernels will add. A refused call
fails with EPERM; a new one with ENOSYS, as on older kernels, which libraries handle.

Format: the kernel's Documentation/userspace-api/seccomp_filter.rst. Numbers: its
arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h (ARM64).
"""

import ctypes
import errno
import os
import signal
import struct
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_SET_MODE_FILTER = 1
# Before Linux 5.16 a filter also turned on speculation mitigations, which cost speed;
# SPEC_ALLOW prevents that. The second choice is for kernels before 4.17, which lack it
_TSYNC, _SPEC_ALLOW = 1, 4
_FLAGS = (_TSYNC | _SPEC_ALLOW, _TSYNC)
_ALLOW, _ERRNO, _KILL_PROCESS = 0x7FFF0000, 0x00050000, 0x80000000
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER_AT, _ARCHITECTURE_AT, _ARGUMENTS_AT, _WORD_BYTES = 0, 4, 16, 4
# Calls added since Linux 5.1 have this or a higher number on all architectures. clone3
# is one of them: unlike clone's, its flags are in memory, where a filter cannot see
# them. The numbers of the x32 ABI are far higher.
_FIRST_NEW = 424
# Keys: halves of arguments, numbered from 0, lower half first; values: what is allowed
_Condition = Mapping[int, tuple[int, ...]]
_Step = tuple[int, int, int, int]
_STEP = struct.Struct("=HBBI")  # struct sock_filter: code, then, else, value
_GLIBC_THREAD_FLAGS, _MUSL_THREAD_FLAGS = 0x3D0F00, 0x7D0F00
_PR_SET_NAME, _PR_GET_NAME, _PR_SET_VMA = 15, 16, 0x53564D41

_CALLS: dict[str, tuple[int, int | None]] = {
    # Memory, all of it within the limit of the address space
    "brk": (12, 214),
    "madvise": (28, 233),
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "mremap": (25, 216),
    "munmap": (11, 215),
    # The socket to the parent, without control messages, which could carry files
    "close": (3, 57),
    "poll": (7, None),
    "ppoll": (271, 73),
    "read": (0, 63),
    "recvfrom": (45, 207),
    "sendto": (44, 206),
    "write": (1, 64),
    "writev": (20, 66),
    # Threads
    "clone": (56, 220),
    "exit": (60, 93),
    "exit_group": (231, 94),
    "futex": (202, 98),
    "gettid": (186, 178),
    "prctl": (157, 167),
    "rseq": (334, 293),
    "sched_getaffinity": (204, 123),
    "sched_yield": (24, 124),
    "set_robust_list": (273, 99),
    # Its own signals; abort() sends one
    "getpid": (39, 172),
    "restart_syscall": (219, 128),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sigaltstack": (131, 132),
    "tgkill": (234, 131),
    # Time and random numbers
    "clock_getres": (229, 114),
    "clock_gettime": (228, 113),
    "clock_nanosleep": (230, 115),
    "getrandom": (318, 278),
    "gettimeofday": (96, 169),
    "nanosleep": (35, 101),
    # Information about the machine and the process's own limits and usage
    "getcpu": (309, 168),
    "getrusage": (98, 165),
    "prlimit64": (302, 261),
    "sysinfo": (99, 179),
    "uname": (63, 160),
}


@dataclass(frozen=True, slots=True)
class Machine:
    """An architecture, as a filter sees it.

    Attributes:
        audit_arch: The kernel's constant for the architecture (linux/audit.h).
        calls: The number of each allowed system call.
        install: The number of seccomp(2).
    """

    audit_arch: int
    calls: Mapping[str, int]
    install: int


def machines() -> dict[str, Machine]:
    """Return the supported architectures, by their names in uname(2)."""
    x86_64 = {name: number for name, (number, _) in _CALLS.items()}
    aarch64 = {name: number for name, (_, number) in _CALLS.items() if number}
    return {
        "x86_64": Machine(0xC000003E, x86_64, 317),
        "aarch64": Machine(0xC00000B7, aarch64, 277),
    }


def install() -> bool:
    """Filter the system calls of all threads of this process, irrevocably.

    Returns:
        Whether the filter is in force. It is not on other architectures, or if the
        kernel, or an emulation of it, does not support filters.
    """
    machine = machines().get(os.uname().machine)
    if machine is None or sys.maxsize < 1 << 32:  # a 32-bit Python makes other calls
        return False
    steps = program(machine, os.getpid())
    memory = ctypes.create_string_buffer(steps, len(steps))
    sock_fprog = struct.pack("@HP", len(steps) // _STEP.size, ctypes.addressof(memory))
    call, seccomp = ctypes.CDLL(None).syscall, ctypes.c_long(machine.install)
    results = (call(seccomp, _SET_MODE_FILTER, flags, sock_fprog) for flags in _FLAGS)
    return 0 in results


def program(machine: Machine, pid: int) -> bytes:
    """Return the filter for the process `pid`: an array of struct sock_filter."""
    return b"".join(_STEP.pack(*step) for step in _steps(machine, pid))


def _steps(machine: Machine, pid: int) -> Iterator[_Step]:
    """Yield code, steps to skip if true, steps to skip if false, and value."""
    conditions: dict[str, _Condition] = {
        "clone": {0: (_GLIBC_THREAD_FLAGS, _MUSL_THREAD_FLAGS)},
        "prctl": {0: (_PR_SET_NAME, _PR_GET_NAME, _PR_SET_VMA)},
        "prlimit64": {0: (0, pid), 4: (0,), 5: (0,)},  # its own limits, read only
        # Only SIGABRT to itself: a SIGKILL would look like the kernel's, out of memory
        "tgkill": {0: (pid,), 4: (signal.SIGABRT,)},
    }
    yield _LOAD, 0, 0, _ARCHITECTURE_AT
    yield _IF_EQUAL, 1, 0, machine.audit_arch
    yield _RETURN, 0, 0, _KILL_PROCESS
    yield _LOAD, 0, 0, _NUMBER_AT
    yield _IF_AT_LEAST, 0, 1, _FIRST_NEW
    yield _RETURN, 0, 0, _ERRNO | errno.ENOSYS
    for name, number in machine.calls.items():
        checks = list(_checks(conditions.get(name, {})))
        yield _IF_EQUAL, 0, len(checks) + 1, number
        yield from checks
        yield _RETURN, 0, 0, _ALLOW
    yield _RETURN, 0, 0, _ERRNO | errno.EPERM


def _checks(condition: _Condition) -> Iterator[_Step]:
    for word, values in condition.items():
        yield _LOAD, 0, 0, _ARGUMENTS_AT + word * _WORD_BYTES
        for left, value in zip(range(len(values), 0, -1), values, strict=True):
            yield _IF_EQUAL, left, 0, value
        yield _RETURN, 0, 0, _ERRNO | errno.EPERM
