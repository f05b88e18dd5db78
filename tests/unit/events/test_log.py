"""A log line is one line of valid UTF-8, whatever names are in it."""

import errno
import io
import json
import logging
import threading
import warnings
from pathlib import PurePosixPath
from typing import Any

import pytest
from dropcut.core.events import (
    ClaimsRecovered,
    Event,
    EventsDropped,
    EventsOverflowed,
    GaveUpWaiting,
    InternalErrorRaised,
    ModelLoaded,
    Paused,
    PictureDeferred,
    PictureDone,
    PictureFailed,
    PollingStarted,
    Resumed,
    ScanFinished,
    ServiceReady,
    ServiceStopped,
    Skipped,
    SnapshotTaken,
    SubscriberFailed,
    WatcherLost,
)
from dropcut.core.reports import Outcome, Report
from dropcut.events import log
from hypothesis import example, given
from hypothesis import strategies as st

from ..fakes import a_claim

_NAMES = st.binary(min_size=1, max_size=30).map(
    lambda data: data.decode("utf-8", "surrogateescape")
)
_HOSTILE = "a\nb\r\x1b[31mred\x07\x85\u2028\udcff\udc80.jpg"


class _Lines(io.TextIOWrapper):
    """A stream that accepts valid UTF-8 only, as a journal or file does."""

    def __init__(self, *, terminal: bool = False) -> None:
        super().__init__(io.BytesIO(), "utf-8", "strict", "\n")
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal

    def lines(self) -> list[str]:
        self.flush()
        data = self.buffer
        assert isinstance(data, io.BytesIO)
        return data.getvalue().decode("utf-8").splitlines()


def _logged(log_format: str, **values: Any) -> list[str]:  # noqa: ANN401  # as a logger takes
    stream = _Lines()
    log.configure("info", log_format, stream).warning("picture", **values)
    return stream.lines()


@given(_NAMES)
@example(_HOSTILE)
def test_json_line(name: str) -> None:
    """In JSON, any name results in one valid line without control characters."""
    (line,) = _logged("json", name=PurePosixPath("in", name), notes=(name, {name: 1}))
    event = json.loads(line)
    assert event["event"] == "picture"
    assert event["level"] == "warning"
    assert event["name"].isprintable()
    assert "\x1b" not in line


@given(_NAMES)
@example(_HOSTILE)
def test_console_line(name: str) -> None:
    """On a console, any name results in one line without control characters."""
    (line,) = _logged("console", name=name)
    assert line.isprintable()
    assert "picture" in line


def _raise(text: str) -> None:
    raise ValueError(text)


def test_values_keep_their_types() -> None:
    """Numbers, enums, lists and None keep their meaning in JSON."""
    (line,) = _logged(
        "json", outcome=Outcome.DONE, ms={"read": 3}, megapixels=1.5, reason=None
    )
    event = json.loads(line)
    assert event["outcome"] == "done"
    assert event["ms"] == {"read": 3}
    assert event["megapixels"] == 1.5
    assert event["reason"] is None
    assert event["timestamp"].endswith("Z")


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_exception_with_hostile_text(log_format: str) -> None:
    """A traceback whose text is not UTF-8 does not break the log."""
    stream = _Lines()
    logger = log.configure("info", log_format, stream)
    try:
        _raise(_HOSTILE)
    except ValueError as error:
        logger.exception("internal error", exc_info=error)
    text = "\n".join(stream.lines())
    assert "ValueError" in text
    assert "\x1b" not in text


@pytest.mark.parametrize(
    ("log_format", "terminal", "is_json"),
    [
        ("auto", False, True),
        ("auto", True, False),
        ("json", True, True),
        ("console", False, False),
    ],
)
def test_format(log_format: str, *, terminal: bool, is_json: bool) -> None:
    """By default, the log is for people on a terminal and JSON elsewhere."""
    stream = _Lines(terminal=terminal)
    log.configure("info", log_format, stream).info("ready")
    assert stream.lines()[0].startswith("{") is is_json


def test_level() -> None:
    """Lines below the level are not written."""
    stream = _Lines()
    logger = log.configure("warning", "json", stream)
    logger.info("no")
    logger.warning("yes")
    assert [json.loads(line)["event"] for line in stream.lines()] == ["yes"]


class _Broken:
    """An output that fails while it is set to."""

    def __init__(self) -> None:
        self.broken, self.lines = True, list[str]()

    def write(self, text: str) -> int:
        if self.broken:
            raise OSError(errno.ENOSPC, "full")
        self.lines.append(text)
        return len(text)

    def flush(self) -> None:
        """Do nothing."""

    def isatty(self) -> bool:
        """Return whether it is a terminal."""
        return False


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_lines_that_cannot_be_written(log_format: str) -> None:
    """A log that cannot be written stops nothing, and later says what it lacks."""
    output = _Broken()
    write = log.EventLog(log.configure("info", log_format, output))
    write(EventsOverflowed())
    write(WatcherLost())
    output.broken = False
    write(EventsOverflowed())
    write(WatcherLost())
    said = [next(w for w in _NAMED if w in line) for line in output.lines]
    assert said == ["events dropped", "inotify overflow", "watcher lost"]
    assert "2" in output.lines[0].split("events")[-1]


_NAMED = ("events dropped", "inotify overflow", "watcher lost")


def test_libraries_speak_in_the_same_form(monkeypatch: pytest.MonkeyPatch) -> None:
    """A library's log record or warning is one more JSON line, never a bare one."""
    output = _Lines()
    write = log.EventLog(log.configure("debug", "json", output))
    # Not pytest's own: its workers cannot pass on what is no UTF-8
    handlers: list[logging.Handler] = []
    monkeypatch.setattr(logging.getLogger(), "handlers", handlers)
    with log.captured_libraries(write):
        logging.getLogger("watchdog").warning("two\nlines")
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            logging.captureWarnings(capture=True)
            warnings.warn("of \udcff", RuntimeWarning, stacklevel=1)
    assert handlers == []
    lines = [json.loads(line) for line in output.lines()]
    assert [line["event"] for line in lines] == ["library", "library"]
    assert lines[0]["text"] == "two\\nlines"


class _Fragile:
    """Raises where nobody can catch it."""

    def __del__(self) -> None:
        _raise("odd")


def test_exception_that_python_would_print(capfd: pytest.CaptureFixture[str]) -> None:
    """What a destructor raises is published, and not printed past the log."""
    published: list[Event] = []
    with log.captured_libraries(published.append):
        _Fragile()
    (event,) = published
    assert isinstance(event, InternalErrorRaised)
    assert isinstance(event.error, ValueError)
    assert capfd.readouterr() == ("", "")


def test_every_event_with_a_line_is_subscribed_to() -> None:
    """The log gets each event that has a line, and counts no other as dropped."""
    assert all(issubclass(type(event), log.EVENTS) for event, _ in _LINES)
    assert not issubclass(SnapshotTaken, log.EVENTS)


def test_thread_that_dies() -> None:
    """An exception that ends a thread is logged with its traceback."""
    output = _Lines()
    write = log.EventLog(log.configure("info", "json", output))
    with log.captured_libraries(write):
        thread = threading.Thread(target=_raise, args=("odd",))
        thread.start()
        thread.join()
    (line,) = map(json.loads, output.lines())
    assert line["event"] == "a thread has died"
    assert "ValueError: odd" in line["exception"]


_PATH = PurePosixPath("sub/a.txt")


_DONE = PictureDone(report=Report(claim=a_claim(), outcome=Outcome.DONE))
_FAILED = PictureFailed(report=Report(claim=a_claim(), outcome=Outcome.FAILED))
_POSTPONED = PictureDeferred(report=Report(claim=a_claim(), outcome=Outcome.POSTPONED))
_LINES = [
    (ServiceReady(waiting=2, about={"x": "y"}), "info ready x=y waiting=2"),
    (ServiceStopped(done=1, failed=0), "info stopped done=1 failed=0"),
    (_DONE, "info picture name=photo.jpg outcome=done attempt=0"),
    (_FAILED, "warning picture name=photo.jpg outcome=failed attempt=0"),
    (_POSTPONED, "debug picture name=photo.jpg outcome=postponed attempt=0"),
    (Paused(reason="full"), "warning paused reason=full"),
    (Paused(reason="gone", model="a"), "warning paused reason=gone model=a"),
    (Resumed(faults=3), "info resumed faults=3"),
    (GaveUpWaiting(pictures=2), "error giving up, pictures remain pictures=2"),
    (GaveUpWaiting(pictures=None), "error giving up, pictures remain"),
    (
        ModelLoaded(model="a", milliseconds=9),
        "debug model loaded model=a milliseconds=9",
    ),
    (ClaimsRecovered(pictures=2), "info claims recovered pictures=2"),
    (ScanFinished(entries=0), "debug scan finished entries=0"),
    (
        Skipped(path=PurePosixPath("sub/a"), reason="FIFO"),
        "warning skipped name=sub/a reason=FIFO",
    ),
    (EventsOverflowed(), "info inotify overflow"),
    (WatcherLost(), "warning watcher lost"),
    (PollingStarted(reason="limit"), "warning polling reason=limit"),
    (EventsDropped(events=7), "warning events dropped events=7"),
    (
        SubscriberFailed(subscriber="a", reason="no"),
        "error subscriber failed subscriber=a reason=no",
    ),
]


@pytest.mark.parametrize(("event", "line"), _LINES, ids=[line for _, line in _LINES])
def test_line_of_an_event(event: Event, line: str) -> None:
    """Every event is one line: a short name, and its details as keys."""
    stream = _Lines()
    log.log_event(event, log.configure("debug", "json", stream))
    (written,) = map(json.loads, stream.lines())
    level, name = written.pop("level"), written.pop("event")
    del written["timestamp"]
    written.pop("peak_rss_mb", None)
    details = [f"{key}={value}" for key, value in written.items()]
    assert " ".join([level, name, *details]) == line


def test_line_of_an_internal_error() -> None:
    """An unexpected error is logged with its traceback."""
    stream = _Lines()
    event = InternalErrorRaised(error=ValueError("odd"))
    log.log_event(event, log.configure("info", "json", stream))
    (line,) = map(json.loads, stream.lines())
    assert (line["event"], line["level"]) == ("internal error", "error")
    assert "ValueError: odd" in line["exception"]


def test_events_without_a_line() -> None:
    """Some events have no log line."""
    stream = _Lines()
    log.log_event(Event(), log.configure("debug", "json", stream))
    assert stream.lines() == []
