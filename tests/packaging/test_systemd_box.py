"""The installed service under a real systemd, in a throw-away Debian.

The box is booted once for all tests here; each test installs or starts what it needs,
so each may be run alone.
"""

import io
import json

import pytest
from PIL import Image

from .box import Box

ASTRONAUT = "/photos/astronaut.png"
HEIC = "/src/tests/pictures/heic/real-iphone13-grid.heic"
SHOP = """
[shop]
background = "#ffffff"
canvas = "300x200"
"""
POISON = """
from PIL import Image
large = Image.open("/photos/coffee.png").resize((6000, 6000))
large.save("/srv/dropcut/.poison.jpg")
"""
KILL_THREE_TIMES = r"""
for life in 1 2 3; do
  until ls /srv/dropcut/inbox/.dropcut | grep -q "[.]$life[.]work$"; do sleep 0.05; done
  kill -KILL "$(systemctl show --value --property=MainPID dropcut)"
done
"""

# The first run builds the Debian and fetches the wheels.
pytestmark = pytest.mark.timeout(900)


def restart_count(box: Box) -> int:
    """Return how often systemd has restarted the service by itself."""
    return int(box.show("NRestarts"))


def drop_in(box: Box, *lines: str) -> None:
    """Change the unit, as an administrator does."""
    folder = "/run/systemd/system/dropcut.service.d"
    written = r"\n".join(("[Service]", *lines))
    box.do(f"mkdir -p {folder}; printf '{written}\\n' >{folder}/test.conf")
    box.do("systemctl daemon-reload")


def drop_and_expect(box: Box, root: str) -> None:
    """Drop a real photo; expect a whole PNG and the original in `processed/`."""
    # As programs do it: the name exists before the content.
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
    assert box.do("cmp /src/config/profiles.toml /etc/dropcut/profiles.toml") == ""
    assert box.do("stat -c '%a %U %G' /srv/dropcut/inbox") == "2770 dropcut dropcut"
    assert box.do("systemd-analyze verify dropcut.service dropcut@shop.service") == ""


def test_photo_becomes_cutout(box: Box) -> None:
    """The service reports its status, cuts out a photo and stops by itself."""
    box.do("systemctl start dropcut")
    assert box.do("systemctl is-active dropcut") == "active"

    drop_and_expect(box, "/srv/dropcut")

    assert box.show("StatusText") != ""
    assert f'Status: "{box.show("StatusText")}"' in box.do(
        "systemctl --no-pager status dropcut"
    )
    assert "telemetry" not in box.journal().lower()

    box.do("systemctl stop dropcut")
    assert box.show("Result") == "success"
    assert box.show("ExecMainStatus") == "0"


def test_phone_picture_becomes_cutout(box: Box) -> None:
    """The installed service reads an iPhone's picture within the unit's limits."""
    box.do("systemctl start dropcut")

    box.do(f"cp {HEIC} /srv/dropcut/inbox/phone.heic")
    box.wait("test -e /srv/dropcut/processed/phone.heic", seconds=60)

    png = box.run("cat /srv/dropcut/outbox/phone.png").stdout
    with Image.open(io.BytesIO(png)) as cutout:
        assert (cutout.format, cutout.mode, cutout.size) == ("PNG", "RGBA", (1000, 500))


def test_profile_of_a_folder(box: Box) -> None:
    """A profile in `/etc/dropcut` applies to the pictures of its folder."""
    box.do(
        "echo DROPCUT_PROFILES=/etc/dropcut/profiles.toml >>/etc/dropcut/dropcut.env"
    )
    box.do(f"cat >>/etc/dropcut/profiles.toml <<'END'\n{SHOP}\nEND")
    box.do("install -d -o dropcut -g dropcut -m 2770 /srv/dropcut/inbox/shop")
    box.do("systemctl start dropcut")

    box.do(f"cp {ASTRONAUT} /srv/dropcut/inbox/shop/")
    box.wait("test -e /srv/dropcut/processed/shop/astronaut.png", seconds=60)

    png = box.run("cat /srv/dropcut/outbox/shop/astronaut.png").stdout
    with Image.open(io.BytesIO(png)) as picture:
        assert (picture.mode, picture.size) == ("RGB", (300, 200))
        assert picture.getpixel((0, 0)) == (255, 255, 255)


def test_members_of_the_group_share_the_folders(box: Box) -> None:
    """Members of the group may drop a folder of photos and read the results."""
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
    """Systemd's watchdog restarts a service that hangs, and work continues."""
    drop_in(box, "WatchdogSec=3s", "RestartSec=100ms")
    box.do("systemctl start dropcut")
    before = restart_count(box)

    box.do(f"kill -STOP {box.show('MainPID')}")

    box.wait(
        f"test $(systemctl show --value -p NRestarts dropcut) -gt {before}", seconds=30
    )
    box.wait("systemctl is-active dropcut", seconds=60)
    assert "Watchdog timeout" in box.journal()
    drop_and_expect(box, "/srv/dropcut")


def test_poison_is_given_up(box: Box) -> None:
    """A picture that ends the service three times fails as `gave-up`.

    Systemd restarts the service each time, and other pictures are processed.
    """
    drop_in(box, "RestartSec=100ms")
    box.do("systemctl start dropcut")
    before = restart_count(box)

    box.do(f"cd /srv/dropcut; /opt/dropcut/bin/python -c '{POISON}'")
    box.do("mv /srv/dropcut/.poison.jpg /srv/dropcut/inbox/poison.jpg")
    box.do(f"timeout 120 bash -euc '{KILL_THREE_TIMES}'")
    box.wait("test -e /srv/dropcut/failed/poison.jpg", seconds=60)

    reason = box.do("cat /srv/dropcut/failed/poison.jpg.error.json")
    assert json.loads(reason)["reason"] == "gave-up"
    assert restart_count(box) == before + 3
    box.do("rm /srv/dropcut/failed/*")
    drop_and_expect(box, "/srv/dropcut")


def test_killed_decoder_is_replaced(box: Box) -> None:
    """When memory is short, the decoder process dies, not the service."""
    box.do("systemctl start dropcut")
    service = box.show("MainPID")
    decoder = box.do(f"cat /proc/{service}/task/*/children").split()[0]
    box.wait(f"grep -qx 1000 /proc/{decoder}/oom_score_adj", seconds=30)

    box.do(f"kill -KILL {decoder}")

    drop_and_expect(box, "/srv/dropcut")
    assert box.show("MainPID") == service


def test_confinement_in_the_unit(box: Box) -> None:
    """The unit refuses calls of the service, and lets a decoder confine itself more."""
    tries = "/opt/dropcut/bin/python /src/tests/packaging/refused_calls.py"
    drop_in(box, f"ExecStartPre={tries}")
    box.do("systemctl start dropcut")
    service = box.show("MainPID")
    decoder = box.do(f"cat /proc/{service}/task/*/children").split()[0]

    filters = "sed -n s/Seccomp_filters://p /proc/{}/status"
    few, many = filters.format(service), filters.format(decoder)
    box.wait(f"test $({many}) -eq $(($({few}) + 1))", seconds=30)

    namespaces = {box.do(f"readlink /proc/{pid}/ns/ipc") for pid in (service, 1)}
    assert len(namespaces) == 2
    assert "affinity" not in box.journal()
    drop_and_expect(box, "/srv/dropcut")


def test_wrong_setting_is_not_restarted(box: Box) -> None:
    """A wrong setting stops the service for good and is named in the journal."""
    drop_in(box, "Environment=DROPCUT_SETLE_SECONDS=1")

    assert box.run("systemctl start dropcut").returncode != 0

    assert box.show("ExecMainStatus") == "78"
    assert box.show("ActiveState") == "failed"
    assert "DROPCUT_SETLE_SECONDS" in box.journal()
    box.do("systemctl reset-failed dropcut")


def test_instance_for_another_inbox(box: Box) -> None:
    """A template instance has its own folders and settings."""
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
    """Uninstalling stops the services and leaves only pictures and edited settings."""
    box.do(f"cp {ASTRONAUT} /srv/dropcut/processed/")
    box.do("echo DROPCUT_ROOT=/srv/dropcut >/etc/dropcut/shop.env")
    box.do("echo '[shop]' >>/etc/dropcut/profiles.toml")
    box.do("systemctl enable --now dropcut")
    box.do("systemctl enable dropcut@shop")

    said = box.make("uninstall")

    assert "/srv/dropcut: pictures" in said
    box.do(f"cmp {ASTRONAUT} /srv/dropcut/processed/astronaut.png")
    assert box.do("ls /etc/dropcut") == "profiles.toml\nshop.env"
    assert box.do("id -un dropcut") == "dropcut"  # which still owns the pictures
    assert box.run("systemctl cat dropcut").returncode != 0
    left = "find /opt /usr/local /etc/systemd /var/cache -name '*dropcut*'"
    assert box.do(left) == ""


def test_uninstall_leaves_nothing(box: Box) -> None:
    """Uninstalling leaves no trace if there are no pictures or edited settings."""
    box.do("systemctl start dropcut")

    box.make("uninstall")

    assert box.run("getent passwd dropcut").returncode != 0
    assert box.run("getent group dropcut").returncode != 0
    left = "find / -xdev -path /src -prune -o -name '*dropcut*' -print"
    assert box.do(left) == ""
