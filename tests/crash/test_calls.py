"""A kill or an error at every single call, in this process."""

import errno
from collections.abc import Callable
from itertools import count

import pytest

from .conftest import Choice, Worlds
from .faulty import Plan
from .in_process_service import BAD, CUT_OFF
from .world import GOOD

_PICTURES = pytest.mark.parametrize("kind", [GOOD, BAD, CUT_OFF])
_PLACES = pytest.mark.parametrize("apart", [False, True], ids=["here", "apart"])
_STRIDE = 12


@_PICTURES
@_PLACES
def test_kill_at_every_call(
    worlds: Worlds, record_property: Callable[[str, object], None], kind: bytes
) -> None:
    """Whichever call is killed, no promise is broken, and the next run finishes."""
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
    worlds: Worlds,
    choice: Choice,
    record_property: Callable[[str, object], None],
    kind: bytes,
    error: int,
    calls: int,
    done: bool,  # noqa: FBT001
) -> None:
    """Whichever call fails, or reports so, no promise is broken and work goes on."""
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
def test_retry_killed_at_every_call(worlds: Worlds) -> None:
    """Whichever call of `retry` is killed, the next one returns everything, once."""
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
