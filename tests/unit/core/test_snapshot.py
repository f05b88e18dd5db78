"""A snapshot says in one line how the service is, and when `run --once` is done."""

from typing import Any

import pytest
from dropcut.core.backoff import Backoff
from dropcut.core.errors import ExitCode, Reason
from dropcut.core.snapshot import Snapshot

_ONCE = Backoff("the disk is full", 1, 0, 1)
_OFTEN = Backoff("the disk is full", 5, 0, 1)
_COUNTS = "3 waiting, 2 done, 1 failed"


def _snapshot(**fields: Any) -> Snapshot:  # noqa: ANN401  # of any field
    counts: dict[str, Any] = {"waiting": 3, "done": 2, "failures": {Reason.CORRUPT: 1}}
    return Snapshot(**(counts | fields))


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({}, f"idle: {_COUNTS}"),
        ({"in_progress": ("a.jpg", "b.jpg")}, f"a.jpg, b.jpg: {_COUNTS}"),
        ({"unclaimable": 4}, f"idle: {_COUNTS}, 4 cannot be claimed"),
        ({"backoff": _ONCE}, f"paused, the disk is full: {_COUNTS}"),
        (
            {"backoff": _ONCE, "inbox_backoff": Backoff("it is gone", 1, 0, 1)},
            f"paused, it is gone: {_COUNTS}",
        ),
        (
            {"partial_backoffs": (_ONCE,)},
            f"paused in part, the disk is full: {_COUNTS}",
        ),
        (
            {"partial_backoffs": (_ONCE,), "waiting": 0},
            "idle: 0 waiting, 2 done, 1 failed",
        ),
    ],
)
def test_status_line(fields: dict[str, Any], line: str) -> None:
    """The status line says what is in progress, or why nothing is, and the counts."""
    assert _snapshot(**fields).status_line == line


@pytest.mark.parametrize(
    ("fields", "finished", "gave_up"),
    [
        ({"waiting": 0}, True, False),
        ({"waiting": 0, "idle": False}, False, False),
        ({"waiting": 1}, False, False),
        ({"waiting": 0, "attached": False}, False, False),
        ({"waiting": 2, "given_up": 1}, False, False),
        ({"waiting": 2, "given_up": 2}, True, True),
        ({"waiting": 2, "given_up": 2, "idle": False}, False, False),
        ({"backoff": _ONCE}, False, False),
        ({"backoff": _OFTEN}, False, True),
        ({"inbox_backoff": _ONCE, "attached": False}, False, False),
        ({"inbox_backoff": _OFTEN, "attached": False}, False, True),
    ],
)
def test_end_of_once(fields: dict[str, Any], *, finished: bool, gave_up: bool) -> None:
    """`run --once` ends when nothing is left to do, or after five faults in a row."""
    snapshot = _snapshot(**fields)
    assert (snapshot.finished, snapshot.gave_up) == (finished, gave_up)


@pytest.mark.parametrize(
    "fields",
    [
        {"waiting": 1},
        {"failures": {Reason.TIMED_OUT: 1}},
        {"unclaimable": 1},
        {"backoff": _ONCE},
        {"partial_backoffs": (_ONCE,)},
        {"inbox_backoff": _ONCE},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_exit_code(fields: dict[str, Any]) -> None:
    """`run --once` ends with 0 only if every picture is done and nothing is wrong."""
    assert Snapshot(done=3).exit_code is ExitCode.DONE
    assert Snapshot(done=3, **fields).exit_code is ExitCode.SOME_FAILED


def test_counts() -> None:
    """Failed pictures are counted by reason, and in all."""
    snapshot = Snapshot(done=4, failures={Reason.CORRUPT: 2, Reason.TIMED_OUT: 1})
    assert (snapshot.failed, snapshot.archived) == (3, 7)
