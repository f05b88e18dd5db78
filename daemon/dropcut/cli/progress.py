"""The progress bar of `run --once`, and the log lines above it."""

from contextlib import suppress
from typing import NoReturn, Self, TextIO, cast

from tqdm import tqdm

from dropcut.core.events import Event, SnapshotTaken
from dropcut.events.output import LogOutput


class ProgressBar:
    """A subscriber that shows a bar from the first picture on, and the log above it."""

    def __init__(self, terminal: LogOutput) -> None:
        """Create a bar that is not shown yet."""
        self._terminal = cast("TextIO", terminal)
        self._bar: tqdm[NoReturn] | None = None
        self._partial_line = ""

    def __enter__(self) -> Self:
        """Return the bar, which is closed at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the bar, whose last state stays on a line of its own."""
        if self._bar is not None:
            with suppress(OSError):
                self._bar.close()

    def __call__(self, event: Event) -> None:
        """Show how many pictures are archived, and how many there are in total."""
        if not isinstance(event, SnapshotTaken):
            return
        archived = event.snapshot.archived
        if total := archived + event.snapshot.waiting:
            self._bar = self._bar or tqdm(
                total=total, unit=" pictures", dynamic_ncols=True, file=self._terminal
            )
            self._bar.total, self._bar.n = total, archived
            self._bar.refresh()

    def write(self, text: str) -> int:
        """Write complete lines above the bar; keep an incomplete one until it ends."""
        *lines, self._partial_line = (self._partial_line + text).split("\n")
        for line in lines:
            tqdm.write(line, file=self._terminal)
        return len(text)

    def flush(self) -> None:
        """Do nothing: nothing is buffered."""

    def isatty(self) -> bool:
        """Whether this is a terminal: always."""
        return True
