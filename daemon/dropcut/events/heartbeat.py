"""Tells systemd how the service is, and that it is well."""

import time

from dropcut.events.systemd import SystemdNotifier


class Teller:
    """Keeps the time of the pings that the service manager waits for."""

    def __init__(self, notifier: SystemdNotifier) -> None:
        """Take whom to tell."""
        self._notifier = notifier
        self.ready, self.stopping = notifier.ready, notifier.stopping
        self.next_ping = 0.0 if notifier.ping_seconds else None

    def tell(self, now_seconds: float, status: str, *, well: bool) -> None:
        """Show the status, and ping if it is time for it and all is well."""
        self._notifier.status(status)
        if well:
            self._ping(now_seconds)

    def beat(self) -> None:
        """Ping during a long scan: it goes on."""
        self._ping(time.monotonic())

    def _ping(self, now_seconds: float) -> None:
        if self.next_ping is not None and now_seconds >= self.next_ping:
            self._notifier.ping()
            self.next_ping = now_seconds + (self._notifier.ping_seconds or 0)
