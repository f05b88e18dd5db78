"""Lives through months in minutes: `make soak`, or hours: `make soak SOAK_MINUTES=600`.

The real service gets wave after wave of good and bad files, with rests between them.
After each wave every original must be filed exactly once, and every result decode. At
the end neither memory, nor open files, nor threads may have grown. Ends with 1 if
anything is not as it must be. What a wave leaves is deleted: the disk does not fill.
Settings of the environment, such as DROPCUT_MODEL, are those of the service.
"""

import argparse
import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import drops
from filed import FOLDERS, Ledger, LedgerError, Tree
from verdict import judge, report
from watching import Rest, Watch

READY_SECONDS, WAVE_SECONDS, STOP_SECONDS = 120, 900, 60
LEAST_WAVES = 8
PROFILES = '[shop]\nbackground = "#FFFFFF"\nformat = "webp"\n'


class SoakError(Exception):
    """The service did not do what it must."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked for on the command line.

    Attributes:
        pictures: Dropped in each wave.
        rest_seconds: After each wave.
    """

    seconds: float
    pictures: int
    rest_seconds: float
    largest_megapixels: float
    seed: int


@dataclass(slots=True)
class Soak:
    """A service under wave after wave."""

    plan: Plan
    tree: Tree
    process: subprocess.Popen[bytes]
    watch: Watch
    ledger: Ledger = field(default_factory=Ledger)
    rests: list[Rest] = field(default_factory=list)

    def run(self) -> None:
        """Drop waves until the time is over."""
        began = time.monotonic()
        stock = drops.stock(self.plan.largest_megapixels)
        dice = random.Random(self.plan.seed)  # noqa: S311  # no secret
        while (
            len(self.rests) < LEAST_WAVES
            or time.monotonic() - began < self.plan.seconds
        ):
            self._wave(stock, dice)
            time.sleep(self.plan.rest_seconds)
            hours = (time.monotonic() - began) / 3600
            self.rests.append(self.watch.rest(hours, self.ledger.pictures))
            say(f"wave {len(self.rests)}: {self._line()}")
            self.tree.clear()

    def _wave(self, stock: drops.Stock, dice: random.Random) -> None:
        inbox = self.tree.inbox
        strangers = drops.strangers(inbox)
        dropped = [*stock.draw(self.plan.pictures, dice)]
        for number, sample in enumerate(dropped):
            drops.drop(sample, inbox, number, dice)
        self._await_filed(len(dropped))
        self.ledger.settle(dropped, self.tree)
        if missing := [path.name for path in strangers if not os.path.lexists(path)]:
            raise SoakError(f"not left alone: {missing}")

    def _await_filed(self, count: int) -> None:
        deadline = time.monotonic() + WAVE_SECONDS
        while self.tree.filed() < count or self.tree.claimed():
            if self.process.poll() is not None:
                raise SoakError(f"the service ended with {self.process.returncode}")
            if time.monotonic() > deadline:
                filed = self.tree.filed()
                raise SoakError(f"only {filed} of {count} filed in {WAVE_SECONDS} s")
            time.sleep(0.2)

    def _line(self) -> str:
        last = self.rests[-1]
        children = sum(child.pss_mib for child in last.children)
        return (
            f"{last.pictures} pictures, {last.service.pss_mib:.1f} MiB"
            f" and {children:.1f} in {len(last.children)} children,"
            f" {last.service.files} files, {last.service.threads} threads"
        )


def main() -> int:
    """Soak, report, judge."""
    plan = _plan()
    with tempfile.TemporaryDirectory(prefix="dropcut-soak-") as folder:
        tree = Tree(Path(folder))
        try:
            with _started(tree) as process, _watched(process) as watch:
                soak = Soak(plan, tree, process, watch)
                soak.run()
                process.terminate()
                code = process.wait(STOP_SECONDS)
        except (SoakError, LedgerError) as error:
            say(tree.log_tail())
            say(f"FAIL: {error}")
            return 1
    ledger = soak.ledger
    say("", f"{ledger.pictures} files: {ledger.done} cut out, {ledger.refused} refused")
    say(*report(soak.rests, watch))
    faults = judge(soak.rests)
    faults += [f"ended with {code}, not 0, after SIGTERM"] if code else []
    say(*(f"FAIL: {fault}" for fault in faults))
    return 1 if faults else 0


def say(*lines: str) -> None:
    """Print at once: it may be read by a file."""
    for line in lines:
        print(line, flush=True)


@contextlib.contextmanager
def _started(tree: Tree) -> Iterator[subprocess.Popen[bytes]]:
    tree.profiles.write_text(PROFILES)
    settings = {
        "DROPCUT_ROOT": str(tree.root),
        **{f"DROPCUT_{name.upper()}": name for name in FOLDERS},
        "DROPCUT_PROFILES": str(tree.profiles),
        "DROPCUT_SETTLE_SECONDS": "0.2",
        "DROPCUT_RESCAN_SECONDS": "1",
        "DROPCUT_LOG_FORMAT": "json",
        "MALLOC_ARENA_MAX": "2",  # as the systemd units set it
    }
    with tree.log.open("ab") as log:
        command = [sys.executable, "-m", "dropcut", "run"]
        process = subprocess.Popen(
            command, env=os.environ | settings, stdout=log, stderr=log
        )
    try:
        _await_ready(process, tree)
        yield process
    finally:
        process.kill()
        process.wait()


def _await_ready(process: subprocess.Popen[bytes], tree: Tree) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while b'"event": "ready"' not in tree.log.read_bytes():
        if process.poll() is not None or time.monotonic() > deadline:
            raise SoakError("the service did not start")
        time.sleep(0.1)


@contextlib.contextmanager
def _watched(process: subprocess.Popen[bytes]) -> Iterator[Watch]:
    watch = Watch(process.pid)
    thread = threading.Thread(target=watch.run)
    thread.start()
    try:
        yield watch
    finally:
        watch.stop()
        thread.join()


def _plan() -> Plan:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--minutes", type=float, default=10, help="how long (default: 10)")
    add("--pictures", type=int, default=60, help="files in each wave (default: 60)")
    add("--rest", type=float, default=3, help="seconds after a wave (default: 3)")
    add("--megapixels", type=float, default=12, help="of the largest (default: 12)")
    add("--seed", type=int, default=random.randrange(1 << 32))  # noqa: S311  # no secret
    given = parser.parse_args()
    say(f"seed {given.seed}")
    return Plan(
        seconds=given.minutes * 60,
        pictures=given.pictures,
        rest_seconds=given.rest,
        largest_megapixels=given.megapixels,
        seed=given.seed,
    )


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that all is cleared up
    sys.exit(main())
