"""`python -m tests.fuzz`: hunt for a while, report the findings, and keep them."""

import argparse
import secrets
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path

from .corpus import KINDS, Mutant, mutant, real_files
from .hunt import Tally, Victim
from .victim import CODECS

_WARM_UP = 200


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser("make fuzz FUZZ_ARGS=", description=__doc__)
    parser.add_argument("--seconds", type=float, default=300, help="how long")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--kind", choices=KINDS, nargs="+", default=KINDS)
    parser.add_argument("--codec", choices=CODECS, default="child")
    parser.add_argument("--keep", type=Path, default=Path(".fuzz"), metavar="FOLDER")
    parser.add_argument("--replay", type=Path, nargs="+", metavar="FILE", default=())
    return parser.parse_args()


def _mutants(
    kinds: list[str], seed: int, seconds: float
) -> Iterator[tuple[str, Mutant]]:
    files, end = real_files(), time.monotonic() + seconds
    for number in count():
        for kind in kinds:
            if time.monotonic() > end:
                return
            yield kind, mutant(files, kind, seed, number)


def _hunt(given: argparse.Namespace) -> int:
    tallies = {kind: Tally() for kind in given.kind}
    resident_mb = []
    with Victim(given.codec) as victim, suppress(KeyboardInterrupt):
        for number, (kind, one) in enumerate(
            _mutants(given.kind, given.seed, given.seconds)
        ):
            outcome = victim.work(one.data, one.way)
            tallies[kind].add(outcome)
            if outcome.fault or outcome.notable:
                _keep(given.keep, one, outcome.fault or outcome.ended)
            if number % _WARM_UP == 0:
                resident_mb.append(victim.resident_mb())
    _tell(tallies, resident_mb[1:])
    return sum(tally.faults for tally in tallies.values())


def _tell(tallies: Mapping[str, Tally], resident_mb: Sequence[int]) -> None:
    for kind, tally in tallies.items():
        print(f"{kind:5} {tally}")
    if resident_mb:
        first, last = resident_mb[0], resident_mb[-1]
        print(f"the parent has {last} MiB; after {_WARM_UP} mutants it had {first}")


def _keep(folder: Path, one: Mutant, fault: str) -> None:
    folder.mkdir(exist_ok=True)
    path = folder / f"{one.name}-{one.way}"
    path.write_bytes(one.data)
    print(f"{path}: {fault}", flush=True)


def _replay(given: argparse.Namespace) -> int:
    """Repeat findings from files; a number at the end of a name selects the options."""
    faults = 0
    with Victim(given.codec) as victim:
        for path in given.replay:
            way = path.name.rsplit("-", 1)[-1]
            outcome = victim.work(path.read_bytes(), int(way) if way.isdigit() else 0)
            print(f"{path}: {outcome}")
            faults += bool(outcome.fault)
    return faults


def main() -> int:
    """Return 1 if there are findings."""
    given = _parsed()
    if given.replay:
        return bool(_replay(given))
    print(f"seed {given.seed}, codec {given.codec}", flush=True)
    return bool(_hunt(given))


if __name__ == "__main__":
    sys.exit(main())
