"""A child can only compute and talk to its parent."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import landlockpy
import pytest

_TRIES = """
import ctypes, json, os, resource, signal, socket, subprocess, sys
from dropcut.pictures.sandbox import Limits, confinement, seccomp

if sys.argv[4] == "limits": seccomp.install = lambda: False

folder = sys.argv[1]
confinement.before_libraries(parent=os.getppid())
import numpy
if os.geteuid() == 0 and sys.argv[3] == "ordinary":
    os.setresuid(65534, 65534, 65534)

def write(): open(folder + "/new", "w")
def append(): open(folder + "/there", "a")
def overwrite(): os.truncate(folder + "/there", 0)
def remove(): os.unlink(folder + "/there")
def rename(): os.rename(folder + "/there", folder + "/moved")
def link(): os.link(folder + "/there", folder + "/linked")
def symlink(): os.symlink("/etc/passwd", folder + "/linked")
def folder_(): os.mkdir(folder + "/made")
def fifo(): os.mkfifo(folder + "/fifo")
def start(): os.posix_spawn("/bin/true", ["true"], {})
def signal_(): os.kill(os.getppid(), 0)
def connect():
    with socket.socket() as s: s.connect(("127.0.0.1", int(sys.argv[2])))
def read(): os.close(os.open("/etc/passwd", os.O_RDONLY))
def tcp(): socket.socket()
def udp(): socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
def unix(): socket.socket(socket.AF_UNIX)
def pipe(): os.pipe()
def memfd(): os.memfd_create("x")
def fork(): os.waitpid(os.fork() or os._exit(0), 0)
def memory(): numpy.ones(4 << 30, numpy.uint8)
def widen(): resource.setrlimit(resource.RLIMIT_NOFILE, (99, 99))

def tried(*tries):
    told = {}
    for one in tries:
        try: one()
        except (OSError, ValueError, MemoryError) as error:
            told[one.__name__] = type(error).__name__
        else: told[one.__name__] = "done"
    return told

first = tried(write, append, overwrite, remove, rename, link, symlink, folder_, fifo,
    start, signal_, connect, read)
limits = Limits(max_megapixels=100, decode_seconds=1, threads=1)
out = os.dup(1)
confinement.before_pictures(limits)
then = tried(read, write, tcp, udp, unix, pipe, memfd, memory, widen)
core = resource.getrlimit(resource.RLIMIT_CORE)
size = resource.getrlimit(resource.RLIMIT_FSIZE)
os.write(out, json.dumps([first, then, core, size]).encode())
os._exit(0)
"""
_HELD_BY_LANDLOCK = {
    *("write", "append", "overwrite", "remove", "rename", "link", "symlink"),
    *("folder_", "fifo", "start", "connect"),
}
needs_landlock = pytest.mark.skipif(
    landlockpy.abi_version() < 4 and not os.environ.get("CI"),
    reason="this kernel has no Landlock, or an old one",
)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """Return a folder with a file in it, which must be left alone."""
    there = tmp_path / "there"
    there.write_text("precious", "ascii")
    yield tmp_path
    assert there.read_text("ascii") == "precious"
    assert os.listdir(tmp_path) == ["there"]  # noqa: PTH208  # names


def _tried(place: Path, held_by: str, user: str = "own") -> list[Any]:
    command = [sys.executable, "-c", _TRIES, str(place), "9", user, held_by]
    done = subprocess.run(command, capture_output=True, check=True, timeout=60)  # noqa: S603  # this very Python
    told: list[Any] = json.loads(done.stdout)
    return told


@needs_landlock
@pytest.mark.parametrize("held_by", ["limits", "limits and filter"])
def test_child_is_shut_in(place: Path, held_by: str) -> None:
    """A child changes no file, starts no program, and uses no network, even as root."""
    first, then, core, size = _tried(place, held_by)
    assert {name for name in _HELD_BY_LANDLOCK if first[name] == "done"} == set()
    assert first["read"] == "done", "libraries are still to be loaded"
    denied = {"read", "write", "tcp", "udp", "unix", "pipe", "memfd"}
    assert {then[name] for name in denied} <= {"OSError", "PermissionError"}
    assert then["memory"] in ("MemoryError", "_ArrayMemoryError")
    assert core == size == [0, 0]


def test_limits_hold_without_privileges(place: Path) -> None:
    """A child of an ordinary user cannot raise its limits."""
    _, then, *_ = _tried(place, "limits", "ordinary")
    assert then["widen"] == "ValueError"


def test_parent_that_is_gone_already() -> None:
    """A child whose parent died during its start ends at once."""
    limits = json.dumps({"max_megapixels": 1, "decode_seconds": 1, "threads": 1})
    words = [sys.executable, "-m", "dropcut.pictures.sandbox", limits, "0", "1"]
    done = subprocess.run(words, capture_output=True, check=False, timeout=60)  # noqa: S603  # this very Python
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
