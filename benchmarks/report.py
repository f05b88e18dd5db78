"""The results as Markdown tables."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray
from PIL import Image

HALF = 127
TIMES = "\N{MULTIPLICATION SIGN}"


@dataclass(frozen=True, slots=True)
class Goal:
    """What a number should reach.

    Attributes:
        low, high: The best values that are allowed, both included.
        of_ratio: Whether it is for the ratio, or else for Dropcut's own value.
    """

    text: str
    low: float = float("-inf")
    high: float = float("inf")
    of_ratio: bool = True

    def verdict(self, own: float, ratio: float | None) -> str:
        """Say whether it is reached."""
        value = ratio if self.of_ratio else own
        if value is None or not self.text:
            return ""
        return "reached" if self.low <= value <= self.high else "not reached"


OPEN = Goal("")


def at_least(ratio: float) -> Goal:
    """Set a goal for a ratio that should be large."""
    return Goal(f"≥ {ratio}{TIMES}", low=ratio)


def at_most(ratio: float) -> Goal:
    """Set a goal for a ratio that should be small."""
    return Goal(f"≤ {ratio}{TIMES}", high=ratio)


@dataclass(frozen=True, slots=True)
class Row:
    """One measure of both sides, with a value for each round."""

    label: str
    ours: Sequence[float]
    theirs: Sequence[float]
    form: str = ".2f"
    goal: Goal = OPEN

    def markdown(self) -> str:
        """Give the medians of both sides, the ratio and the goal."""
        ratio = self._ratio()
        own, peer = median(self.ours), median(self.theirs)
        return _line(
            self.label,
            format(own, self.form),
            format(peer, self.form),
            "" if ratio is None else f"{ratio:.2f}{TIMES}",
            self.goal.text,
            self.goal.verdict(own, ratio),
        )

    def _ratio(self) -> float | None:
        """Compare only what ran side by side: the median of the rounds' ratios."""
        if not all(self.theirs):
            return None
        return median(a / b for a, b in zip(self.ours, self.theirs, strict=True))


def comparison(rows: Sequence[Row]) -> str:
    """Both sides, the ratio, the goal and whether it is reached."""
    head = (
        _line("", "Dropcut", "rembg", "ratio", "goal", ""),
        _line("---", "---:", "---:", "---:", "---:", "---"),
    )
    return "\n".join((*head, *(row.markdown() for row in rows)))


def pictures(photos: Sequence[Path], own: Path, peer: Path) -> str:
    """One line a photograph: both PNGs, and Dropcut's milliseconds a stage."""
    stages = _stages(own / "log")
    names = list(next(iter(stages.values()), {}))
    titles = ("photograph", "MP", "PNG KiB", "rembg's", "mask IoU", *names)
    lines = [_line(*titles), _line("---", *["---:"] * (len(titles) - 1))]
    for photo in photos:
        pngs = [side / "outbox" / f"{photo.stem}.png" for side in (own, peer)]
        lines.append(
            _line(
                photo.name,
                f"{megapixels(photo):.2f}",
                *(f"{png.stat().st_size / 1024:.0f}" for png in pngs),
                f"{_overlap(*map(_alpha, pngs)):.3f}",
                *(str(stages[photo.name][name]) for name in names),
            )
        )
    return "\n".join(lines)


def _stages(log: Path) -> dict[str, Mapping[str, int]]:
    """Read the milliseconds of each stage, by the name of the picture."""
    lines = log.read_text().splitlines()
    events = [json.loads(line) for line in lines if line.startswith("{")]
    return {event["name"]: event["ms"] for event in events if "ms" in event}


def megapixels(photo: Path) -> float:
    """Read the size of a photograph."""
    with Image.open(photo) as image:
        return image.width * image.height / 1e6


def _alpha(png: Path) -> NDArray[np.uint8]:
    with Image.open(png) as image:
        return np.asarray(image.getchannel("A"))


def _overlap(own: NDArray[np.uint8], peer: NDArray[np.uint8]) -> float:
    """Show that both did the same work: intersection over union of the masks."""
    ours, theirs = own > HALF, peer > HALF
    union = np.count_nonzero(ours | theirs)
    return np.count_nonzero(ours & theirs) / union if union else 1.0


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
