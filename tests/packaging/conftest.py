"""A booted box, and Dropcut installed in it."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..requiring import require
from .box import HOME, PHOTOS, REPO, TOOL, Box, both, tool, wheels


@pytest.fixture(scope="module")
def booted() -> Iterator[Box]:
    """Boot the box for the tests of this module."""
    require(sys.platform == "linux", "systemd is for Linux")
    require(os.geteuid() == 0, "only root can boot the box")
    require(TOOL.is_file(), f"{TOOL.name} is missing")
    require(Path("/usr/bin/make").is_file(), "make is missing")
    require(
        shutil.which("systemd-nspawn") and shutil.which("debootstrap"),
        "debootstrap or systemd-nspawn is missing",
    )
    if (HOME / "pid").exists():  # a run that was killed left its box behind
        tool("down")
    up = tool("up", f"{REPO}:/src", f"{wheels()}:/wheels", f"{PHOTOS}:/photos")
    try:
        assert up.returncode == 0, both(up)
        yield Box()
    finally:
        tool("down")


@pytest.fixture
def box(booted: Box) -> Iterator[Box]:
    """Install Dropcut in the box unless it is installed; clean up afterwards."""
    if booted.run("test -e /usr/local/bin/dropcut").returncode != 0:
        booted.make("install")
    yield booted
    booted.do("systemctl stop 'dropcut*.service'")
    booted.do("rm -rf /run/systemd/system/dropcut*; systemctl daemon-reload")
    booted.do("rm -rf /srv/dropcut /etc/dropcut")
    booted.do(
        "if [ -e /usr/local/bin/dropcut ]; then"
        " systemd-tmpfiles --create /usr/local/lib/tmpfiles.d/dropcut.conf;"
        " install -D /opt/dropcut/share/dropcut/dropcut.env -t /etc/dropcut;"
        " install /opt/dropcut/share/dropcut/profiles.toml -t /etc/dropcut; fi"
    )
