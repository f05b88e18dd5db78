"""The names of results in the outbox, each of which is given to one claim."""

from collections.abc import Callable
from pathlib import PurePosixPath

from dropcut.core.claims import Claim
from dropcut.core.pictures import OutputFormat
from dropcut.storage import posix
from dropcut.storage.names import alternatives
from dropcut.storage.roots import GuardedFolder


class OutputNames:
    """Chooses output names, and reserves them for claims."""

    def __init__(
        self,
        outbox: GuardedFolder,
        format_of: Callable[[PurePosixPath], OutputFormat],
    ) -> None:
        """Reserve nothing yet; `format_of` returns the format of a picture's result."""
        self._outbox, self._format_of = outbox, format_of
        self._reserved: dict[str, PurePosixPath] = {}

    def reserve(self, claim: Claim) -> None:
        """Keep the output name of a claim from being chosen again."""
        self._reserved[claim.id] = claim.output

    def release(self, claim_id: str) -> None:
        """Free the name that a claim had reserved, if it had one."""
        self._reserved.pop(claim_id, None)

    def choose(
        self, source: PurePosixPath, first: PurePosixPath | None = None
    ) -> PurePosixPath:
        """Return a path in the outbox that neither a file nor a claim has.

        Args:
            source: The picture's path in the inbox.
            first: A path to try first, in place of the picture's own.
        """
        reserved = set(list(self._reserved.values()))  # noqa: C414  # list is atomic
        with self._outbox.opened() as outbox_fd:
            limit_bytes = posix.name_limit_bytes(outbox_fd)
        first = first or source.with_name(source.stem + self._format_of(source))
        outputs = alternatives(first, limit_bytes)
        return next(o for o in outputs if o not in reserved and not self._exists(o))

    def _exists(self, output: PurePosixPath) -> bool:
        try:
            with self._outbox.opened(output.parent) as folder_fd:
                return posix.status_at(folder_fd, output.name) is not None
        except FileNotFoundError:
            return False
