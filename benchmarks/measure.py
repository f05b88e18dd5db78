"""Seconds, memory and CPU of a program and of all the processes it starts."""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from processes import footprint, tree
from sides import Side

SAMPLE_SECONDS = 0.02
WAIT_SECONDS = 60.0
IDLE_SECONDS = 10.0
FOLDERS = ("inbox", "outbox", "processed", "failed")


class SideError(Exception):
    """A program did not do its pictures, so that there is nothing to compare."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One run of a folder command.

    Attributes:
        png_bytes: Of all its PNGs.
    """

    seconds: float
    png_bytes: int


def fill(box: Path, pictures: Sequence[Path]) -> None:
    """Make a box afresh, with copies of the pictures in its inbox."""
    shutil.rmtree(box, ignore_errors=True)
    for name in FOLDERS:
        (box / name).mkdir(parents=True)
    for picture in pictures:
        shutil.copyfile(picture, box / "inbox" / picture.name)
    os.sync()  # or the copies are written back while the clock runs


def batch(side: Side, box: Path, pictures: Sequence[Path]) -> Batch:
    """Run the folder command over the pictures with nothing else looking on."""
    fill(box, pictures)
    with _started(side, box, side.batch) as (process, began):
        process.wait()
        seconds = time.perf_counter() - began
    png_bytes = _accept(side, box, pictures, process.returncode)
    return Batch(seconds=seconds, png_bytes=png_bytes)


def run_once(side: Side, box: Path, pictures: Sequence[Path]) -> None:
    """Run the folder command and take what it makes as it is."""
    fill(box, pictures)
    with _started(side, box, side.batch) as (process, _):
        code = process.wait()
    made = {path.stem for path in (box / "outbox").iterdir()}
    missing = [picture.name for picture in pictures if picture.stem not in made]
    if code or missing:
        log = (box / "log").read_text(errors="replace")[-2000:]
        raise SideError(f"{side.name}: exit code {code}, missing {missing}\n{log}")


def peak_mib(side: Side, box: Path, pictures: Sequence[Path]) -> float:
    """Run it once more and sample the memory of the whole process tree.

    PSS divides a shared page among its users, so that a sum counts it once.
    """
    fill(box, pictures)
    peak = 0.0
    with _started(side, box, side.batch) as (process, _):
        while process.poll() is None:
            taken = sum(footprint(pid).pss_mib for pid in tree(process.pid))
            peak = max(peak, taken)
            time.sleep(SAMPLE_SECONDS)
    _accept(side, box, pictures, process.returncode)
    return peak


def ready_seconds(side: Side, box: Path) -> float:
    """From exec until the service says `READY=1` to its service manager."""
    fill(box, [])
    with tempfile.TemporaryDirectory() as folder, _datagrams(folder) as inlet:
        address = {"NOTIFY_SOCKET": inlet.getsockname()}
        with _started(side, box, side.serve, **address) as (_, began):
            while b"READY=1" not in inlet.recv(4096).split(b"\n"):
                pass
            return time.perf_counter() - began


def import_seconds(side: Side, box: Path) -> float:
    """Start the interpreter, import the package, end."""
    fill(box, [])
    command = (str(side.python), "-c", f"import {side.package}")
    with _started(side, box, command) as (process, began):
        if process.wait(WAIT_SECONDS):
            raise SideError(f"{side.name}: cannot import {side.package}")
        return time.perf_counter() - began


def idle_cpu_seconds(side: Side, box: Path, picture: Path) -> float:
    """CPU seconds that the service takes in `IDLE_SECONDS` after its work is done.

    One picture lies there at the start and one is dropped later, so that both the
    first scan and the watching have had something to do.
    """
    fill(box, [picture])
    with _started(side, box, side.serve) as (process, _):
        _await(box / "outbox" / f"{picture.stem}.png")
        shutil.copyfile(picture, box / "inbox" / f"later{picture.suffix}")
        _await(box / "outbox" / "later.png")
        before = _cpu_seconds(process.pid)
        time.sleep(IDLE_SECONDS)
        return _cpu_seconds(process.pid) - before


def drop_page_cache() -> bool:
    """Make the next start a cold one; only root may."""
    os.sync()
    try:
        Path("/proc/sys/vm/drop_caches").write_text("3\n")
    except OSError:
        return False
    return True


@contextlib.contextmanager
def _started(
    side: Side, box: Path, command: Sequence[str], **more: str
) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    """Start a command in its box, with its log beside; stop it if it still runs."""
    environment = {**side.environment, **more}
    with (box / "log").open("wb") as log:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=box, env=environment, stdout=log, stderr=log
        )
        try:
            yield process, began
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask first."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _accept(side: Side, box: Path, pictures: Sequence[Path], code: int) -> int:
    """See that each picture has its whole PNG; give the bytes of all."""
    faults = [f"exit code {code}"] if code else []
    faults += [fault for picture in pictures if (fault := _fault(picture, box))]
    if faults:
        log = (box / "log").read_text(errors="replace")[-2000:]
        raise SideError(f"{side.name}: {', '.join(faults)}\n{log}")
    return sum(png.stat().st_size for png in (box / "outbox").iterdir())


def _fault(picture: Path, box: Path) -> str | None:
    """Decode the PNG of a picture and say what is wrong with it."""
    path = box / "outbox" / f"{picture.stem}.png"
    try:
        with Image.open(path) as png, Image.open(picture) as original:
            png.load()
            whole = png.mode == "RGBA" and png.size == original.size
    except OSError as error:
        return str(error)
    return None if whole else f"{path.name} is not the cut-out of {picture.name}"


@contextlib.contextmanager
def _datagrams(folder: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as inlet:
        inlet.bind(f"{folder}/notify")
        inlet.settimeout(WAIT_SECONDS)
        yield inlet


def _await(path: Path) -> None:
    """Wait for a PNG, and a little longer for what is done after it."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not path.exists():
        if time.monotonic() > deadline:
            raise SideError(f"{path.name} never came")
        time.sleep(0.05)
    time.sleep(2)


def _cpu_seconds(pid: int) -> float:
    """User and system time of all threads, and of children that have ended."""
    ticks = 0
    for member in tree(pid):
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")
