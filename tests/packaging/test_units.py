"""The files in `systemd/`: valid, hardened, and explained line by line."""

import os
import shutil
import stat
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

from ..requiring import require

SYSTEMD = Path(__file__).parents[2] / "systemd"
UNITS = ("dropcut.service", "dropcut@.service")
FOLDERS = ("inbox", "outbox", "processed", "failed")


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command to its end and keep what it says."""
    return subprocess.run(  # noqa: S603 - the tests choose each argument
        command, capture_output=True, text=True, check=False
    )


def directives(unit: str) -> list[tuple[str, str, str]]:
    """Return each directive of a unit as the line above it, its name and its value."""
    lines = ["", *(SYSTEMD / unit).read_text().splitlines()]
    found = []
    for above, line in pairwise(lines):
        if line and line[0] not in "#[":
            name, _, value = line.partition("=")
            found.append((above, name, value))
    return found


def values(unit: str, name: str) -> list[str]:
    """Return all values that a unit gives to one directive."""
    return [value for _, key, value in directives(unit) if key == name]


@pytest.fixture(params=UNITS)
def unit(request: pytest.FixtureRequest) -> str:
    """Name each of the units in turn."""
    return str(request.param)


@pytest.fixture
def installed_unit(unit: str, tmp_path: Path) -> Path:
    """Copy a unit so that its program exists, as it does once Dropcut is installed."""
    require(shutil.which("systemd-analyze"), "systemd-analyze is missing")
    program = tmp_path / "dropcut"
    program.touch(mode=0o755)
    copy = tmp_path / unit
    copy.write_text(
        (SYSTEMD / unit).read_text().replace("/usr/local/bin/dropcut", str(program))
    )
    return copy


def test_unit_is_valid(installed_unit: Path) -> None:
    """Dropcut's units are valid to systemd, without a warning."""
    checked = run("systemd-analyze", "verify", "--recursive-errors=no", installed_unit)

    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_unit_is_hardened(installed_unit: Path) -> None:
    """Systemd rates the exposure of Dropcut's units at 0.5 of 10 or less."""
    rated = run(
        "systemd-analyze",
        "security",
        "--no-pager",
        "--offline=true",
        "--threshold=5",
        installed_unit,
    )

    assert "Overall exposure level" in rated.stdout, rated.stderr
    assert rated.returncode == 0, rated.stdout


def test_every_directive_is_explained(unit: str) -> None:
    """Each directive of Dropcut's units has a comment above it that says why."""
    unexplained = [
        f"{name}={value}"
        for above, name, value in directives(unit)
        if not above.startswith("#") and name != "Description"
    ]

    assert unexplained == []


def test_moves_stay_renames(unit: str) -> None:
    """Dropcut's units open one folder for writing, the parent of all four."""
    environment = dict(v.split("=", 1) for v in values(unit, "Environment"))

    assert values(unit, "ReadWritePaths") == [environment["DROPCUT_ROOT"]]


def test_processor_features_stay_visible(unit: str) -> None:
    """Dropcut's units leave /proc/cpuinfo visible, which onnxruntime reads."""
    assert values(unit, "ProcSubset") == []


def test_shared_memory_is_private(unit: str) -> None:
    """Shared memory ends with Dropcut's units, and the locks of other instances stay.

    RemoveIPC= would also remove what the units' user has in /dev/shm: while an instance
    runs outside the units, a second one could start on its inbox.
    """
    assert values(unit, "PrivateIPC") == ["yes"]
    assert values(unit, "RemoveIPC") == []


def test_decoder_may_confine_itself(unit: str) -> None:
    """The units let a decoder use seccomp and Landlock, which older systemds refuse."""
    permitted = {
        call
        for filter_ in values(unit, "SystemCallFilter")
        if not filter_.startswith("~")
        for call in filter_.split()
    }
    steps = ("create_ruleset", "add_rule", "restrict_self")
    assert permitted >= {"seccomp", *(f"landlock_{step}" for step in steps)}


def test_restart_never_gives_up(unit: str) -> None:
    """Systemd restarts Dropcut however often it dies, unless a restart is useless."""
    assert values(unit, "Restart") == ["on-failure"]
    assert values(unit, "StartLimitIntervalSec") == ["0"]
    assert values(unit, "RestartPreventExitStatus") == ["64 78"]


def test_killed_decoder_is_not_the_end(unit: str) -> None:
    """Memory is limited, and at the limit only the process that exceeds it dies."""
    assert values(unit, "MemoryMax") == ["75%"]
    assert values(unit, "MemorySwapMax") == ["0"]
    assert values(unit, "OOMPolicy") == ["continue"]
    assert values(unit, "OOMScoreAdjust") == []  # or the child could not be first


def test_template_is_the_unit_for_many() -> None:
    """The template differs from the single unit only in the instance name."""
    single, template = (
        [(name, value) for _, name, value in directives(unit)] for unit in UNITS
    )
    of_the_instance = [
        ("Description", "Dropcut background removal for %i"),
        ("Environment", "DROPCUT_ROOT=/srv/dropcut/%i"),
        ("EnvironmentFile", "/etc/dropcut/%i.env"),
        ("ReadWritePaths", "/srv/dropcut/%i"),
    ]

    assert [line for line in template if line not in single] == of_the_instance
    assert len(single) == len(template)


def test_user_and_folders(tmp_path: Path) -> None:
    """The snippets create a user, and four folders that its group shares."""
    require(os.geteuid() == 0, "only root can create users and change owners")
    require(shutil.which("systemd-sysusers"), "systemd-sysusers is missing")
    require(shutil.which("systemd-tmpfiles"), "systemd-tmpfiles is missing")
    (tmp_path / "etc").mkdir()
    root = f"--root={tmp_path}"

    users = run("systemd-sysusers", root, SYSTEMD / "dropcut.sysusers.conf")
    made = run("systemd-tmpfiles", root, "--create", SYSTEMD / "dropcut.tmpfiles.conf")

    assert users.returncode == 0, users.stderr
    assert (made.returncode, made.stderr) == (0, "")
    name, _, uid, gid, *_, shell = (tmp_path / "etc/passwd").read_text().split(":")
    assert (name, shell.strip()) == ("dropcut", "/usr/sbin/nologin")
    for folder in FOLDERS:
        status = (tmp_path / "srv/dropcut" / folder).stat()
        assert (status.st_uid, status.st_gid) == (int(uid), int(gid))
        assert stat.S_IMODE(status.st_mode) == 0o2770
    assert (tmp_path / "srv/dropcut").stat().st_uid == 0
