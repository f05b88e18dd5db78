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
        self._incomplete = ""

    def __enter__(self) -> Self:
        """Return the bar, to be closed at the end."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the bar as it is, on a line of its own."""
        if self._bar is not None:
            with suppress(OSError):
                self._bar.close()

    def __call__(self, event: Event) -> None:
        """Show how many pictures are archived, and of how many."""
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
        """Write whole lines above the bar; the rest waits for its end."""
        *lines, self._incomplete = (self._incomplete + text).split("\n")
        for line in lines:
            tqdm.write(line, file=self._terminal)
        return len(text)

    def flush(self) -> None:
        """Do nothing: nothing is buffered."""

    def isatty(self) -> bool:
        """Whether people are watching."""
        return True
