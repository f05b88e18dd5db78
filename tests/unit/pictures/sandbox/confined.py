"""The kernel's system calls, and processes that have confined themselves."""

import json
import platform
import subprocess
import sys
from functools import cache
from pathlib import Path

from tests.requiring import require

_TABLE = Path(__file__).with_name("system_calls.txt")
COLUMNS = {"x86_64": 1, "aarch64": 2}

CONFINED = """
import ctypes, json, os, sys, threading, time
from dropcut.pictures.sandbox import Limits, confinement
import numpy

libc = ctypes.CDLL(None, use_errno=True)

def confine():  # without Landlock, which older kernels do not have
    libc.prctl(38, 1, 0, 0, 0)
    limits = Limits(max_megapixels=100, decode_seconds=1, threads=1)
    assert confinement.before_pictures(limits)

def tell(what):
    os.write(1, json.dumps(what).encode())
    os._exit(0)
"""


@cache
def kernel_calls(machine: str) -> dict[str, int]:
    """Return the number of each system call, as the kernel's headers have it."""
    rows = [line.split() for line in _TABLE.read_text("ascii").splitlines()]
    found = {row[0]: row[COLUMNS[machine]] for row in rows if row[0] != "#"}
    return {name: int(number) for name, number in found.items() if number != "-"}


def own_machine() -> str:
    """Return the architecture of this machine, which must have a filter."""
    machine = platform.machine()
    require(machine in COLUMNS, "there is no filter for this architecture")
    return machine


def ran(script: str, *words: str) -> subprocess.CompletedProcess[bytes]:
    """Run a script in a Python of its own, which may confine itself."""
    command = [sys.executable, "-c", script, *words]
    return subprocess.run(command, capture_output=True, check=False, timeout=120)  # noqa: S603  # this very Python


def told(script: str, *words: str) -> object:
    """Return what a script prints."""
    done = ran(CONFINED + script, *words)
    assert done.returncode == 0, done.stderr
    result: object = json.loads(done.stdout)
    return result
