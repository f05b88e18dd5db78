"""Marks the tests by the tables of `promises.py`, and groups them for the workers."""

from pathlib import Path

import pytest

from .promises import ALONE, PROMISES, SLOW, SMOKE, TOGETHER, is_of

_TESTS = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test; all tests of a file run in one worker, for their fixtures."""
    for item in items:
        file = item.path.relative_to(_TESTS).as_posix()
        test = f"{file}::{item.name}"
        for name, (_, _, tests) in PROMISES.items():
            if is_of(test, tests):
                item.add_marker(pytest.mark.promise(name))
        for marker, tests in {"slow": SLOW, "smoke": SMOKE, "alone": ALONE}.items():
            if is_of(test, tests):
                item.add_marker(marker)
        folder = next((f for f in TOGETHER if file.startswith(f)), file)
        item.add_marker(pytest.mark.xdist_group(folder))
