"""The connection to the inbox: its lock and its watcher, both for the same folder."""

from collections.abc import Callable
from contextlib import suppress

from dropcut.core.errors import describe
from dropcut.core.events import PollingStarted, Publish
from dropcut.inbox.host import InboxLock
from dropcut.inbox.ports import Watcher
from dropcut.inbox.watch import PollingWatcher
from dropcut.storage import GuardedFolder


class InboxConnection:
    """Attached to the folder that is the inbox now, or detached."""

    def __init__(
        self,
        inbox: GuardedFolder,
        make_watcher: Callable[[], Watcher],
        publish: Publish,
    ) -> None:
        """Create a detached connection."""
        self._inbox, self._make_watcher = inbox, make_watcher
        self._publish = publish
        self._lock = InboxLock(inbox.path)
        self._watcher: Watcher = PollingWatcher()
        self._identity: tuple[int, int] | None = None

    @property
    def attached(self) -> bool:
        """Whether there is an inbox to work on."""
        return self._identity is not None

    @property
    def polls(self) -> bool:
        """Whether no events arrive, so that scans must be frequent."""
        return isinstance(self._watcher, PollingWatcher)

    def attach(self) -> None:
        """Lock the inbox and start watching it; poll where the kernel has no events.

        Raises:
            AlreadyRunningError: Another instance works on it.
            OSError: It is not there.
        """
        self.detach()
        identity = self._inbox.identity()
        self._lock.acquire()
        watcher = self._make_watcher()
        try:
            watcher.start()
        except OSError as error:
            watcher.stop()
            self._inbox.check()  # polling would not help if the inbox itself is gone
            self._publish(PollingStarted(reason=describe(error)))
            watcher = PollingWatcher()
        self._watcher, self._identity = watcher, identity

    def detach(self) -> None:
        """Stop watching and unlock the inbox."""
        self._identity = None
        with suppress(RuntimeError):
            self._watcher.stop()
        self._watcher = PollingWatcher()
        self._lock.release()

    def healthy(self) -> bool:
        """Whether events of the folder that is the inbox now would arrive.

        Raises:
            OSError: The inbox is not there.
        """
        return self._inbox.identity() == self._identity and self._watcher.healthy()
