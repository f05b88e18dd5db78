"""Speed and memory of Dropcut beside rembg: `make bench`.

Both sides work on the same photographs with the same model. The result is printed and
written to RESULTS.md. No number makes this fail: it ends with 1 only when a side did
not do its pictures.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import edges
import isolation
import large
import machine
import measure
import photos
import report
import sheet
import sides
from compare import Contest, say

HERE = Path(__file__).parent
CACHE = HERE.parent / ".bench"
SHEET = CACHE / "contact-sheet.png"
MODELS = HERE.parent / ".models"
METHOD = """\
*Pictures per second*: all photographs but the smallest, divided by the seconds that the
folder command takes longer for all than for the smallest alone; so the start, loading
the model and its first run are left out, for both sides alike. By default Dropcut
cleans edges and refines masks, which rembg does not; *`raw` and `none`* do neither.
*With the start*: by default again, all photographs and all seconds.
*Peak memory*: the largest sum of the PSS of all processes, sampled every 20 ms in a run
of its own.
*First picture done*: the folder command with the smallest photograph.
*Ready*: Dropcut's service until it says `READY=1`; rembg has no such signal, so its
folder command on an empty folder. *Cold*: with the page cache dropped.
*Idle*: both services watching, after two pictures.

The sides take turns; a value is the median of its rounds, a ratio the median of the
rounds' ratios. Dropcut syncs every PNG to the disk, rembg does not."""
STAGES = """\
## Each photograph

Dropcut's stages in milliseconds, as its log has them."""
BESIDE = """\
## Beside the model

Seconds that one photograph takes without the model's run, and the memory above what
the process held when the model was loaded and had run once. Dropcut by `DROPCUT_EDGES`
and `DROPCUT_REFINE`, rembg as its folder command calls it."""


APART = """\
## In processes of their own

The same photographs by the service's own threads, with the model loaded and warm: what
it costs to open pictures and write results in a child process, and what it gains to do
so while the model runs. Peak memory is the PSS of all processes."""


def main() -> int:
    """Measure, print, write."""
    quick = _arguments().quick
    try:
        text = _results(rounds=1 if quick else 5, every=3 if quick else 1)
    except (measure.SideError, TimeoutError) as error:
        print(error, file=sys.stderr)
        return 1
    print(text)
    print(f"Look at {SHEET}.")
    if not quick:
        (HERE / "RESULTS.md").write_text(text)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare Dropcut with rembg.")
    parser.add_argument(
        "--quick", action="store_true", help="4 photographs, 1 round, nothing written"
    )
    return parser.parse_args()


def _results(rounds: int, every: int) -> str:
    """Run all comparisons."""
    paths = photos.make(CACHE / "photos")[::every]
    own, peer = sides.dropcut(), sides.rembg(CACHE / "rembg")
    text = _text(
        f"{datetime.now(UTC):%Y-%m-%d}, {machine.describe(own, peer)}.",
        *_speed(Contest(own=own, peer=peer, home=CACHE, paths=paths, rounds=rounds)),
        APART,
        _apart(paths, rounds),
        BESIDE,
        large.table(own, peer, CACHE / "photos", rounds),
        _quality(),
    )
    say("the contact sheet")
    sheet.make(own, CACHE, SHEET)
    return text


def _speed(contest: Contest) -> Sequence[str]:
    """Compare the folder commands; the photographs' table reads what they left."""
    contest.warm_up()
    plain = replace(contest, own=sides.plain_dropcut()).rate(
        "the same, `raw` and `none`"
    )
    rate, *work = contest.work()
    boxes = contest.box(contest.own), contest.box(contest.peer)
    pictures = report.pictures(contest.paths, *boxes)
    rows = [rate, plain, *work, *contest.starts(), contest.idle()]
    count, span = len(contest.paths), _span(contest.paths)
    return (
        f"{count} photographs of {span} megapixels, u2netp, rounds: {contest.rounds}.",
        report.comparison(rows),
        _bare(),
        METHOD,
        STAGES,
        pictures,
    )


def _apart(paths: Sequence[Path], rounds: int) -> str:
    say("processes of their own")
    return isolation.table(paths, rounds)


def _quality() -> str:
    say("clean edges and refined masks")
    return edges.report(MODELS, photos.large(CACHE / "photos")["12 MP"])


def _text(*parts: str) -> str:
    return "\n\n".join(("# Speed and memory", *parts)) + "\n"


def _span(paths: Sequence[Path]) -> str:
    sizes = [report.megapixels(path) for path in paths]
    return f"{min(sizes):.1f} to {max(sizes):.1f}"


def _bare() -> str:
    """Measure the model without a program around it."""
    say("the bare model")
    threads = str(len(os.sched_getaffinity(0)))
    command = [sys.executable, str(HERE / "bare.py"), str(sides.MODEL), threads]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    found = json.loads(answer.stdout)
    return (
        f"The bare `session.run` on {threads} threads: {found['median']:.3f} s, "
        f"at best {found['least']:.3f} s, {found['peak_mib']:.0f} MiB."
    )


if __name__ == "__main__":
    sys.exit(main())
