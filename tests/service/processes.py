"""Starting processes: the command under test, and `mount`."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..requiring import require
from .waiting import eventually

DROPCUT = (sys.executable, "-m", "dropcut")
_LONGEST_SECONDS = 100


@dataclass(frozen=True, slots=True)
class Finished:
    """What is left of a process that has ended."""

    code: int
    out: str
    err: str


def spawn(
    *command: str | Path,
    env: Mapping[str, str] | None = None,
    out: int = subprocess.PIPE,
    err: int = subprocess.PIPE,
) -> subprocess.Popen[bytes]:
    """Start a process."""
    return subprocess.Popen(  # noqa: S603 - the tests choose every word of it
        command, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=err
    )


def run(*command: str | Path, env: Mapping[str, str] | None = None) -> Finished:
    """Run a process to its end."""
    with spawn(*command, env=env) as process:
        try:
            out, err = process.communicate(timeout=_LONGEST_SECONDS)
        finally:
            process.kill()
    return Finished(process.returncode, out.decode(), err.decode())


def environment(**variables: object) -> dict[str, str]:
    """Return this process's environment without Dropcut's variables, and more."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("DROPCUT_")}
    return kept | {name: str(value) for name, value in variables.items()}


def powerless() -> tuple[str, ...]:
    """Return the command that runs another one without root's powers.

    It stays root by number: so it may read Python and the checkout wherever they are,
    but what permissions forbid is forbidden, as to any user.
    """
    if os.geteuid() != 0:
        return ()
    require(shutil.which("setpriv"), "setpriv is not installed")
    return ("setpriv", "--bounding-set=-all", "--inh-caps=-all")


@contextmanager
def mounted(folder: Path, *options: str | Path) -> Iterator[None]:
    """Mount something on a folder; it may be unmounted already at the end."""
    mount(folder, *options)
    try:
        yield
    finally:
        run("umount", "--lazy", folder)


def mount(folder: Path, *options: str | Path) -> None:
    """Mount on a folder, where the machine allows it."""
    require(os.geteuid() == 0, "mounting needs root")
    done = run("mount", *options, folder)
    require(done.code == 0, f"mount is not possible here: {done.err.strip()}")


@contextmanager
def fuse(folder: Path, back: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Let a program of user space show a folder's content in another folder."""
    require(shutil.which("bindfs"), "bindfs is not installed")
    require(
        Path("/dev/fuse").exists() and os.geteuid() == 0, "FUSE is not possible here"
    )
    folder.mkdir(exist_ok=True)
    with spawn("bindfs", "-f", back, folder) as program:
        eventually(folder.is_mount)
        try:
            yield program
        finally:
            run("umount", "--lazy", folder)
            program.kill()


def tmpfs(size: str) -> tuple[str, ...]:
    """Return the options that mount a new file system of a size, in memory."""
    return ("-t", "tmpfs", "-o", f"size={size}", "dropcut-test")


def unmount(folder: Path) -> None:
    """Unmount a folder the plain way, which an open file in it would forbid."""
    eventually(lambda: run("umount", folder).code == 0)
