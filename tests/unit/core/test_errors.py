"""Errors say whose fault they are, and describe themselves in words."""

import errno
import pickle

import pytest
from dropcut.core.errors import (
    NO_USABLE_FILE,
    TRANSIENT,
    DropcutError,
    ModelUnavailableError,
    TransientError,
    describe,
    is_transient,
)


@pytest.mark.parametrize("kind", [TransientError, ModelUnavailableError])
def test_transient_error(kind: type[TransientError]) -> None:
    """A transient error needs no errno, and is handled as the system's own are."""
    error = kind("the disk is away")
    assert isinstance(error, OSError)
    assert isinstance(error, DropcutError)
    assert (error.errno, error.strerror, error.filename) == (None, None, None)
    assert is_transient(error)
    assert describe(error) == "the disk is away"
    assert str(pickle.loads(pickle.dumps(error))) == "the disk is away"  # noqa: S301  # of this test


@pytest.mark.parametrize("code", sorted(NO_USABLE_FILE))
def test_fault_of_a_path(code: int) -> None:
    """What is wrong with one path does not pass, and stops no other picture."""
    assert not is_transient(OSError(code, "no"))


@pytest.mark.parametrize("code", sorted(TRANSIENT))
def test_fault_of_the_machine(code: int) -> None:
    """What is wrong with a whole file system may pass."""
    assert is_transient(OSError(code, "no"))


def test_description() -> None:
    """A description has the path and the problem, and no number."""
    full = OSError(errno.ENOSPC, "No space left on device", "/out")
    assert describe(full) == "/out: No space left on device"
    assert describe(ValueError()) == "ValueError()"
