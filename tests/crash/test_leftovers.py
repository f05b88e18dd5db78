"""What a killed service of an earlier version has left is finished by this one.

`leftovers.jsonl` holds what the last version before claims recorded `archived_as` left
in the four folders: it was killed at every call of a picture's way, with one and with
two pictures of one name, with `processed/` and `failed/` on the same and on another
file system, and without `renameat2`. Equal states are listed once. The ids of claims
and the time in reason files were made the same.
"""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Worlds
from .world import Tree, World

_LINES = Path(__file__).with_name("leftovers.jsonl").read_text("ascii").splitlines()
_STATES = [json.loads(line) for line in _LINES]


def _laid(world: World, kind: str, dropped: int, tree: Tree) -> World:
    world.lay(tree, [f"{kind} {number}".encode("ascii") for number in range(dropped)])
    return world


@pytest.mark.parametrize(
    ("apart", "kind", "dropped", "tree"),
    [(s["apart"], s["kind"], s["dropped"], s["tree"]) for s in _STATES],
)
def test_leftovers_of_the_earlier_version(
    worlds: Worlds, kind: str, dropped: int, tree: Tree
) -> None:
    """Whatever a kill left behind, each picture ends once, and nothing is left over."""
    _laid(worlds(), kind, dropped, tree).check_end()


_HALF_ARCHIVED = [
    s
    for s in _STATES
    if any(path.endswith((".processed", ".failed")) for path in s["tree"])
]


@pytest.mark.parametrize("apart", [True])
@pytest.mark.parametrize("number", range(len(_HALF_ARCHIVED)))
def test_leftovers_killed_again(
    worlds: Worlds, record_property: Callable[[str, object], None], number: int
) -> None:
    """Whichever call of finishing such a move is killed, no promise is broken."""
    state = _HALF_ARCHIVED[number]
    after, came = 0, True
    while came:
        world = _laid(worlds(), state["kind"], state["dropped"], state["tree"])
        came = world.kill(after)
        world.check()
        world.check_end()
        after += 1
    record_property("kills in this process", after)
