"""A throw-away Debian with a real systemd, and the wheels to install from."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest
import skimage

REPO = Path(__file__).parents[2]
TOOL = Path(
    os.environ.get("SYSTEMD_BOX_TOOL", REPO.parent / "shared/tools/systemd-box")
)
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "dropcut-tests"
HOME = Path(os.environ.get("SYSTEMD_BOX", CACHE / "systemd-box"))

PHOTOS = Path(skimage.__file__).parent / "data"
BOX_PYTHON = "3.11"  # Debian 12's
INSIDE = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin",
    "LANG": "C.UTF-8",
}
OFFLINE = "export PIP_ARGS='--no-index --find-links /wheels'"


@dataclass(frozen=True)
class Box:
    """A booted Debian with the checkout at /src, wheels and photographs."""

    def run(self, script: str) -> subprocess.CompletedProcess[bytes]:
        """Run a shell script as root, without the environment of this process."""
        env = [f"{name}={value}" for name, value in INSIDE.items()]
        return tool("exec", "env", "-i", *env, "sh", "-euc", script)

    def do(self, script: str) -> str:
        """Run a shell script that must succeed and return what it prints."""
        done = self.run(script)
        assert done.returncode == 0, f"{script}\n{both(done)}\n{self.journal()}"
        return done.stdout.decode().strip()

    def make(self, target: str) -> str:
        """Run what make would run, in a box that has no make."""
        recipe = subprocess.run(  # noqa: S603 - our own Makefile
            ["/usr/bin/make", "--dry-run", "--no-print-directory", target],
            cwd=REPO,
            env=INSIDE,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        return self.do(f"cd /src; {OFFLINE}; {recipe}")

    def show(self, name: str, unit: str = "dropcut") -> str:
        """Return one property of a unit."""
        return self.do(f"systemctl show --value --property={name} {unit}")

    def journal(self) -> str:
        """Return the last log lines of the services."""
        return both(self.run("journalctl --no-pager --lines=200 --unit='dropcut*'"))

    def wait(self, script: str, seconds: float) -> None:
        """Wait until a shell script succeeds."""
        deadline = time.monotonic() + seconds
        while (done := self.run(script)).returncode != 0:
            if time.monotonic() > deadline:
                state = both(self.run("systemctl --no-pager status 'dropcut*'"))
                pytest.fail(
                    f"not within {seconds} s: {script}\n{both(done)}\n{state}\n"
                    f"{self.journal()}"
                )
            time.sleep(0.2)


def tool(*words: str) -> subprocess.CompletedProcess[bytes]:
    """Call the box tool, with a folder for these tests."""
    return subprocess.run(  # noqa: S603 - a tool of the project
        [TOOL, *words],
        env={**os.environ, "SYSTEMD_BOX": str(HOME)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )


def both(done: subprocess.CompletedProcess[bytes]) -> str:
    """Return all output of a command."""
    return (done.stdout + done.stderr).decode(errors="replace")


def pip(links: Path, *words: str) -> None:
    """Call pip, which also looks into a folder of packages."""
    subprocess.run(  # noqa: S603 - the requirements are our own
        [sys.executable, "-m", "pip", *words, "--quiet", f"--find-links={links}"],
        check=True,
    )


def wheels() -> Path:
    """Return a folder with everything that an offline installation needs.

    It is filled once for each set of tested versions and kept outside the checkout.
    pyvips comes as source, so the folder also holds what builds it.
    """
    tested = (REPO / "requirements" / "run.txt").read_text("ascii")
    builders = ["hatchling", "setuptools", "cffi", "pkgconfig"]
    key = sha256(json.dumps([BOX_PYTHON, builders, tested]).encode()).hexdigest()[:16]
    folder = CACHE / f"wheels-{key}"
    if not folder.exists():
        part = folder.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        source = re.search(r"^pyvips==.*?(?=^\S)", tested, re.MULTILINE | re.DOTALL)
        assert source is not None
        lists = {"source.txt": source[0], "wheels.txt": tested.replace(source[0], "")}
        for name, text in lists.items():
            (part / name).write_text(text)
        to, for_box = f"--dest={part}", f"--python-version={BOX_PYTHON}"
        pip(part, "download", "--no-deps", to, f"--requirement={part / 'source.txt'}")
        binary = ["download", "--only-binary=:all:", for_box, to]
        pip(part, *binary, "--no-deps", f"--requirement={part / 'wheels.txt'}")
        pip(part, *binary, *builders)
        part.rename(folder)
    return folder
