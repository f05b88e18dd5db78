"""The connection to the inbox: a lock and a watcher, both on the same folder."""

from collections.abc import Callable
from contextlib import suppress

from dropcut.core.errors import describe
from dropcut.core.events import PollingStarted, Publish
from dropcut.inbox.host import InboxLock
from dropcut.inbox.ports import Watcher
from dropcut.storage import GuardedFolder


class InboxConnection:
    """Attached to the folder currently at the inbox's path, or detached."""

    def __init__(
        self,
        inbox: GuardedFolder,
        make_watcher: Callable[[], Watcher | None],
        publish: Publish,
    ) -> None:
        """Create a detached connection; if `make_watcher` returns None, it polls."""
        self._inbox, self._make_watcher = inbox, make_watcher
        self._publish = publish
        self._lock = InboxLock(inbox.path)
        self._watcher: Watcher | None = None
        self._identity: tuple[int, int] | None = None

    @property
    def attached(self) -> bool:
        """Whether the inbox is available, locked and watched."""
        return self._identity is not None

    @property
    def polls(self) -> bool:
        """Whether the inbox is polled, because no events arrive."""
        return self._watcher is None

    def attach(self) -> None:
        """Lock the inbox and start watching it; poll if the kernel reports no events.

        Raises:
            AlreadyRunningError: Another instance is using the inbox.
            OSError: The inbox is not there.
        """
        self.detach()
        identity = self._inbox.identity()
        self._lock.acquire()
        if watcher := self._make_watcher():
            try:
                watcher.start()
            except OSError as error:
                watcher.stop()
                self._inbox.check()  # polling would not help if the inbox is gone
                self._publish(PollingStarted(reason=describe(error)))
                watcher = None
        self._watcher, self._identity = watcher, identity

    def detach(self) -> None:
        """Stop watching and unlock the inbox."""
        self._identity = None
        if self._watcher:
            with suppress(RuntimeError):
                self._watcher.stop()
        self._watcher = None
        self._lock.release()

    def healthy(self) -> bool:
        """Whether events for the folder currently at the inbox's path would arrive.

        Raises:
            OSError: The inbox is not there.
        """
        same = self._inbox.identity() == self._identity
        return same and (self._watcher is None or self._watcher.healthy())
