"""Replaces `os` with one whose calls kill, fail, or find the disk full."""

import ctypes
import errno
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from dropcut.storage import posix

if TYPE_CHECKING:
    from .power import Power

_GROWING = frozenset(["open", "write", "mkdir", "link"])
_CALLS = _GROWING | {"rename", "unlink", "fsync", "utime", "renameat2"}
_AT_READING = (None, errno.EIO, errno.ESTALE)  # an unreadable file counts as foreign
_MODULES = (
    *("posix", "content", "records", "claims", "archive", "store", "retry", "roots"),
    *("outputs", "results", "mirror", "reasons"),
)


class Killed(BaseException):
    """The process is dead: no call has an effect from now on."""


@dataclass(slots=True)
class Plan:
    """Which calls fail, and how.

    Attributes:
        after: How many calls succeed first.
        calls: How many fail then; a kill is permanent.
        error: The errno, None for a kill.
        done: Whether a failing call has its effect all the same.
    """

    after: int
    calls: int = 1
    error: int | None = None
    done: bool = False


@dataclass(slots=True)
class Person:
    """Somebody who does something to the folders between two calls.

    Attributes:
        after: How many calls come first.
        act: What is done.
    """

    after: int
    act: Callable[[], None]

    def acts_now(self) -> bool:
        """Count a call; act before it if enough came first."""
        self.after -= 1
        if self.after >= 0:
            return False
        self.act()
        return True


class FaultyOs:
    """Stands in for the module `os` and for libc in the storage."""

    def __init__(self) -> None:
        """Let all calls succeed at first."""
        self.plan: Plan | None = None
        self.power: Power | None = None
        self.person: Person | None = None
        self.full = False
        self.steps = 0

    def installed(self) -> pytest.MonkeyPatch:
        """Replace `os` in the storage; the caller undoes the patch."""
        patch = pytest.MonkeyPatch()
        self._libc = posix._libc()
        for module in _MODULES:
            patch.setattr(f"dropcut.storage.{module}.os", self)
        patch.setattr(posix, "_libc", lambda: self)
        return patch

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # whatever `os` has
        """Return a function of `os`, which may fail if it is one of the calls."""
        real = self._libc.renameat2 if name == "renameat2" else getattr(os, name)
        if name == "fsync":
            real = os.fstat  # no power is cut, so it would only cost time
        return self._spoilt(name, real) if name in _CALLS else real

    def _spoilt(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:  # noqa: ANN401  # as the real one
            fault = self._fault(name, args)
            if self.power:
                self.power.before(name, args, options)
            if fault is None:
                return real(*args, **options)
            if fault.error is None:
                raise Killed
            if fault.done:
                real(*args, **options)
            return _failed(name, fault.error)

        return call

    def _fault(self, name: str, args: tuple[Any, ...]) -> Plan | None:
        """Return how this call fails, if it does; reads from a full disk succeed."""
        self.steps += 1
        creates = name != "open" or args[1] & os.O_CREAT
        if self.full and name in _GROWING and creates:
            return Plan(0, error=errno.ENOSPC)
        if self.person and self.person.acts_now():
            self.person = None
        plan = self.plan
        if plan is None or not (creates or plan.error in _AT_READING):
            return None
        if plan.after:
            plan.after -= 1
            return None
        if plan.error is not None:
            plan.calls -= 1
            self.plan = plan if plan.calls else None
        return plan


def _failed(name: str, error: int) -> int:
    """Fail as the real call does: libc through its return value."""
    if name == "renameat2":
        ctypes.set_errno(error)
        return -1
    raise OSError(error, os.strerror(error))
