"""`make uninstall` removes what `make install` made, and nothing of anybody else.

Both scripts run unchanged in a copy of this machine that is thrown away; only Python
and pip are played, by a shell script, so that nothing is downloaded.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from ..requiring import require

REPO = Path(__file__).parents[2]
TOOLS = ("unshare", "chroot", "userdel", "systemctl", "systemd-sysusers")
COPY = """
mount -t tmpfs dropcut-test "$1"
mkdir "$1/upper" "$1/work" "$1/root"
layers="lowerdir=/,upperdir=$1/upper,workdir=$1/work"
mount -t overlay -o "$layers" dropcut-test "$1/root"
for folder in dev proc; do mount --bind "/$folder" "$1/root/$folder"; done
mount -t tmpfs dropcut-test "$1/root/run"
mkdir "$1/root/run/repo"
mount --bind "$2" "$1/root/run/repo"
printf '%s' "$3" >"$1/root/run/python"
chmod +x "$1/root/run/python"
exec chroot "$1/root" sh -euc "$4"
"""
PYTHON = """#!/bin/sh
case "$*" in
  "-m venv "*)
    mkdir -p "$3/bin" "$3/lib/site/dropcut/__pycache__"
    cp "$0" "$3/bin/python"
    ln -sfn lib "$3/lib64"
    touch "$3/pyvenv.cfg" "$3/lib/site/dropcut/a b.py" ;;
  *"pip install"*)
    printf '#!/bin/sh\\necho dropcut 1.0\\n' >"${0%/*}/dropcut"
    chmod +x "${0%/*}/dropcut" ;;
  *MODELS*) touch "${0%/*}/../lib/site/dropcut/__pycache__/a.pyc"; echo u2netp u2net ;;
esac
"""
WORDS = """
install() { PREFIX=$1 PYTHON=/run/python sh /run/repo/systemd/install.sh >/dev/null; }
uninstall() { PREFIX=$1 sh /run/repo/systemd/uninstall.sh; }
"""


def in_a_copy(folder: Path, script: str) -> str:
    """Run a shell script as root in a copy of this machine; return what it prints."""
    require(os.geteuid() == 0, "making namespaces needs root")
    require(all(map(shutil.which, TOOLS)), "systemd's tools are missing")
    words = ("unshare", "--mount", "sh", "-euc", COPY, "copy", str(folder), str(REPO))
    tried = subprocess.run([*words, PYTHON, "true"], capture_output=True, check=False)  # noqa: S603  # our own words
    require(tried.returncode == 0, f"no copy is possible here: {tried.stderr!r}")
    done = subprocess.run(  # noqa: S603  # our own words
        [*words, PYTHON, WORDS + script], capture_output=True, check=False, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("upgrades", [0, 1])
def test_files_of_others_stay(tmp_path: Path, upgrades: int) -> None:
    """What others put into the prefix, the cache and the folders stays as it is."""
    said = in_a_copy(
        tmp_path,
        f"""
        mkdir -p /opt/tools /usr/local/lib/sysusers.d /var/cache/dropcut
        install /opt/tools
        mkdir /opt/tools/mine /opt/tools/empty /srv/dropcut/inbox/shop
        touch /opt/tools/mine/file /opt/tools/bin/mine "/opt/tools/lib/site/my own.py"
        touch /var/cache/dropcut/u2net.onnx /var/cache/dropcut/mine.onnx
        if [ {upgrades} = 1 ]; then install /opt/tools; fi
        echo '# mine' >>/etc/dropcut/dropcut.env
        uninstall /opt/tools/ | grep '^  /'
        find /opt/tools /var/cache/dropcut /srv/dropcut /etc/dropcut | sort
        ls -d /usr/local/lib/sysusers.d
        find /usr/local -name '*dropcut*'
        """,
    )
    assert said.splitlines() == [
        "  /etc/dropcut: edited settings",
        "  /var/cache/dropcut: files that dropcut models pull did not put there",
        "  /opt/tools: files that this installer did not create",
        "  /srv/dropcut: folders that somebody has made, or a mounted share",
        "/etc/dropcut",
        "/etc/dropcut/dropcut.env",
        "/opt/tools",
        "/opt/tools/bin",
        "/opt/tools/bin/mine",
        "/opt/tools/empty",
        "/opt/tools/lib",
        "/opt/tools/lib/site",
        "/opt/tools/lib/site/my own.py",
        "/opt/tools/mine",
        "/opt/tools/mine/file",
        "/srv/dropcut",
        "/srv/dropcut/inbox",
        "/srv/dropcut/inbox/shop",
        "/var/cache/dropcut",
        "/var/cache/dropcut/mine.onnx",
        "/usr/local/lib/sysusers.d",
    ]


def test_another_prefix(tmp_path: Path) -> None:
    """Uninstalling from a prefix that nothing was installed into removes nothing."""
    said = in_a_copy(
        tmp_path,
        """
        mkdir /opt/empty
        install /opt/tools
        find /opt /usr/local /srv /etc/dropcut | sort >/run/before
        for prefix in /opt/empty /opt/nothing /usr/local/lib; do
          if uninstall $prefix 2>&1; then exit 1; fi
        done
        find /opt /usr/local /srv /etc/dropcut | sort | diff /run/before -
        """,
    )
    assert said.splitlines() == [
        "uninstall.sh: nothing is installed in "
        f"{prefix}, but in /opt/tools: make uninstall PREFIX=/opt/tools"
        for prefix in ("/opt/empty", "/opt/nothing", "/usr/local/lib")
    ]


def test_older_of_two_prefixes(tmp_path: Path) -> None:
    """Uninstalling an older installation leaves the one that is in use whole."""
    said = in_a_copy(
        tmp_path,
        """
        install /opt/one
        install /opt/two
        uninstall /opt/one
        ls -d /opt/one 2>/dev/null || echo gone
        /usr/local/bin/dropcut
        ls /usr/local/lib/systemd/system/dropcut.service /etc/dropcut
        """,
    )
    assert said.splitlines() == [
        "Dropcut is removed from /opt/one; the one in /opt/two stays.",
        "gone",
        "dropcut 1.0",
        "/usr/local/lib/systemd/system/dropcut.service",
        "",
        "/etc/dropcut:",
        "dropcut.env",
        "profiles.toml",
    ]


def test_command_of_others(tmp_path: Path) -> None:
    """A command of the same name is not replaced, and a user of the same name stays."""
    said = in_a_copy(
        tmp_path,
        """
        echo mine >/usr/local/bin/dropcut
        if install /opt/tools 2>&1; then exit 1; fi
        cat /usr/local/bin/dropcut
        rm /usr/local/bin/dropcut
        useradd dropcut
        install /opt/tools
        uninstall /opt/tools
        id -un dropcut
        ls -d /opt/tools /srv/dropcut /etc/dropcut 2>/dev/null || echo gone
        """,
    )
    assert said.splitlines() == [
        (
            "install.sh: /usr/local/bin/dropcut exists and was not created by this "
            "installer; move it away"
        ),
        "mine",
        "Dropcut is removed.",
        "dropcut",
        "gone",
    ]


def test_installer_that_was_killed(tmp_path: Path) -> None:
    """What an interrupted installer has left is removed after the next one."""
    said = in_a_copy(
        tmp_path,
        """
        install /opt/tools
        rm /opt/tools/share/dropcut/installed /opt/tools/share/dropcut/made
        install /opt/tools
        echo '# mine' >>/etc/dropcut/dropcut.env
        uninstall /opt/tools >/dev/null
        ls -d /opt/tools 2>/dev/null || echo gone
        """,
    )
    assert said.splitlines() == ["gone"]
