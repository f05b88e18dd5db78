"""A real Samba server: people drop into its share, or Dropcut uses it."""

from pathlib import Path

import pytest

from .invariants import assert_promises
from .pictures import photo
from .samba import Samba
from .services import FOLDERS, Service, names
from .waiting import eventually


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Write pictures of somebody, who is to drop them."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        (folder / name).write_bytes(photo())
    return folder


def test_inbox_that_samba_shares(service: Service, photos: Path) -> None:
    """Pictures that people drop through a Samba server come as events."""
    samba = Samba(service.inbox, service.root / "samba")
    with samba.serving():
        service.start()
        done = samba.do(
            f"lcd {photos}; put a.jpg; mkdir album; cd album; put b.jpg; "
            "put c.jpg c.tmp; rename c.tmp c.jpg"
        )
        assert done.code == 0, done
        service.wait(processed=3)
        assert names(service.outbox) == ["a.png", "album/b.png", "album/c.png"]
        assert_promises(service)


def test_folders_on_a_samba_share(service: Service, photos: Path) -> None:
    """Dropcut uses the share of a Samba server, and waits while that is away."""
    back = service.root / "back"
    for name in FOLDERS:
        (back / name).mkdir(parents=True)
    samba = Samba(back, service.root / "samba")
    with samba.mounted(service.root / "network") as share:
        with samba.serving():
            eventually((share / "inbox").is_dir)
            service.set(DROPCUT_ROOT=share).start()
            assert samba.do(f"lcd {photos}; cd inbox; put a.jpg").code == 0
            (back / "inbox" / "bad.jpg").write_bytes(b"no picture")
            eventually((back / "processed" / "a.jpg").exists, explain=service.explain)
            eventually((back / "failed" / "bad.jpg").exists, explain=service.explain)
        eventually(lambda: service.events("paused"), explain=service.explain)
        (back / "inbox" / "b.jpg").write_bytes(photo())
        with samba.serving():
            eventually((back / "processed" / "b.jpg").exists, explain=service.explain)
            assert names(back / "outbox") == ["a.png", "b.png"]
            assert service.stop() == 0
