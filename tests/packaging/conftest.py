"""What the packaging tests share: how they say that the machine lacks something."""

import os
from collections.abc import Callable

import pytest


def need(condition: object, reason: str) -> None:
    """Skip the test, saying why, unless the condition holds; in CI fail instead.

    A machine without systemd or root may leave these tests out. CI may not: there a
    skipped test would be a promise that nobody keeps.
    """
    if condition:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"required in CI: {reason}", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(name="need", scope="session")
def need_fixture() -> Callable[[object, str], None]:
    """Hand out `need`: test folders are no packages that could import it."""
    return need
