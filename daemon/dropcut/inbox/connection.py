"""Guards the connection to the inbox: lock, watcher, and that both mean the inbox."""

from collections.abc import Callable
from contextlib import suppress

from dropcut.core.errors import describe
from dropcut.events.log import Logger
from dropcut.inbox.host import InboxLock
from dropcut.inbox.ports import Watcher
from dropcut.inbox.watch import PollingWatcher
from dropcut.storage import GuardedFolder


class InboxConnection:
    """Attached to the inbox that is there now, or to none."""

    def __init__(
        self, inbox: GuardedFolder, make_watcher: Callable[[], Watcher], logger: Logger
    ) -> None:
        """Take the inbox and how to watch it; attaches to nothing yet."""
        self._inbox, self._make_watcher = inbox, make_watcher
        self._logger = logger
        self._lock = InboxLock(inbox.path)
        self._watcher: Watcher = PollingWatcher()
        self._identity: tuple[int, int] | None = None

    @property
    def attached(self) -> bool:
        """Whether there is an inbox to work on."""
        return self._identity is not None

    @property
    def polls(self) -> bool:
        """Whether no events come, so that scans must be frequent."""
        return isinstance(self._watcher, PollingWatcher)

    def attach(self) -> None:
        """Lock the inbox and begin to watch it.

        Raises:
            InboxTakenError: Another instance works on it.
            OSError: It is not there.
        """
        self.detach()
        identity = self._inbox.identity()
        self._lock.acquire()
        self._watcher = self._started(self._make_watcher())
        self._identity = identity

    def _started(self, watcher: Watcher) -> Watcher:
        """Start a watcher; where the kernel gives no events, poll instead."""
        try:
            watcher.start()
        except OSError as error:
            watcher.stop()
            self._inbox.check()
            self._logger.warning(
                "no events, so the inbox is polled", why=describe(error)
            )
            return PollingWatcher()
        return watcher

    def detach(self) -> None:
        """Let go of the inbox."""
        self._identity = None
        with suppress(RuntimeError):
            self._watcher.stop()
        self._watcher = PollingWatcher()
        self._lock.release()

    def is_sound(self) -> bool:
        """Whether events of the inbox that is there now would arrive.

        Raises:
            OSError: The inbox is not there.
        """
        return self._inbox.identity() == self._identity and self._watcher.healthy()
