"""A person who moves, removes or sweeps folders between two calls, and a kill then."""

from collections.abc import Callable

import pytest

from .conftest import Choice, Worlds
from .in_process_service import BAD
from .world import GOOD, World

_PLACES = pytest.mark.parametrize("apart", [False, True], ids=["here", "apart"])
_ACTS = pytest.mark.parametrize(
    ("kind", "folder", "how"),
    [
        *((GOOD, "outbox", how) for how in ("move", "take", "sweep")),
        *((GOOD, "processed", how) for how in ("move", "take", "sweep")),
        *((BAD, "failed", how) for how in ("move", "take", "sweep")),
    ],
)
_LATER = (0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89)
_STRIDE, _SOME = 17, 3


def _checked(world: World, came: bool) -> bool:  # noqa: FBT001
    world.check()
    world.check_end()
    return came


@_PLACES
@_ACTS
def test_person_at_every_call(
    worlds: Worlds,
    record_property: Callable[[str, object], None],
    kind: bytes,
    folder: str,
    how: str,
) -> None:
    """Whenever a person acts, each picture ends once, and never without its result."""
    after, came = 0, True
    while came:
        world = worlds()
        world.drop("sub/a.jpg", kind)
        world.meet(after, folder, how)
        world.allow_twice()
        world.work(8)
        came = _checked(world, world.os.person is None)
        after += 1
    record_property("people in this process", after)


@_PLACES
@_ACTS
def test_kill_after_a_person_at_every_call(  # noqa: PLR0913, PLR0917
    worlds: Worlds,
    choice: Choice,
    record_property: Callable[[str, object], None],
    kind: bytes,
    folder: str,
    how: str,
) -> None:
    """Whenever a person acts and the service is killed later, the same is true.

    Only a kill between a rename and its note leaves no evidence, if the person took the
    folder in the same moment, or just before: then the result is made again.
    """
    kills = 0
    for after in choice.numbers(_STRIDE):
        met = True
        for later in choice.of(_LATER, _SOME):
            world = worlds()
            world.drop("sub/a.jpg", kind)
            world.meet(after, folder, how)
            world.allow_twice(*(["outbox"] if later <= 1 else []))
            came = world.kill(after + later)
            met = world.os.person is None
            kills += _checked(world, came)
        if not met:
            break
    record_property("kills after a person in this process", kills)
