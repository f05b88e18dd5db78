"""structlog: one line an event, for people on a terminal and JSON for the rest."""

import dataclasses
import json
import logging
import threading
from contextlib import suppress
from typing import Any, TextIO, cast

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger

from dropcut.core.events import (
    ClaimsRecovered,
    Event,
    EventsDropped,
    EventsOverflowed,
    GaveUpWaiting,
    InternalErrorRaised,
    ModelLoaded,
    Paused,
    PictureEvent,
    PollingStarted,
    Resumed,
    ScanFinished,
    ServiceReady,
    ServiceStopped,
    Skipped,
    SubscriberFailed,
    WatcherLost,
)
from dropcut.core.text import printable
from dropcut.events.picture_line import picture_line

_DETAILS = ("ms", "model", "attempt", "peak_rss_mb")

_LINES: dict[type[Event], tuple[str, str]] = {
    ServiceStopped: ("info", "stopped"),
    Paused: ("warning", "paused"),
    Resumed: ("info", "resumed"),
    GaveUpWaiting: ("error", "giving up, pictures remain"),
    ModelLoaded: ("debug", "model loaded"),
    ClaimsRecovered: ("info", "claims recovered"),
    ScanFinished: ("debug", "scan finished"),
    EventsOverflowed: ("info", "inotify overflow"),
    WatcherLost: ("warning", "watcher lost"),
    PollingStarted: ("warning", "polling"),
    EventsDropped: ("warning", "events dropped"),
    SubscriberFailed: ("error", "subscriber failed"),
}

Logger = FilteringBoundLogger


def configure(level: str, log_format: str, stream: TextIO) -> Logger:
    """Return the logger of the process.

    Args:
        level: `debug`, `info`, `warning` or `error`.
        log_format: `console`, `json`, or `auto`: console on a terminal.
        stream: Where the lines go.
    """
    console = log_format == "console" or (log_format == "auto" and stream.isatty())
    logger: Logger = structlog.wrap_logger(
        structlog.PrintLogger(cast("TextIO", _Tolerant(stream))),
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
            *_renderer(console=console, colors=stream.isatty()),
        ],
    )
    return logger


def adopt_libraries(logger: Logger) -> None:
    """Give what libraries log or warn of the same form, instead of bare lines."""
    logging.captureWarnings(capture=True)
    logging.getLogger().addHandler(_Bridge(logger))


def tell_of_dead_threads(logger: Logger) -> None:
    """Give what ends a thread the same form, too."""
    threading.excepthook = lambda died: logger.error(
        "a thread has died", exc_info=died.exc_value
    )


def log_event(event: Event, logger: Logger) -> None:
    """Write the line of an event; some events have none."""
    match event:
        case PictureEvent(report=report):
            level, fields = picture_line(report)
            getattr(logger, level)("picture", **fields)
        case InternalErrorRaised(error=error):
            logger.error("internal error", exc_info=error)
        case ServiceReady(about=about, waiting=waiting):
            logger.info("ready", **about, waiting=waiting)
        case Skipped(path=path, reason=reason):
            logger.warning("skipped", name=path, reason=reason)
        case _ if line := _LINES.get(type(event)):
            level, name = line
            fields = {f.name: getattr(event, f.name) for f in dataclasses.fields(event)}
            known = {key: value for key, value in fields.items() if value != ""}
            getattr(logger, level)(name, **known)
        case _:
            pass


class _Bridge(logging.Handler):
    """Passes records of the standard library's logging on, as debug lines.

    They are of use to developers only: Dropcut itself says what its users must know.
    """

    def __init__(self, logger: Logger) -> None:
        super().__init__(logging.WARNING)
        self._logger = logger

    def emit(self, record: logging.LogRecord) -> None:
        self._logger.debug("library", source=record.name, text=record.getMessage())


class _Tolerant:
    """A stream whose reader may be gone, or whose disk full: work goes on."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()


def _renderer(*, console: bool, colors: bool) -> list[Any]:
    if console:
        return [
            structlog.dev.ConsoleRenderer(
                colors=colors, pad_event_to=0, sort_keys=False
            )
        ]
    return [
        structlog.processors.JSONRenderer(json.dumps, ensure_ascii=False),
    ]


def _brief(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Leave out what a person at a terminal only wants when looking for a fault."""
    return {key: value for key, value in event.items() if key not in _DETAILS}


def _escape(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Keep foreign names from breaking a line or its encoding."""
    return {
        key: _escaped_lines(value) if key == "exception" else _escaped(value)
        for key, value in event.items()
    }


def _escaped_lines(text: str) -> str:
    return "\n".join(printable(line) for line in text.split("\n"))


def _escaped(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict):
        return {printable(key): _escaped(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_escaped(item) for item in value]
    return printable(value)
