"""Signal handlers, and how signals and other threads wake the main loop."""

import os
import select
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Wakeup:
    """Lets any thread, and a signal handler, wake the main loop.

    It is an eventfd and not a `threading.Event`: a signal handler that runs while the
    main thread holds the event's internal lock would deadlock.
    """

    def __init__(self) -> None:
        """Open the eventfd."""
        self._event_fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)

    def wake(self) -> None:
        """End the current wait or, if nothing is waiting, the next one."""
        with suppress(BlockingIOError):
            os.eventfd_write(self._event_fd, 1)

    def wait(self, seconds: float) -> None:
        """Return when woken, or after `seconds`."""
        select.select([self._event_fd], [], [], max(seconds, 0))
        with suppress(BlockingIOError):
            os.eventfd_read(self._event_fd)


@contextmanager
def handled(stop: Callable[[], None], leave: Callable[[], None]) -> Iterator[None]:
    """Call `stop` at the first SIGTERM or SIGINT; exit at once at the second.

    Args:
        stop: Sets a flag and wakes the loop.
        leave: Called before the exit at the second signal.
    """
    caught: list[int] = []

    def handle(number: int, _frame: FrameType | None) -> None:
        caught.append(number)
        if len(caught) > 1:
            with suppress(Exception):
                leave()
            os._exit(128 + number)
        stop()

    before = [(number, signal.signal(number, handle)) for number in _SIGNALS]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)
