"""The connection locks and watches the folder that is the inbox now."""

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest
from dropcut.core.events import Event, PollingStarted
from dropcut.inbox.connection import InboxConnection
from dropcut.inbox.host import is_locked
from dropcut.storage import GuardedFolder

from ..fakes import FakeWatcher


class _ConnectionHarness:
    """A connection to a real folder, with fake watchers."""

    def __init__(self, inbox: Path) -> None:
        """Create a detached connection."""
        self.inbox = inbox
        self.watchers: list[FakeWatcher] = []
        self.events: list[Event] = []
        self.start_fails = self.inbox_goes = False
        self.connection = InboxConnection(
            GuardedFolder(inbox), self._make_watcher, self.events.append
        )

    def _make_watcher(self) -> FakeWatcher:
        self.watchers.append(FakeWatcher())
        self.watchers[-1].on_start = self._on_start
        return self.watchers[-1]

    def _on_start(self) -> None:
        if self.inbox_goes:
            self.inbox.rmdir()
        if self.start_fails:
            raise OSError(errno.ENOSPC, "no watches")


@pytest.fixture
def harness(tmp_path: Path) -> Iterator[_ConnectionHarness]:
    """Return a detached connection to an inbox."""
    (tmp_path / "inbox").mkdir()
    harness = _ConnectionHarness(tmp_path / "inbox")
    yield harness
    harness.connection.detach()


def test_attached(harness: _ConnectionHarness) -> None:
    """An attached connection holds the lock and has a running watcher."""
    harness.connection.attach()
    assert harness.connection.attached
    assert harness.connection.healthy()
    assert not harness.connection.polls
    assert is_locked(harness.inbox)


def test_detached(harness: _ConnectionHarness) -> None:
    """A detached connection has stopped its watcher and released the lock."""
    harness.connection.attach()
    harness.connection.detach()
    assert not harness.connection.attached
    assert not harness.watchers[0].running
    assert not is_locked(harness.inbox)


def test_attached_again(harness: _ConnectionHarness) -> None:
    """Attaching again replaces the watcher and stops the old one."""
    harness.connection.attach()
    harness.connection.attach()
    assert [watcher.running for watcher in harness.watchers] == [False, True]


def test_refused_watches(harness: _ConnectionHarness) -> None:
    """Where the kernel refuses watches, the inbox is polled, and that is published."""
    harness.start_fails = True
    harness.connection.attach()
    assert harness.connection.polls
    assert harness.connection.healthy()
    assert not harness.watchers[0].running
    assert harness.events == [PollingStarted(reason="no watches")]


def test_inbox_that_goes_meanwhile(harness: _ConnectionHarness) -> None:
    """An inbox that vanishes while it is attached is missing, not polled."""
    harness.start_fails = harness.inbox_goes = True
    with pytest.raises(FileNotFoundError):
        harness.connection.attach()
    assert not harness.connection.attached
    assert harness.events == []


def test_replaced_inbox(harness: _ConnectionHarness) -> None:
    """A connection is not healthy after the inbox was replaced by another folder."""
    harness.connection.attach()
    harness.inbox.rename(harness.inbox.with_name("old"))
    harness.inbox.mkdir()
    assert not harness.connection.healthy()


def test_dead_watcher(harness: _ConnectionHarness) -> None:
    """A connection is not healthy if its watcher is not."""
    harness.connection.attach()
    harness.watchers[0].is_healthy = False
    assert not harness.connection.healthy()
