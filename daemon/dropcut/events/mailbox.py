"""Carries the reports of the worker threads to the main loop."""

from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue

from dropcut.core.reports import Report


class Mailbox:
    """A queue of reports from one thread to another; no report is ever dropped."""

    def __init__(self, wake: Callable[[], None]) -> None:
        """Create an empty mailbox; `wake` wakes the reader."""
        self._wake = wake
        self._queue: SimpleQueue[Report] = SimpleQueue()

    def put(self, report: Report) -> None:
        """Add a report and wake the reader."""
        self._queue.put(report)
        self._wake()

    def drain(self) -> list[Report]:
        """Return the reports since the last call."""
        reports: list[Report] = []
        with suppress(Empty):
            while True:
                reports.append(self._queue.get_nowait())
        return reports
