"""The connection to the inbox: its lock and its watcher, both for the same folder."""

from collections.abc import Callable
from contextlib import suppress

from dropcut.core.errors import describe
from dropcut.core.events import PollingStarted, Publish
from dropcut.inbox.host import InboxLock
from dropcut.inbox.ports import Watcher
from dropcut.storage import GuardedFolder


class InboxConnection:
    """Attached to the folder that is the inbox now, or detached."""

    def __init__(
        self,
        inbox: GuardedFolder,
        make_watcher: Callable[[], Watcher | None],
        publish: Publish,
    ) -> None:
        """Create a detached connection; `make_watcher` returns None for polling."""
        self._inbox, self._make_watcher = inbox, make_watcher
        self._publish = publish
        self._lock = InboxLock(inbox.path)
        self._watcher: Watcher | None = None
        self._identity: tuple[int, int] | None = None

    @property
    def attached(self) -> bool:
        """Whether there is an inbox to work on."""
        return self._identity is not None

    @property
    def polls(self) -> bool:
        """Whether no events arrive, so that scans must be frequent."""
        return self._watcher is None

    def attach(self) -> None:
        """Lock the inbox and start watching it; poll where the kernel has no events.

        Raises:
            AlreadyRunningError: Another instance works on it.
            OSError: It is not there.
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
        """Whether events of the folder that is the inbox now would arrive.

        Raises:
            OSError: The inbox is not there.
        """
        same = self._inbox.identity() == self._identity
        return same and (self._watcher is None or self._watcher.healthy())
