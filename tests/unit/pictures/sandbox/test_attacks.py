"""What the kernel refuses to a confined child, and what it does not."""

import errno
import json
import os
import platform
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from dropcut.pictures.sandbox import SandboxedCodec, seccomp

from tests.requiring import require
from tests.unit.children import CHILD_LIMITS

from .confined import COLUMNS, CONFINED, kernel_calls, own_machine, ran, told

_EVERY_CALL = """
confine()
assert libc.syscall(int(sys.argv[2]), 0) == -1, "no filter: some calls would do harm"
told = {}
for name, number in json.loads(sys.argv[1]).items():
    ctypes.set_errno(0)
    libc.syscall(ctypes.c_long(number), 0, 0, 0, 0, 0, 0)
    told[name] = ctypes.get_errno()
tell(told)
"""
_ATTACKS = """
import array, fcntl, resource, signal, socket
parent, file = os.getppid(), sys.argv[2]
here, there = socket.socketpair()
IPC_RMID, IPC_PRIVATE = 0, 0

def checked(result):
    if result == -1: raise OSError(ctypes.get_errno(), "")
    return result
def end_parent_by_a_limit():
    resource.prlimit(parent, resource.RLIMIT_CPU,
        resource.prlimit(parent, resource.RLIMIT_CPU))
def renice_parent():
    os.setpriority(os.PRIO_PROCESS, parent, os.getpriority(os.PRIO_PROCESS, parent))
def pin_parent(): os.sched_setaffinity(parent, os.sched_getaffinity(parent))
def signal_parent(): os.kill(parent, 0)
def have_the_kernel_signal_parent(): fcntl.fcntl(0, fcntl.F_SETOWN, parent)
def outlive_parent(): checked(libc.prctl(1, 0, 0, 0, 0))
def outlive_parent_as_a_copy(): os.waitpid(os.fork() or os._exit(0), 0)
def be_dumped(): checked(libc.prctl(4, 1, 0, 0, 0))
def share_memory():
    checked(libc.shmctl(checked(libc.shmget(IPC_PRIVATE, 4096, 0o600)), IPC_RMID, 0))
def queue_messages():
    checked(libc.msgctl(checked(libc.msgget(IPC_PRIVATE, 0o600)), IPC_RMID, 0))
def make_semaphores():
    checked(libc.semctl(checked(libc.semget(IPC_PRIVATE, 1, 0o600)), 0, IPC_RMID))
def change_mode(): os.chmod(file, 0o600)
def change_times(): os.utime(file)
def truncate(): os.truncate(file, 8)
def move(): os.rename(file, file + "2"); os.rename(file + "2", file)
def look_around(): os.stat("/")
def raise_limits(): resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
def send_a_file():
    files = array.array("i", [0])
    here.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, files)])

if sys.argv[1] == "confined": confine()
told = {}
for name in json.loads(sys.argv[3]):
    try: globals()[name]()
    except (OSError, ValueError) as error: told[name] = type(error).__name__
    else: told[name] = "done"
tell(told)
"""
_ATTACK_NAMES = [
    line.split()[1].partition("(")[0]
    for line in _ATTACKS.splitlines()
    if line.startswith("def ") and not line.startswith("def checked")
]
_NOT_NAMED = sorted(
    {name for machine in COLUMNS for name in kernel_calls(machine)}
    - {name for one in seccomp.machines().values() for name in one.calls}
)
_THREADS = """
def look_around():
    try: os.stat("/")
    except OSError as error: told.append(error.errno)
told, go = [], threading.Event()
old = threading.Thread(target=lambda: (go.wait(), look_around()))
old.start()
confine()
go.set()
new = threading.Thread(target=look_around)
new.start()
new.join()
old.join()
tell(told)
"""
_ENDS = {
    "os.abort()": -signal.SIGABRT,
    "ctypes.string_at(0)": -signal.SIGSEGV,
    "sys.exit(3)": 3,
    "os._exit(4)": 4,
    "raise MemoryError": 1,
    "time.sleep(0.01); numpy.ones((500, 500)) @ numpy.ones((500, 500)); os._exit(0)": 0,
}
_CALL_AS_32_BIT = r"""
import mmap
code = mmap.mmap(-1, 4096, prot=7)
code.write(b"\xb8\x14\x00\x00\x00\xcd\x80\xc3")  # mov eax, getpid; int 0x80; ret
call = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))
confine()
call()
os._exit(0)
"""
_WITHOUT_FILTER = """
import ctypes, json, sys
PER_LINUX32 = 8  # uname() names an architecture that the filter does not know
if ctypes.CDLL(None).personality(PER_LINUX32) == -1: sys.exit(77)
from tests.unit.children import CHILD_LIMITS
from dropcut.pictures.sandbox import SandboxedCodec
codec = SandboxedCodec(CHILD_LIMITS)
print(json.dumps([codec.await_ready().seccomp, codec.broken_formats()]))
codec.close()
"""


@pytest.fixture(scope="module")
def refusals() -> object:
    """Return the error of each call that a confined child tries."""
    machine = own_machine()
    calls, named = kernel_calls(machine), seccomp.machines()[machine].calls
    others = {name: calls[name] for name in calls if name not in named}
    return told(_EVERY_CALL, json.dumps(others), str(calls["getppid"]))


@pytest.mark.parametrize("name", _NOT_NAMED)
def test_refused_by_the_kernel(name: str, refusals: dict[str, int]) -> None:
    """The kernel refuses a child every call that the filter does not name."""
    if name in kernel_calls(own_machine()):
        assert refusals[name] in (errno.EPERM, errno.ENOSYS)


@pytest.fixture(scope="module")
def attacks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[object, ...]]:
    """Return how each attack ends, in a process that is not confined and in one."""
    own_machine()
    file = tmp_path_factory.mktemp("attacked") / "file"
    file.write_text("precious", "ascii")
    words = str(file), json.dumps(_ATTACK_NAMES)
    yield told(_ATTACKS, "free", *words), told(_ATTACKS, "confined", *words)
    assert file.read_text("ascii") == "precious"


@pytest.mark.parametrize("name", _ATTACK_NAMES)
def test_attack(name: str, attacks: tuple[dict[str, str], dict[str, str]]) -> None:
    """A child cannot harm or outlive its parent, nor fill memory beyond its bound."""
    free, confined = attacks
    assert free[name] == "done"
    assert confined[name] in ("PermissionError", "ValueError")


def test_threads() -> None:
    """The filter holds for threads that exist already, and for new ones."""
    own_machine()
    assert told(_THREADS) == [errno.EPERM] * 2


@pytest.mark.parametrize("end", _ENDS)
def test_ends(end: str) -> None:
    """A confined child computes, and ends as any other process does."""
    own_machine()
    assert ran(f"{CONFINED}\nconfine()\n{end}").returncode == _ENDS[end]


def test_no_false_victim() -> None:
    """A child cannot kill itself as the kernel does where memory is short."""
    own_machine()
    kill = "import signal\nsignal.raise_signal(signal.SIGKILL)"
    ended = ran(f"{CONFINED}\nconfine()\n{kill}")
    assert (ended.returncode, b"PermissionError" in ended.stdout) == (1, True)


@pytest.mark.skipif(platform.machine() != "x86_64", reason="other processors differ")
def test_call_as_32_bit() -> None:
    """A call by the interface of 32-bit programs, with other numbers, is the end."""
    ended = ran(CONFINED + _CALL_AS_32_BIT).returncode
    assert ended in (-signal.SIGSYS, -signal.SIGSEGV)  # kernels without the interface


def test_parent_learns_of_it() -> None:
    """A child that is ready has all of its threads filtered, and says so."""
    own_machine()
    codec = SandboxedCodec(CHILD_LIMITS)
    try:
        child = codec.await_ready()
        tasks = Path(f"/proc/{child.pid}/task").iterdir()
        modes = {
            line.split()[1]
            for task in tasks
            for line in (task / "status").read_text("utf-8").splitlines()
            if line.startswith("Seccomp:")
        }
    finally:
        codec.close()
    assert child.seccomp
    assert modes == {"2"}


def test_machine_without_a_filter() -> None:
    """Without a filter, pictures are still read, and Dropcut knows it is missing."""
    done = ran(_WITHOUT_FILTER)
    require(done.returncode != os.EX_NOPERM, "this kernel does not change its name")
    assert json.loads(done.stdout) == [False, {}], done.stderr
