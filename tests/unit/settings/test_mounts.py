"""Folders that share folders through mounts are refused, and no others."""

from pathlib import Path
from typing import Any, cast

import pytest
from dropcut.core.errors import ConfigurationError
from dropcut.settings import Settings, explain, mounts

NAMES = ("inbox", "outbox", "processed", "failed")
BIND = "2 1 8:1 {root} {point} rw - ext4 /dev/sda1 rw"
OTHER = "2 1 8:2 {root} {point} rw - ext4 /dev/sdb1 rw"


@pytest.fixture(autouse=True)
def _folders(tmp_path: Path) -> None:
    for name in NAMES:
        (tmp_path / name / "sub" / "sub").mkdir(parents=True)


def _load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    """Look for the folders where a table has these mounts, and one of everything."""
    table = tmp_path / "mountinfo"
    table.write_text("\n".join(("1 0 8:1 / / rw - ext4 /dev/sda1 rw", *lines)))
    monkeypatch.setattr(mounts, "_MOUNTS", table)
    cast("Any", Settings)(root=tmp_path).folders()


@pytest.mark.parametrize("sub", ["", "/sub", "/sub/sub"])
@pytest.mark.parametrize(
    ("outer", "inner"), [("inbox", "outbox"), ("outbox", "inbox"), ("inbox", "failed")]
)
def test_folder_that_is_mounted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, outer: str, inner: str, sub: str
) -> None:
    """A folder that is a bind mount of one inside another folder is refused."""
    mount = BIND.format(root=f"{tmp_path}/{outer}{sub}", point=tmp_path / inner)
    with pytest.raises(ConfigurationError) as caught:
        _load(tmp_path, monkeypatch, mount)
    if sub:
        assert explain(caught.value).startswith(f"DROPCUT_{inner.upper()}: ")
        assert f"with DROPCUT_{outer.upper()} (" in str(caught.value)
    assert "shares folders, through a mount, with" in str(caught.value)


@pytest.mark.parametrize("root", ["outbox", "outbox/sub", ""])
def test_folder_that_has_another_mounted_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, root: str
) -> None:
    """A folder in which another one, or a part of it, is mounted is refused."""
    mount = BIND.format(root=tmp_path / root, point=tmp_path / "inbox" / "sub")
    with pytest.raises(ConfigurationError, match="through a mount, with"):
        _load(tmp_path, monkeypatch, mount)


def test_folders_that_are_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mounts that do not lead from one folder to another are no fault."""
    binds = [BIND.format(root=f"/volumes/{n}", point=tmp_path / n) for n in NAMES]
    others = [OTHER.format(root=tmp_path / n, point=tmp_path / n) for n in NAMES]
    _load(tmp_path, monkeypatch)
    _load(tmp_path, monkeypatch, *binds)
    _load(tmp_path, monkeypatch, *binds[:2], *others[2:])
    _load(tmp_path, monkeypatch, BIND.format(root=tmp_path, point=tmp_path))
    covered = BIND.format(root=tmp_path / "inbox" / "sub", point=tmp_path / "outbox")
    _load(tmp_path, monkeypatch, covered, others[1])
