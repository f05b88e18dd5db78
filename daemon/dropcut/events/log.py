"""The log: one line per event, human-readable on a terminal and JSON elsewhere."""

import dataclasses
import json
import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TextIO, cast

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

from dropcut.core import events
from dropcut.core.events import (
    Event,
    InternalErrorRaised,
    LibraryMessage,
    Publish,
    ThreadDied,
)
from dropcut.core.text import printable
from dropcut.events.picture_line import picture_line

_DETAILS = ("ms", "model", "attempt", "peak_rss_mb")

_LINES: dict[type[Event], tuple[str, str]] = {
    events.ServiceStopped: ("info", "stopped"),
    events.Paused: ("warning", "paused"),
    events.Resumed: ("info", "resumed"),
    events.GaveUpWaiting: ("error", "giving up, pictures remain"),
    events.ModelLoaded: ("debug", "model loaded"),
    events.ClaimsRecovered: ("info", "claims recovered"),
    events.ScanFinished: ("debug", "scan finished"),
    events.EventsOverflowed: ("info", "inotify overflow"),
    events.WatcherLost: ("warning", "watcher lost"),
    events.PollingStarted: ("warning", "polling"),
    events.EventsDropped: ("warning", "events dropped"),
    events.SubscriberFailed: ("error", "subscriber failed"),
}

EVENTS: tuple[type[Event], ...] = (
    events.PictureEvent,
    events.InternalErrorRaised,
    events.ThreadDied,
    events.LibraryMessage,
    events.ServiceReady,
    events.Skipped,
    *_LINES,
)
"""The events that have a log line; others are not counted if events are dropped."""

Logger = FilteringBoundLogger


class Output(Protocol):
    """Where log lines go."""

    def write(self, text: str, /) -> int:
        """Write a text; raise OSError if it cannot be written."""

    def flush(self) -> None:
        """Pass on what is buffered."""

    def isatty(self) -> bool:
        """Whether this is a terminal."""


def configure(level: str, log_format: str, output: Output) -> Logger:
    """Return a logger, which raises OSError if a line cannot be written.

    Args:
        level: `debug`, `info`, `warning` or `error`.
        log_format: `console`, `json`, or `auto`: console on a terminal.
        output: Where the lines go.
    """
    console = log_format == "console" or (log_format == "auto" and output.isatty())
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(
            colors=output.isatty(), pad_event_to=0, sort_keys=False
        )
        if console
        else structlog.processors.JSONRenderer(json.dumps, ensure_ascii=False)
    )
    logger: Logger = structlog.wrap_logger(
        structlog.WriteLogger(cast("TextIO", output)),
        wrapper_class=structlog.make_filtering_bound_logger(
            getattr(logging, level.upper())
        ),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(
                "%Y-%m-%d %H:%M:%S" if console else "iso", utc=not console
            ),
            structlog.processors.ExceptionRenderer(),
            _escape,
            *([_brief] if console and level != "debug" else []),
            renderer,
        ],
    )
    return logger


@contextmanager
def captured_libraries(publish: Publish) -> Iterator[None]:
    """Publish what libraries log or warn of, and exceptions that Python would print."""
    bridge, hook = _Bridge(publish), threading.excepthook
    other_hook = sys.unraisablehook
    logging.captureWarnings(capture=True)
    logging.getLogger().addHandler(bridge)
    threading.excepthook = lambda died: publish(ThreadDied(error=died.exc_value))
    sys.unraisablehook = lambda raised: publish(
        InternalErrorRaised(error=raised.exc_value)
    )
    try:
        yield
    finally:
        threading.excepthook, sys.unraisablehook = hook, other_hook
        logging.getLogger().removeHandler(bridge)
        logging.captureWarnings(capture=False)


class EventLog:
    """The subscriber that writes the log, and how many lines could not be written."""

    def __init__(self, logger: Logger) -> None:
        """Create a subscriber; `logger` raises OSError if it cannot write a line."""
        self._logger, self._lost = logger, 0

    def __call__(self, event: Event) -> None:
        """Write the line of an event, or count it as lost."""
        try:
            if self._lost:
                log_event(events.EventsDropped(events=self._lost), self._logger)
                self._lost = 0
            log_event(event, self._logger)
        except OSError:
            self._lost += 1


def log_event(event: Event, logger: Logger) -> None:
    """Write the line of an event, if it has one."""
    match event:
        case events.PictureEvent(report=report):
            level, fields = picture_line(report)
            getattr(logger, level)("picture", **fields)
        case events.InternalErrorRaised(error=error):
            logger.error("internal error", exc_info=error)
        case events.ThreadDied(error=ended_by):
            logger.error("a thread has died", exc_info=ended_by)
        case events.LibraryMessage(source=source, text=text):
            logger.debug("library", source=source, text=text)
        case events.ServiceReady(about=about, waiting=waiting):
            logger.info("ready", **about, waiting=waiting)
        case events.Skipped(path=path, reason=reason):
            logger.warning("skipped", name=path, reason=reason)
        case _ if line := _LINES.get(type(event)):
            level, name = line
            fields = {f.name: getattr(event, f.name) for f in dataclasses.fields(event)}
            known = {
                key: value for key, value in fields.items() if value not in ("", None)
            }
            getattr(logger, level)(name, **known)
        case _:
            pass


class _Bridge(logging.Handler):
    """Publishes records of the standard library's logging, which become debug lines.

    Only developers need these lines: what users must know, Dropcut itself logs.
    """

    def __init__(self, publish: Publish) -> None:
        super().__init__(logging.WARNING)
        self._publish = publish

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        self._publish(LibraryMessage(source=record.name, text=text))


def _brief(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Leave out the details that are needed only to look for the cause of a fault."""
    return {key: value for key, value in event.items() if key not in _DETAILS}


def _escape(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Escape what could break a line or its encoding, such as foreign file names."""
    escaped = {key: _escaped(value) for key, value in event.items()}
    if "exception" in event:  # the only value with several lines
        lines = event["exception"].split("\n")
        escaped["exception"] = "\n".join(printable(line) for line in lines)
    return escaped


def _escaped(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict):
        return {printable(key): _escaped(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_escaped(item) for item in value]
    return printable(value)
