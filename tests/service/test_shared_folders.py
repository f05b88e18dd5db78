"""Folders that are the same through mounts: Dropcut never processes its own results."""

from itertools import permutations

import pytest

from .invariants import assert_promises
from .processes import mounted
from .services import FOLDERS, Service, names
from .waiting import eventually


@pytest.mark.parametrize(("outer", "inner"), [*permutations(FOLDERS, 2)])
def test_folder_mounted_from_inside_another(
    service: Service, outer: str, inner: str
) -> None:
    """A folder that is a bind mount of one inside another is refused at the start."""
    seen = service.root / outer / "seen"
    seen.mkdir()
    with mounted(service.root / inner, "--bind", seen):
        for command in ("run", "check"):
            done = service.command(command)
            assert done.code == 78
            assert f"DROPCUT_{inner.upper()}: " in done.out + done.err
            assert "shares folders, through a mount, with" in done.out + done.err


@pytest.mark.parametrize("watcher", ["native", "polling"])
@pytest.mark.parametrize("name", ["outbox", "processed", "failed"])
def test_folder_mounted_into_the_inbox(
    service: Service, name: str, watcher: str
) -> None:
    """What Dropcut writes is left alone, even if it is mounted into the inbox later."""
    service.start(DROPCUT_WATCHER=watcher, DROPCUT_RESCAN_SECONDS=0.5)
    place = service.inbox / "place"
    place.mkdir()
    with mounted(place, "--bind", service.root / name):
        service.drop("bad.jpg", b"no picture")
        service.prove_alive("first")
        eventually(lambda: service.events("skipped"), explain=service.explain)
        service.prove_alive("second")
        service.prove_alive("third")
        assert names(service.outbox) == ["first.png", "second.png", "third.png"]
        assert service.failures() == ["bad.jpg"]
        (skipped,) = service.events("skipped")
        assert (skipped["name"], "by a mount" in skipped["reason"]) == ("place", True)
        assert service.stop() == 0
    assert_promises(service)
