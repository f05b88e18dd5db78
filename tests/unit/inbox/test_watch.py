"""Kernel events become hints, and a watcher notices when they stop."""

import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from dropcut.inbox.watch import NativeWatcher, PathHints

_SECONDS = 20


class _HintCollector:
    """Collects the hints of a watcher."""

    def __init__(self, root: Path) -> None:
        self._woken = threading.Event()
        self.received: set[str] = set()
        self.hints = PathHints(self._woken.set)
        self.watcher = NativeWatcher(root, self.hints, recursive=True, skip=".dropcut")

    def receives(self, path: str) -> bool:
        """Wait for a hint; False if it does not arrive in time."""
        deadline = time.monotonic() + _SECONDS
        while path not in self.received and time.monotonic() < deadline:
            self._woken.wait(1)
            self._woken.clear()
            self.received.update(self.hints.drain()[0])
        return path in self.received

    def becomes_unhealthy(self) -> bool:
        """Wait until the watcher is not healthy; False if it stays healthy."""
        deadline = time.monotonic() + _SECONDS
        while self.watcher.healthy() and time.monotonic() < deadline:
            self._woken.wait(0.01)
        return not self.watcher.healthy()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return an inbox with a sub-folder, beside a folder that is outside."""
    (tmp_path / "inbox" / "sub").mkdir(parents=True)
    (tmp_path / "inbox" / ".dropcut").mkdir()
    (tmp_path / "outside").mkdir()
    return tmp_path / "inbox"


@pytest.fixture
def collector(root: Path) -> Iterator[_HintCollector]:
    """Watch the inbox."""
    collector = _HintCollector(root)
    collector.watcher.start()
    yield collector
    collector.watcher.stop()


@pytest.mark.parametrize("name", ["new.jpg", "sub/new.jpg", "ü\n\udcff.jpg"])
def test_written_file(collector: _HintCollector, root: Path, name: str) -> None:
    """A file that is written into the inbox causes a hint with its path."""
    (root / name).write_bytes(b"x")
    assert collector.receives(name)


def test_closed_file(collector: _HintCollector, root: Path) -> None:
    """Closing a written file causes another hint."""
    with (root / "new.jpg").open("wb") as file:
        assert collector.receives("new.jpg")
        collector.received.clear()
        file.write(b"x")
    assert collector.receives("new.jpg")


def test_file_moved_in(collector: _HintCollector, root: Path) -> None:
    """A file that is moved in from outside causes a hint."""
    (root.parent / "outside" / "x").write_bytes(b"x")
    (root.parent / "outside" / "x").rename(root / "moved.jpg")
    assert collector.receives("moved.jpg")


def test_file_renamed_inside(collector: _HintCollector, root: Path) -> None:
    """A rename in the inbox causes a hint with the new name."""
    (root / "x.part").write_bytes(b"x")
    (root / "x.part").rename(root / "sub" / "final.jpg")
    assert collector.receives("sub/final.jpg")


def test_hard_link(collector: _HintCollector, root: Path) -> None:
    """A hard link causes a hint although nobody opens the file."""
    (root.parent / "outside" / "x").write_bytes(b"x")
    (root / "linked.jpg").hardlink_to(root.parent / "outside" / "x")
    assert collector.receives("linked.jpg")


def test_folder_moved_in(collector: _HintCollector, root: Path) -> None:
    """A moved-in folder causes a hint, and so does a file that arrives in it later."""
    (root.parent / "outside" / "album").mkdir()
    (root.parent / "outside" / "album").rename(root / "album")
    assert collector.receives("album")
    (root / "album" / "later.jpg").write_bytes(b"x")
    assert collector.receives("album/later.jpg")


def test_own_folder(collector: _HintCollector, root: Path) -> None:
    """Changes in the claims folder cause no hints."""
    (root / ".dropcut" / "claim").write_bytes(b"x")
    (root / ".dropcut" / "claim").rename(root / ".dropcut" / "other")
    (root / "last.jpg").write_bytes(b"x")
    assert collector.receives("last.jpg")
    assert {path for path in collector.received if path.startswith(".dropcut")} == set()


def test_healthy(collector: _HintCollector, root: Path) -> None:
    """A watcher is healthy while the folder it watches is the inbox."""
    assert collector.watcher.healthy()
    (root / "sub" / "x").mkdir()
    (root / "sub" / "x").rmdir()
    assert collector.watcher.healthy()


def test_deleted_inbox(collector: _HintCollector, root: Path) -> None:
    """A watcher whose inbox was deleted is not healthy."""
    for folder in ("sub", ".dropcut", "."):
        (root / folder).rmdir() if folder != "." else root.rmdir()
    assert collector.becomes_unhealthy()


@pytest.mark.parametrize("new", [True, False], ids=["replaced", "moved away"])
def test_moved_inbox(collector: _HintCollector, root: Path, *, new: bool) -> None:
    """A watcher whose inbox was moved away or replaced is not healthy."""
    root.rename(root.parent / "old")
    if new:
        root.mkdir()
    assert collector.becomes_unhealthy()


def test_not_started(root: Path) -> None:
    """A watcher that was not started is not healthy and can be stopped."""
    collector = _HintCollector(root)
    assert not collector.watcher.healthy()
    collector.watcher.stop()


def test_missing_inbox(tmp_path: Path) -> None:
    """Watching a missing inbox fails and leaves no thread behind."""
    collector = _HintCollector(tmp_path / "nothing")
    with pytest.raises(OSError, match="No such file"):
        collector.watcher.start()
    collector.watcher.stop()


def test_stop(root: Path) -> None:
    """A stopped watcher has no threads and no log handlers, and is not healthy."""
    before, handlers = threading.active_count(), len(_watchdog().handlers)
    collector = _HintCollector(root)
    collector.watcher.start()
    assert threading.active_count() > before
    collector.watcher.stop()
    collector.watcher.stop()
    assert threading.active_count() == before
    assert len(_watchdog().handlers) == handlers
    assert not collector.watcher.healthy()


def _watchdog() -> logging.Logger:
    return logging.getLogger("watchdog")


def test_overflow(collector: _HintCollector) -> None:
    """An overflow of the kernel's queue is noticed, once."""
    _watchdog().warning("something else")
    assert not collector.hints.drain()[1]
    _watchdog().warning("inotify event queue overflow")
    assert collector.hints.drain()[1]
    assert not collector.hints.drain()[1]


def test_hints_are_bounded() -> None:
    """Hints beyond the limit are dropped, and `drain` says that some are missing."""
    woken: list[None] = []
    hints = PathHints(lambda: woken.append(None), limit=2)
    for path in ("a", "b", "a", "c"):
        hints.add(path)
    assert len(woken) == 4
    paths, overflowed = hints.drain()
    assert paths == ["a", "b"]
    assert overflowed
    assert hints.drain() == ([], False)


def test_known_hint_at_the_limit() -> None:
    """A path that is already among the hints does not count as dropped."""
    hints = PathHints(lambda: None, limit=1)
    hints.add("a")
    hints.add("a")
    assert hints.drain() == (["a"], False)
