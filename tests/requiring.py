"""Saying what the machine lacks for a test."""

import os

import pytest


def require(condition: object, reason: str) -> None:
    """Skip the test, saying why, unless the condition holds; in CI fail instead."""
    if condition:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"required in CI: {reason}", pytrace=False)
    pytest.skip(reason)
