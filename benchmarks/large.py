"""Large photographs: what both sides take beside the model."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

import photos
from compare import say
from report import Goal, Row, at_most, comparison
from sides import MODEL, Side

OUTSIDE = Path(__file__).parent / "outside.py"
LOOKS = (("raw", "none"), ("raw", "guided"), ("clean", "guided"))
UNIT = {"MALLOC_ARENA_MAX": "2"}  # as the systemd units set it
MEMORY = {
    "raw": Goal("≤ 120 MiB", high=120, of_ratio=False),
    "clean": Goal("≤ 250 MiB", high=250, of_ratio=False),
}

Measured = dict[str, float]


def table(own: Side, peer: Side, home: Path, rounds: int) -> str:
    """Compare seconds and memory for photographs of 12 and 24 megapixels."""
    rows: list[Row] = []
    for label, path in photos.large(home).items():
        rows += _rows(own, peer, path, label, rounds)
    return comparison(rows)


def _rows(own: Side, peer: Side, photo: Path, label: str, rounds: int) -> list[Row]:
    """Measure the sides in turns."""
    theirs: list[Measured] = []
    ours: list[list[Measured]] = [[] for _ in LOOKS]
    for number in range(rounds):
        say(f"{label}: round {number + 1} of {rounds}")
        theirs.append(_measured(peer, photo))
        for options, results in zip(LOOKS, ours, strict=True):
            results.append(_measured(own, photo, *options))
    rows = []
    for options, results in zip(LOOKS, ours, strict=True):
        name = f"{label}, {', '.join(options)}"
        rows += [
            _row(f"{name}: s", "seconds", results, theirs, at_most(0.5)),
            _row(f"{name}: MiB", "mib", results, theirs, MEMORY[options[0]]),
        ]
    return rows


def _row(
    label: str,
    key: str,
    ours: Sequence[Measured],
    theirs: Sequence[Measured],
    goal: Goal,
) -> Row:
    values = [[measured[key] for measured in side] for side in (ours, theirs)]
    return Row(label, *values, form=".0f" if key == "mib" else ".2f", goal=goal)


def _measured(side: Side, photo: Path, *options: str) -> Measured:
    """Start a separate process of a side for one photograph."""
    words = [side.name.lower(), str(MODEL), str(photo), "3", *options]
    answer = subprocess.run(
        [str(side.python), str(OUTSIDE), *words],
        check=True,
        capture_output=True,
        text=True,
        env={**side.environment, **UNIT},
    )
    measured: Measured = json.loads(answer.stdout.splitlines()[-1])
    return measured
