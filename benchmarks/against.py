"""Speed and memory of the last commit beside an earlier one, in one run.

    make bench-against COMMIT=v0.1.0

Both are installed in the same way, each into a new environment with the versions of
packages that this one has, and take turns on the same photographs.
"""

import argparse
import subprocess
import sys
import venv
from dataclasses import replace
from pathlib import Path

import measure
import photos
import report
import sides
from compare import Contest

ROOT = Path(__file__).parents[1]
CACHE = ROOT / ".bench"


def main() -> int:
    """Install the commit, measure, print; ends with 1 if a side fails."""
    parser = argparse.ArgumentParser(description="Compare Dropcut with itself.")
    parser.add_argument("commit", help="what `git rev-parse` understands")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    own, peer = (
        _side(_git("rev-parse", "--short", commit)) for commit in ("HEAD", given.commit)
    )
    paths = photos.make(CACHE / "photos")
    home = CACHE / f"against-{peer.name}"
    contest = Contest(own=own, peer=peer, home=home, paths=paths, rounds=given.rounds)
    try:
        contest.warm_up()
        rows = [*contest.work(), *contest.starts(), contest.idle()]
    except (measure.SideError, TimeoutError) as error:
        print(error, file=sys.stderr)
        return 1
    table = report.comparison([replace(row, goal=report.OPEN) for row in rows])
    print(table.replace("Dropcut", own.name, 1).replace("rembg", peer.name, 1))
    return 0


def _side(commit: str) -> sides.Side:
    """Install a commit beside this checkout; a finished environment is used again."""
    folder = CACHE / "versions" / commit
    python, mark = folder / "venv" / "bin" / "python", folder / "installed"
    if not mark.exists():
        source = folder / "source"
        source.mkdir(parents=True, exist_ok=True)
        archive = subprocess.run(
            ["git", "archive", commit], cwd=ROOT, check=True, capture_output=True
        )
        subprocess.run(["tar", "-x", "-C", source], input=archive.stdout, check=True)
        venv.create(folder / "venv", clear=True, symlinks=True, with_pip=True)
        wanted = subprocess.run(
            [sys.executable, "-m", "pip", "freeze", "--exclude-editable"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        (folder / "same.txt").write_text(wanted)
        pip = [python, "-m", "pip", "install", "--quiet", "--constraint"]
        target = [folder / "same.txt", f"{source}[heic]"]
        subprocess.run([*pip, *target], check=True)
        mark.touch()
    own = sides.dropcut()
    return replace(
        own,
        name=commit,
        python=python,
        batch=(str(python.with_name("dropcut")), *own.batch[1:]),
        serve=(str(python.with_name("dropcut")), *own.serve[1:]),
    )


def _git(*words: str) -> str:
    command = ["git", *words]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
