"""What watchdog does not report about inotify is found out otherwise."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from dropcut.inbox.inotify_health import (
    OverflowHandler,
    is_watched,
    reader_is_alive,
    watch_limit_reached,
)
from dropcut.inbox.watch import NativeWatcher, PathHints


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Path]:
    """Return a folder that is watched."""
    folder = tmp_path / "watched"
    folder.mkdir()
    hints = PathHints(lambda: None)
    watcher = NativeWatcher(folder, hints, recursive=True, skip=".dropcut")
    watcher.start()
    yield folder
    watcher.stop()


def test_watch_in_proc(watched: Path) -> None:
    """A watch is found for the folder it is on, and for no other."""
    (watched.parent / "other").mkdir()
    assert is_watched(watched)
    assert not is_watched(watched.parent / "other")
    assert not is_watched(watched.parent / "nothing")


def test_watch_of_a_folder_that_was_replaced(watched: Path) -> None:
    """A watch on the folder that had the name before does not count."""
    watched.rename(watched.with_name("away"))
    watched.mkdir()
    assert not is_watched(watched)


def test_reader(watched: Path) -> None:
    """The thread that reads events is alive while a folder is watched."""
    assert is_watched(watched)
    assert reader_is_alive()


def test_watch_limit(tmp_path: Path) -> None:
    """Trying a watch leaves none behind, and a missing folder is not the limit."""
    assert not watch_limit_reached(tmp_path)
    assert not watch_limit_reached(tmp_path / "nothing")
    assert not is_watched(tmp_path)


def test_overflow_handler() -> None:
    """Only the record of an overflow calls back."""
    calls: list[None] = []
    handler = OverflowHandler(lambda: calls.append(None))
    for text, expected in (("something else", 0), ("inotify event queue overflow", 1)):
        handler.emit(logging.LogRecord("w", logging.WARNING, "", 0, text, (), None))
        assert len(calls) == expected
