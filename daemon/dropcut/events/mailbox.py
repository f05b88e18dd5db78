"""What the worker tells of pictures, until the main loop hears of it."""

from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue

from dropcut.core.reports import Report


class Mailbox:
    """Reports on their way from one thread to another."""

    def __init__(self, wake: Callable[[], None]) -> None:
        """Take what wakes the reader."""
        self._wake = wake
        self._queue: SimpleQueue[Report] = SimpleQueue()

    def put(self, report: Report) -> None:
        """Tell of a picture."""
        self._queue.put(report)
        self._wake()

    def take(self) -> list[Report]:
        """Return the reports since the last call."""
        reports: list[Report] = []
        with suppress(Empty):
            while True:
                reports.append(self._queue.get_nowait())
        return reports
