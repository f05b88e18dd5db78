"""Times the heartbeats that the service manager's watchdog waits for."""

import time
from collections.abc import Callable

from dropcut.core.events import Heartbeat, Publish


class HeartbeatTimer:
    """Publishes heartbeats.

    Attributes:
        next_due: Monotonic time of the next heartbeat; None if there are to be none.
    """

    def __init__(
        self,
        publish: Publish,
        seconds: float | None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Create a timer; `seconds` is the interval, or None for no heartbeats."""
        self._publish, self._seconds, self._now = publish, seconds, now
        self.next_due = None if seconds is None else 0.0

    def beat(self) -> None:
        """Publish a heartbeat if one is due; call only while the service is healthy."""
        now = self._now()
        if self._seconds is not None and now >= (self.next_due or 0):
            self._publish(Heartbeat())
            self.next_due = now + self._seconds
