"""Notifies systemd of the service's state, if systemd started the service.

The protocol is systemd's sd_notify(3): one datagram of `KEY=value` lines.
"""

import os
import socket

from dropcut.core.events import (
    Event,
    Heartbeat,
    ServiceReady,
    ServiceStopping,
    SnapshotTaken,
)
from dropcut.core.text import printable


class SystemdNotifier:
    """A subscriber that notifies the service manager, if there is one.

    Attributes:
        ping_seconds: Time between two pings of the watchdog, half of its interval. None
            if there is no watchdog.
    """

    EVENTS = (ServiceReady, ServiceStopping, SnapshotTaken, Heartbeat)

    def __init__(self, address: str | None, watchdog_usec: str | None) -> None:
        """Create a notifier from the values of NOTIFY_SOCKET and WATCHDOG_USEC."""
        if address and address.startswith("@"):
            address = f"\0{address[1:]}"
        self._address = address
        microseconds = watchdog_usec or "0"
        self.ping_seconds = (
            int(microseconds) / 2e6 if microseconds.isdecimal() else 0
        ) or None
        self._status = ""

    def __call__(self, event: Event) -> None:
        """Send the notification for an event."""
        match event:
            case ServiceReady():
                self._send("READY=1")
            case ServiceStopping():
                self._send("STOPPING=1")
            case Heartbeat():
                self._send("WATCHDOG=1")
            case SnapshotTaken(snapshot=snapshot):
                # The line has file names in it: a line break could forge a message
                status = printable(snapshot.status_line)
                if status != self._status:
                    self._status = status
                    self._send(f"STATUS={status}")
            case _:
                pass

    def _send(self, message: str) -> None:
        if self._address is None:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
                channel.sendto(message.encode("utf-8", "replace"), self._address)
        except OSError:
            return


def notifier_from_environment() -> SystemdNotifier:
    """Return the notifier for the service manager that started this process."""
    return SystemdNotifier(
        os.environ.get("NOTIFY_SOCKET"), os.environ.get("WATCHDOG_USEC")
    )
