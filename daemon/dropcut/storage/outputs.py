"""The names of results in the outbox; no two claims have the same."""

import os
import time
from collections.abc import Callable, Collection
from contextlib import ExitStack, suppress
from pathlib import PurePosixPath

from dropcut.core.claims import Claim
from dropcut.core.ignored import CLAIMS
from dropcut.core.pictures import OutputFormat
from dropcut.storage import posix
from dropcut.storage.free import free_file_name
from dropcut.storage.mirror import mirrored
from dropcut.storage.names import claim_id_of
from dropcut.storage.roots import GuardedFolder

_STALE_AFTER_SECONDS = 24 * 3600


class OutputNames:
    """Chooses output names, and reserves them for claims."""

    def __init__(
        self,
        outbox: GuardedFolder,
        format_of: Callable[[PurePosixPath], OutputFormat],
    ) -> None:
        """Create it without reservations; `format_of` returns a result's format."""
        self._outbox, self._format_of = outbox, format_of
        self._reserved: dict[str, PurePosixPath] = {}
        self._swept = False

    def reserve(self, claim: Claim) -> None:
        """Reserve the output name of a claim, so that it is not chosen again."""
        self._reserved[claim.id] = claim.output

    def release(self, claim_id: str) -> None:
        """Free the name that is reserved for a claim, if there is one."""
        self._reserved.pop(claim_id, None)

    def choose(self, source: PurePosixPath, name: str = "") -> PurePosixPath:
        """Return a path in the outbox that is neither taken nor reserved.

        Args:
            source: The picture's path in the inbox.
            name: The name to try first; by default the picture's own.
        """
        reserved = set(list(self._reserved.values()))  # noqa: C414  # list is atomic
        name = name or source.stem + self._format_of(source)
        folder = mirrored(self._outbox, source.parent)
        with ExitStack() as stack:
            try:
                folder_fd = stack.enter_context(self._outbox.opened(folder))
            except FileNotFoundError:  # so all names in it are free
                folder_fd = stack.enter_context(self._outbox.opened())
                exists = False
            else:
                exists = True

            def is_free(name: str) -> bool:
                is_taken = exists and posix.status_at(folder_fd, name) is not None
                return not is_taken and folder / name not in reserved

            return folder / free_file_name(folder_fd, name, is_free)

    def remove_stale_temps(self, alive: Collection[str], gone: Collection[str]) -> None:
        """Remove the temporary results of claims that no longer exist.

        Other services may write to the same outbox, so temporary results of unknown
        claims are removed only if they are old.

        Args:
            alive: Ids of all claims of this service.
            gone: Ids of claims whose originals have left the claims.
        """
        if self._swept and not gone:
            return
        self._swept = True  # what cannot be removed now is removed at the next start
        oldest_seconds = time.time() - _STALE_AFTER_SECONDS
        with suppress(OSError), self._outbox.opened(PurePosixPath(CLAIMS)) as hidden_fd:
            for name in os.listdir(hidden_fd):  # noqa: PTH208  # of an open folder
                status, claim_id = posix.status_at(hidden_fd, name), claim_id_of(name)
                if status is None or claim_id is None or claim_id in alive:
                    continue
                if claim_id in gone or status.st_mtime < oldest_seconds:
                    posix.remove(hidden_fd, name)
