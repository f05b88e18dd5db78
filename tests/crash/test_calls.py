"""Every single call of a picture's way, in this process: quick, and with no gap."""

import errno
import shutil
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from .conftest import Choice
from .faulty import Plan
from .lives import BAD, CUT_OFF
from .world import GOOD, World

_PICTURES = pytest.mark.parametrize("kind", [GOOD, BAD, CUT_OFF])
_PLACES = pytest.mark.parametrize("apart", [False, True], ids=["here", "apart"])
_STRIDE = 12
_Worlds = Callable[[], World]


@pytest.fixture
def worlds(tmp_path: Path, apart: bool) -> Iterator[_Worlds]:  # noqa: FBT001
    """Return what makes a new world, with one picture dropped into it."""
    shared = Path("/dev/shm")  # noqa: S108  # the other file system that Linux has
    if apart and (
        not shared.is_dir() or shared.stat().st_dev == tmp_path.stat().st_dev
    ):
        pytest.skip("there is no second file system at /dev/shm")
    made: list[World] = []
    others: list[Path] = []

    def make() -> World:
        for world in made:
            world.close()
        if apart:
            others.append(Path(tempfile.mkdtemp(prefix="dropcut-test-", dir=shared)))
        root = tmp_path / str(len(made))
        root.mkdir()
        made.append(World(root, others[-1] if apart else None))
        return made[-1]

    yield make
    made[-1].close()
    for other in others:
        shutil.rmtree(other)


@_PICTURES
@_PLACES
def test_kill_at_every_call(
    worlds: _Worlds, record_property: Callable[[str, object], None], kind: bytes
) -> None:
    """Whichever call a kill comes at, no promise is broken, and the next life ends."""
    for after in count():
        world = worlds()
        world.drop("sub/a.jpg", kind)
        came = world.kill(after)
        world.check()
        world.check_end()
        if not came:
            record_property("kills in this process", after)
            return


@_PICTURES
@_PLACES
@pytest.mark.parametrize("error", [errno.EIO, errno.ENOSPC, errno.ESTALE])
@pytest.mark.parametrize("calls", [1, 3])
@pytest.mark.parametrize("done", [False, True], ids=["not done", "done"])
def test_error_at_every_call(  # noqa: PLR0913, PLR0917  # each is a dimension
    worlds: _Worlds,
    choice: Choice,
    record_property: Callable[[str, object], None],
    kind: bytes,
    error: int,
    calls: int,
    done: bool,  # noqa: FBT001
) -> None:
    """Whichever call fails, or says so, no promise is broken, and the work goes on."""
    for tried, after in enumerate(choice.numbers(_STRIDE)):
        world = worlds()
        world.drop("sub/a.jpg", kind)
        came = world.fail(Plan(after, calls, error, done))
        world.check()
        world.check_end()
        if not came:
            record_property("errors in this process", tried)
            return


@_PLACES
def test_retry_killed_at_every_call(worlds: _Worlds) -> None:
    """Whichever call of `retry` a kill comes at, the next one brings all back, once."""
    for after in count():
        world = worlds()
        world.drop("sub/a.jpg", BAD)
        world.work()
        came = world.kill_retry(after)
        world.check()
        world.retry()
        world.check_end()
        if not came:
            return
