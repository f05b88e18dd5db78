"""The progress bar of `run --once`, and the log lines above it."""

import sys
from typing import NoReturn, Self

from tqdm import tqdm


def _bar(known: int) -> "tqdm[NoReturn]":
    return tqdm(total=known, unit=" pictures", dynamic_ncols=True, file=sys.stderr)


class ProgressBar:
    """A bar that appears with the first picture; what is written stands above it."""

    def __init__(self) -> None:
        """Show nothing yet."""
        self._bar: tqdm[NoReturn] | None = None
        self._begun = ""

    def __enter__(self) -> Self:
        """Return the bar, to be closed at the end."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the bar as it is, on a line of its own."""
        if self._bar is not None:
            self._bar.close()

    def update(self, done: int, known: int) -> None:
        """Show how many pictures are done, and of how many."""
        if not known:
            return
        bar = self._bar = self._bar or _bar(known)
        bar.total, bar.n = known, done
        bar.refresh()

    def write(self, text: str) -> int:
        """Write whole lines above the bar; the rest waits for its end."""
        *lines, self._begun = (self._begun + text).split("\n")
        for line in lines:
            tqdm.write(line, file=sys.stderr)
        return len(text)

    def flush(self) -> None:
        """Show what was written."""
        sys.stderr.flush()

    def isatty(self) -> bool:
        """Whether people look on."""
        return True
