"""The filter lets only the calls pass that computing takes, on each architecture."""

import errno
import signal
import struct

import pytest
from dropcut.pictures.sandbox import seccomp

from .confined import COLUMNS, kernel_calls

_PID = 4321
_REFUSED = {errno.EPERM, errno.ENOSYS}
_THREAD, _FORK = 0x3D0F00, signal.SIGCHLD.value
_NEW_USER_NAMESPACE, _CLEAR_DEATH_SIGNAL, _CORE = 0x10000000, 1, 4


def verdict(machine: str, number: int, *arguments: int, arch: int = 0) -> int:
    """Run the filter of a machine as its kernel would, and return its verdict."""
    described = seccomp.machines()[machine]
    call = (number, arch or described.audit_arch, 0, *arguments)
    data = struct.pack("=IIQ6Q", *call, *[0] * (6 - len(arguments)))
    steps = [*struct.iter_unpack("=HBBI", seccomp.program(described, _PID))]
    at = accumulator = 0
    while True:
        code, if_true, if_false, value = steps[at]
        at += 1
        match code:
            case 0x20:
                (accumulator,) = struct.unpack_from("=I", data, value)
            case 0x15:
                at += if_true if accumulator == value else if_false
            case 0x35:
                at += if_true if accumulator >= value else if_false
            case 0x06:
                return int(value)
            case _:
                pytest.fail(f"an instruction that Dropcut does not use: {code}")


def allowed(machine: str, name: str, *arguments: int) -> bool:
    """Whether the filter of a machine lets a call pass; otherwise it is an error."""
    returned = verdict(machine, kernel_calls(machine)[name], *arguments)
    assert returned == 0x7FFF0000 or returned & 0xFFFF in _REFUSED
    return returned == 0x7FFF0000


machines = pytest.mark.parametrize("machine", COLUMNS)


@machines
def test_numbers(machine: str) -> None:
    """The filter names each call by the number that the kernel's headers have."""
    calls = seccomp.machines()[machine].calls
    kernels = kernel_calls(machine)
    assert calls == {name: kernels[name] for name in calls}


@machines
def test_only_what_is_named(machine: str) -> None:
    """On either architecture all calls are refused that the filter does not name."""
    passing = {name for name in kernel_calls(machine) if allowed(machine, name, _PID)}
    named = set(seccomp.machines()[machine].calls)
    assert passing == named - {"clone", "prctl", "tgkill"}


@machines
@pytest.mark.parametrize(
    ("name", "arguments", "passes"),
    [
        ("clone", (_THREAD,), True),
        ("clone", (_FORK,), False),
        ("clone", (_THREAD | _NEW_USER_NAMESPACE,), False),
        ("prctl", (_CLEAR_DEATH_SIGNAL,), False),
        ("prctl", (15,), True),
        ("prlimit64", (0, _CORE, 0, 1 << 33), True),
        ("prlimit64", (_PID, _CORE, 0), True),
        ("prlimit64", (_PID - 1, _CORE, 0), False),
        ("prlimit64", (0, _CORE, 1), False),
        ("prlimit64", (0, _CORE, 1 << 33), False),
        ("tgkill", (_PID, 1, signal.SIGABRT), True),
        ("tgkill", (_PID - 1, 1, signal.SIGABRT), False),
        ("tgkill", (_PID, 1, signal.SIGKILL), False),
    ],
)
def test_arguments(
    machine: str, name: str, arguments: tuple[int, ...], *, passes: bool
) -> None:
    """Calls that could reach another process pass only with harmless arguments."""
    assert allowed(machine, name, *arguments) is passes


@machines
def test_foreign_calls(machine: str) -> None:
    """Calls of another architecture end the process; those of x32 do not exist."""
    (other,) = (one for name, one in seccomp.machines().items() if name != machine)
    assert verdict(machine, 0, arch=other.audit_arch) == 0x80000000
    assert verdict(machine, 0x40000000) == 0x00050000 | errno.ENOSYS
