"""What must survive a power cut is durable before an original leaves the claims."""

import pytest

from .conftest import Worlds
from .in_process_service import BAD
from .power import Power
from .world import GOOD, World

_PLACES = pytest.mark.parametrize("apart", [False, True], ids=["here", "apart"])


def _work(
    world: World, kind: bytes, needed: dict[str, str], *, copied: bool = False
) -> None:
    folders = world.folders
    paths = {getattr(folders, name): path for name, path in needed.items()}
    world.os.power = power = Power(folders, paths, copied=copied)
    world.drop("sub/a.jpg", kind)
    world.work(8)
    assert power.departures
    world.check_end()


@_PLACES
def test_result_is_durable_before_its_original_leaves(worlds: Worlds) -> None:
    """`processed` implies that the result, and each folder above it, is durable."""
    _work(worlds(), GOOD, {"outbox": "sub/a.png"})


@_PLACES
def test_reason_is_durable_before_its_original_leaves(worlds: Worlds) -> None:
    """A picture in `failed/` has a durable reason."""
    _work(worlds(), BAD, {"failed": "sub/a.jpg.error.json"})


@pytest.mark.parametrize("apart", [True], ids=["apart"])
@pytest.mark.parametrize(("kind", "place"), [(GOOD, "processed"), (BAD, "failed")])
def test_copy_is_durable_before_its_original_leaves(
    worlds: Worlds, kind: bytes, place: str
) -> None:
    """On another file system, the copy of an original is durable before its removal."""
    _work(worlds(), kind, {place: "sub/a.jpg"}, copied=True)
