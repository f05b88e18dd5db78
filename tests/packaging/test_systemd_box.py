"""The installed service under a real systemd, in a throw-away Debian.

The box is booted once for all tests here; each test installs or starts what it needs,
so each may be run alone.
"""

import io
import json
import os
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest
import skimage
from PIL import Image

from ..needing import need

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
ASTRONAUT = "/photos/astronaut.png"
OFFLINE = "export PIP_ARGS='--no-index --find-links /wheels'"

# The first run builds the Debian and fetches the wheels.
pytestmark = pytest.mark.timeout(900)


@dataclass(frozen=True)
class Box:
    """A booted Debian with the checkout at /src, wheels and photographs."""

    def run(self, script: str) -> subprocess.CompletedProcess[bytes]:
        """Run a shell script as root, with nothing of this process's environment."""
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
        """Return the last words of the services."""
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
    """Call the box tool, with a home of its own."""
    return subprocess.run(  # noqa: S603 - a tool of the project, words of these tests
        [TOOL, *words],
        env={**os.environ, "SYSTEMD_BOX": str(HOME)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )


def both(done: subprocess.CompletedProcess[bytes]) -> str:
    """Return everything a command said."""
    return (done.stdout + done.stderr).decode(errors="replace")


def pip(links: Path, *words: str) -> None:
    """Call pip, which shall look into a folder first."""
    subprocess.run(  # noqa: S603 - the requirements are our own
        [sys.executable, "-m", "pip", *words, "--quiet", f"--find-links={links}"],
        check=True,
    )


def wheels() -> Path:
    """Return a folder with all wheels that an offline installation needs.

    It is filled once for each set of requirements and kept outside of the checkout.
    """
    asked = tomllib.loads((REPO / "pyproject.toml").read_text())
    requirements = asked["build-system"]["requires"] + asked["project"]["dependencies"]
    key = sha256(json.dumps([BOX_PYTHON, requirements]).encode()).hexdigest()[:16]
    folder = CACHE / f"wheels-{key}"
    if not folder.exists():
        part = folder.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        pip(part, "wheel", "--no-deps", f"--wheel-dir={part}", "pyvips")  # source only
        for_box = ["--only-binary=:all:", f"--python-version={BOX_PYTHON}"]
        pip(part, "download", *for_box, f"--dest={part}", *requirements)
        part.rename(folder)
    return folder


@pytest.fixture(scope="module")
def booted() -> Iterator[Box]:
    """Boot the box for the tests of this module."""
    need(sys.platform == "linux", "systemd is for Linux")
    need(os.geteuid() == 0, "only root can boot the box")
    need(TOOL.is_file(), f"{TOOL.name} is missing")
    need(Path("/usr/bin/make").is_file(), "make is missing")
    need(
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
    """Install Dropcut in the box unless it is there; stop and clear up afterwards."""
    if booted.run("test -e /usr/local/bin/dropcut").returncode != 0:
        booted.make("install")
    yield booted
    booted.do("systemctl stop 'dropcut*.service'")
    booted.do("rm -rf /run/systemd/system/dropcut*; systemctl daemon-reload")
    booted.do("rm -rf /srv/dropcut /etc/dropcut")
    booted.do(
        "if [ -e /usr/local/bin/dropcut ]; then"
        " systemd-tmpfiles --create /usr/local/lib/tmpfiles.d/dropcut.conf;"
        " install -D /opt/dropcut/share/dropcut/dropcut.env -t /etc/dropcut; fi"
    )


def restart_count(box: Box) -> int:
    """Return how often systemd has restarted the service by itself."""
    return int(box.show("NRestarts"))


def drop_and_expect(box: Box, root: str) -> None:
    """Drop a real photo; demand a whole PNG in the outbox and the original filed."""
    # As people's programs do it: the name is there before the content is.
    box.do(f"cat {ASTRONAUT} >{root}/inbox/astronaut.png")
    box.wait(f"test -e {root}/processed/astronaut.png", seconds=60)

    box.do(f"cmp {ASTRONAUT} {root}/processed/astronaut.png")
    assert box.do(f"ls {root}/inbox {root}/failed | grep '[.]' || :") == ""
    png = box.run(f"cat {root}/outbox/astronaut.png").stdout
    with Image.open(io.BytesIO(png)) as cutout:
        assert (cutout.format, cutout.mode, cutout.size) == ("PNG", "RGBA", (512, 512))
        assert cutout.getchannel("A").getextrema() == (0, 255)


def test_install_starts_nothing(box: Box) -> None:
    """Installing puts everything in place, starts nothing and says what comes next."""
    said = box.make("install")

    assert "Nothing was started" in said
    assert "systemctl enable --now dropcut" in said
    assert box.show("ActiveState") == "inactive"
    assert box.show("UnitFileState") == "disabled"
    assert box.do("id -un dropcut; cat /etc/dropcut/dropcut.env | head -n 1") != ""
    assert box.do("stat -c '%a %U %G' /srv/dropcut/inbox") == "2770 dropcut dropcut"
    assert box.do("systemd-analyze verify dropcut.service dropcut@shop.service") == ""


def test_photo_becomes_cutout(box: Box) -> None:
    """The started service says what it does, cuts out a photo and stops in its time."""
    box.do("systemctl start dropcut")
    assert box.do("systemctl is-active dropcut") == "active"

    drop_and_expect(box, "/srv/dropcut")

    assert box.show("StatusText") != ""
    assert f'Status: "{box.show("StatusText")}"' in box.do(
        "systemctl --no-pager status dropcut"
    )
    assert "telemetry" not in box.journal().lower()

    begin = time.monotonic()
    box.do("systemctl stop dropcut")
    assert time.monotonic() - begin < 10
    assert box.show("Result") == "success"
    assert box.show("ExecMainStatus") == "0"


def test_members_of_the_group_share_the_folders(box: Box) -> None:
    """Who is in the group may drop a folder of photos and read what comes of it."""
    box.do("id alice 2>/dev/null || useradd --groups dropcut alice")
    box.do("systemctl start dropcut")

    box.do(
        "runuser -u alice -- sh -euc 'umask 007; cd /srv/dropcut/inbox;"
        f" mkdir shoes; cp {ASTRONAUT} shoes/left.png'"
    )
    box.wait("test -e /srv/dropcut/processed/shoes/left.png", seconds=60)

    assert box.do("stat -c '%a %U %G' /srv/dropcut/outbox/shoes") == (
        "2770 dropcut dropcut"
    )
    box.do("runuser -u alice -- cat /srv/dropcut/outbox/shoes/left.png >/dev/null")
    box.do("runuser -u alice -- rm /srv/dropcut/outbox/shoes/left.png")
    box.do("gpasswd --delete alice dropcut")


def test_hanging_service_is_restarted(box: Box) -> None:
    """A service that hangs is restarted by systemd's watchdog and works on."""
    box.do("mkdir -p /run/systemd/system/dropcut.service.d")
    box.do(
        "printf '[Service]\\nWatchdogSec=3s\\nRestartSec=100ms\\n'"
        " >/run/systemd/system/dropcut.service.d/test.conf; systemctl daemon-reload"
    )
    box.do("systemctl start dropcut")
    before = restart_count(box)

    box.do(f"kill -STOP {box.show('MainPID')}")

    box.wait(
        f"test $(systemctl show --value -p NRestarts dropcut) -gt {before}", seconds=30
    )
    box.wait("systemctl is-active dropcut", seconds=60)
    assert "Watchdog timeout" in box.journal()
    drop_and_expect(box, "/srv/dropcut")


def test_wrong_setting_is_not_restarted(box: Box) -> None:
    """A wrong setting stops the service for good and is named in the journal."""
    box.do("mkdir -p /run/systemd/system/dropcut.service.d")
    box.do(
        "printf '[Service]\\nEnvironment=DROPCUT_SETLE_SECONDS=1\\n'"
        " >/run/systemd/system/dropcut.service.d/test.conf; systemctl daemon-reload"
    )

    assert box.run("systemctl start dropcut").returncode != 0

    assert box.show("ExecMainStatus") == "78"
    assert box.show("ActiveState") == "failed"
    assert "DROPCUT_SETLE_SECONDS" in box.journal()
    box.do("systemctl reset-failed dropcut")


def test_instance_for_another_inbox(box: Box) -> None:
    """A template instance serves its own folders by its own settings."""
    folders = " ".join(
        f"/srv/dropcut/shop/{name}"
        for name in ("inbox", "outbox", "processed", "failed")
    )
    box.do(f"install -d -o dropcut -g dropcut -m 2770 {folders}")
    box.do("echo DROPCUT_SETTLE_SECONDS=1 >/etc/dropcut/shop.env")

    box.do("systemctl start dropcut dropcut@shop")

    drop_and_expect(box, "/srv/dropcut/shop")
    assert box.do("systemctl is-active dropcut dropcut@shop") == "active\nactive"
    assert box.do("ls /srv/dropcut/outbox") == ""


def test_upgrade_keeps_settings_and_pictures(box: Box) -> None:
    """Installing again keeps edited settings, folder modes and pictures."""
    box.do("echo '# mine' >>/etc/dropcut/dropcut.env; touch /srv/dropcut/inbox/a.jpg")
    box.do("chmod 2775 /srv/dropcut/outbox")

    said = box.make("install")

    assert "kept as it was" in said
    assert box.do("tail -n 1 /etc/dropcut/dropcut.env") == "# mine"
    assert box.do("stat -c %a /srv/dropcut/outbox") == "2775"
    assert box.do("ls /srv/dropcut/inbox") == "a.jpg"


def test_uninstall_keeps_pictures_and_edited_settings(box: Box) -> None:
    """Uninstalling stops the services and leaves pictures and edited settings only."""
    box.do(f"cp {ASTRONAUT} /srv/dropcut/processed/")
    box.do("echo DROPCUT_ROOT=/srv/dropcut >/etc/dropcut/shop.env")
    box.do("systemctl enable --now dropcut")
    box.do("systemctl enable dropcut@shop")

    said = box.make("uninstall")

    assert "/srv/dropcut: pictures" in said
    box.do(f"cmp {ASTRONAUT} /srv/dropcut/processed/astronaut.png")
    assert box.do("ls /etc/dropcut") == "shop.env"
    assert box.do("id -un dropcut") == "dropcut"  # the pictures are still his
    assert box.run("systemctl cat dropcut").returncode != 0
    left = "find /opt /usr/local /etc/systemd /var/cache -name '*dropcut*'"
    assert box.do(left) == ""


def test_uninstall_leaves_nothing(box: Box) -> None:
    """Uninstalling where nobody left pictures or settings leaves no trace."""
    box.do("systemctl start dropcut")

    box.make("uninstall")

    assert box.run("getent passwd dropcut").returncode != 0
    assert box.run("getent group dropcut").returncode != 0
    left = "find / -xdev -path /src -prune -o -name '*dropcut*' -print"
    assert box.do(left) == ""
