"""Rounds in which both sides do the same, and the rows that they give."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import measure
from report import OPEN, Goal, Row, at_least, at_most
from sides import Side

T = TypeVar("T")

QUICK_START = Goal("< 1.5 s", high=1.5, of_ratio=False)
QUIET = Goal("≤ 0.05 s", high=0.05, of_ratio=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What the folder command of one side did in one round.

    Attributes:
        one: Over the smallest photograph alone.
        every: Over all of them.
    """

    one: measure.Batch
    every: measure.Batch
    pictures: int
    peak_mib: float

    @property
    def steady_rate(self) -> float:
        """Pictures per second without the start."""
        return (self.pictures - 1) / (self.every.seconds - self.one.seconds)

    @property
    def whole_rate(self) -> float:
        """Pictures per second of the whole command."""
        return self.pictures / self.every.seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """Two sides that take turns, since a machine is never equally busy twice.

    Attributes:
        home: Where each side has the folder that it works in.
        paths: The photographs, smallest first.
    """

    own: Side
    peer: Side
    home: Path
    paths: Sequence[Path]
    rounds: int

    def box(self, side: Side) -> Path:
        """Give the folder that a side works in."""
        return self.home / f"box-{side.name.lower()}"

    def warm_up(self) -> None:
        """Let both fill the caches that only their very first start has to fill."""
        for side in (self.own, self.peer):
            say(f"{side.name}: first start")
            measure.batch(side, self.box(side), self.paths[:1])

    def work(self) -> list[Row]:
        """Compare the folder commands; the boxes keep what the last round left."""
        ours, theirs = self._alternate("pictures", self._turn)

        def row(
            label: str, value: Callable[[Turn], float], form: str, goal: Goal = OPEN
        ) -> Row:
            return Row(
                label, [*map(value, ours)], [*map(value, theirs)], form=form, goal=goal
            )

        return [
            row("pictures per second", lambda t: t.steady_rate, ".2f", at_least(2.3)),
            row("with the start", lambda t: t.whole_rate, ".2f"),
            row("peak memory, MiB", lambda t: t.peak_mib, ".0f", at_most(0.5)),
            row("PNGs, MB", lambda t: t.every.png_bytes / 1e6, ".1f", at_most(1.25)),
        ]

    def rate(self, label: str) -> Row:
        """Compare the pictures per second alone."""
        ours, theirs = self._alternate(label, self._turn)
        return Row(
            label, [t.steady_rate for t in ours], [t.steady_rate for t in theirs]
        )

    def starts(self) -> list[Row]:
        """Compare the starts, from memory and, where that is allowed, from the disk."""
        cold = measure.drop_page_cache()
        coldest, how = (
            (self._ready_cold, "from a cold start")
            if cold
            else (self._ready, "again; only root can make it a cold start")
        )
        return [
            self._both("first picture done, s", self._first_picture),
            self._both("import, s", self._import),
            self._both("ready, s", self._ready),
            replace(self._both(f"ready {how}, s", coldest), goal=QUICK_START),
        ]

    def idle(self) -> Row:
        """Compare what the watching services take when there is nothing to do."""
        ours, theirs = (
            [measure.idle_cpu_seconds(side, self.box(side), self.paths[0])]
            for side in (self.own, self.peer)
        )
        label = f"CPU seconds in {measure.IDLE_SECONDS:.0f} idle seconds"
        return Row(label, ours, theirs, goal=QUIET)

    def _both(self, label: str, measured: Callable[[Side], float]) -> Row:
        return Row(label, *self._alternate(label, measured))

    def _alternate(
        self, what: str, measured: Callable[[Side], T]
    ) -> tuple[list[T], list[T]]:
        """Measure both sides round by round; who begins changes each time."""
        turns: list[tuple[Side, list[T]]] = [(self.own, []), (self.peer, [])]
        for number in range(self.rounds):
            say(f"{what}: round {number + 1} of {self.rounds}")
            for side, results in turns if number % 2 == 0 else reversed(turns):
                results.append(measured(side))
        return turns[0][1], turns[1][1]

    def _turn(self, side: Side) -> Turn:
        """Measure all photographs last, so that the box keeps what they became."""
        box = self.box(side)
        return Turn(
            peak_mib=measure.peak_mib(side, box, self.paths),
            one=measure.batch(side, box, self.paths[:1]),
            every=measure.batch(side, box, self.paths),
            pictures=len(self.paths),
        )

    def _first_picture(self, side: Side) -> float:
        return measure.batch(side, self.box(side), self.paths[:1]).seconds

    def _import(self, side: Side) -> float:
        return measure.import_seconds(side, self.box(side))

    def _ready(self, side: Side) -> float:
        """Without a ready signal the nearest is the folder command with no work."""
        if side.notifies:
            return measure.ready_seconds(side, self.box(side))
        return measure.batch(side, self.box(side), []).seconds

    def _ready_cold(self, side: Side) -> float:
        measure.drop_page_cache()
        return self._ready(side)


def say(text: str) -> None:
    """Tell who waits how far it is."""
    print(f"… {text}", file=sys.stderr, flush=True)
