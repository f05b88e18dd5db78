"""sd_notify: tells systemd how the service is. Outside of systemd it says nothing.

The protocol is systemd's sd_notify(3): one datagram of `KEY=value` lines.
"""

import os
import socket

from dropcut.core.text import printable


class SystemdNotifier:
    """Speaks to the service manager that started us, if one did."""

    def __init__(self, address: str | None, watchdog_usec: str | None) -> None:
        """Take the values of NOTIFY_SOCKET and WATCHDOG_USEC."""
        if address and address.startswith("@"):
            address = f"\0{address[1:]}"
        self._address = address
        microseconds = watchdog_usec or "0"
        self.ping_seconds = (
            int(microseconds) / 2e6 if microseconds.isdecimal() else 0
        ) or None
        self._status = ""

    def ready(self) -> None:
        """Say that pictures are taken from now on."""
        self._send("READY=1")

    def stopping(self) -> None:
        """Say that the service is about to end."""
        self._send("STOPPING=1")

    def ping(self) -> None:
        """Say that everything that must be alive is."""
        self._send("WATCHDOG=1")

    def status(self, text: str) -> None:
        """Show a line in `systemctl status`, if it is a new one."""
        if text != self._status:
            self._status = text
            # Foreign names are in it, and in a line of its own any of them is an order
            self._send(f"STATUS={printable(text)}")

    def _send(self, message: str) -> None:
        if self._address is None:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
                channel.settimeout(1)
                channel.sendto(message.encode("utf-8", "replace"), self._address)
        except OSError:
            return


def notifier_from_environment() -> SystemdNotifier:
    """Return the notifier for the service manager that started this process."""
    return SystemdNotifier(
        os.environ.get("NOTIFY_SOCKET"), os.environ.get("WATCHDOG_USEC")
    )
