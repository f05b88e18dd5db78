"""Waiting for conditions."""

import os
import time
from collections.abc import Callable
from typing import TypeVar

import pytest

_LOOK_EVERY_SECONDS = 0.03
_RARELY = 10  # so that a look that takes long does not slow down what it waits for
_T = TypeVar("_T")


def eventually(
    condition: Callable[[], _T],
    seconds: float = 30,
    explain: Callable[[], str] = lambda: "",
) -> _T:
    """Return the condition's first true value; fail when none came in time.

    A busy machine gets as much longer as it has more work than processors.
    """
    started = time.monotonic()
    while True:
        begun = time.monotonic()
        if value := condition():
            return value
        now = time.monotonic()
        if now - started > seconds * _crowding():
            pytest.fail(f"not true within {now - started:g} seconds\n{explain()}")
        time.sleep(max(_LOOK_EVERY_SECONDS, _RARELY * (now - begun)))


def _crowding() -> float:
    """Return how many processes there are for each processor, at least two."""
    return max(2.0, os.getloadavg()[0] / (os.cpu_count() or 1))
