"""The cost, or the gain, of opening pictures in a separate process.

A run of this file as a program is one of the three ways, in a process of its own.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

WAYS = {
    "in the service itself, one at a time": ("inside", 1),
    "in a child, one at a time": ("child", 1),
    "in children, two at a time": ("child", 2),
}
FOLDERS = ("inbox", "outbox", "processed", "failed")


def table(paths: Sequence[Path], rounds: int) -> str:
    """Run all ways in turns and return their medians."""
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in WAYS}
    for _ in range(rounds):
        for name, way in WAYS.items():
            runs[name].append(_run(way, paths))
    first = next(iter(WAYS))
    base = [run["rate"] for run in runs[first]]
    lines = [
        "| pictures are opened | per second | ratio | peak MiB |",
        "|---|--:|--:|--:|",
    ]
    for name, found in runs.items():
        rates = [run["rate"] for run in found]
        ratio = statistics.median(r / b for r, b in zip(rates, base, strict=True))
        peak = statistics.median(run["mib"] for run in found)
        rate = statistics.median(rates)
        lines.append(f"| {name} | {rate:.2f} | {ratio:.2f}x | {peak:.0f} |")
    return "\n".join(lines)


def _run(way: tuple[str, int], paths: Sequence[Path]) -> dict[str, float]:
    command = [sys.executable, __file__, way[0], str(way[1]), *map(str, paths)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    answer: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return answer


class _Inside:
    """The codec without a separate process."""

    def __init__(self, codec: Any) -> None:
        """Take the codec."""
        self._codec = codec

    def open(self, data: bytes, width: int, height: int, options: Any, _: Any) -> Any:
        """Open a picture in this process, without cancellation."""
        picture = self._codec.open(data, width, height, options)
        return SimpleNamespace(
            cut_out=lambda mask, sink: picture.write(mask, partial(os.write, sink)),
            close=lambda: None,
            **{k: getattr(picture, k) for k in ("model_input", "notes")},
            **{k: getattr(picture, k) for k in ("width_px", "height_px")},
        )


def main(kind: str, threads: int, paths: Sequence[Path]) -> None:
    """Process the photographs in one way, and print rate and memory."""
    from dropcut.assembly import usable_cpus
    from dropcut.pictures.codec import Decoder
    from dropcut.pictures.sandbox import Limits, SandboxedCodec

    limits = Limits(max_megapixels=100, decode_seconds=30, threads=usable_cpus())
    if kind == "child":
        child = SandboxedCodec(limits)
        _work(child, threads, paths)
        child.close()
    else:
        codec = Decoder(max_megapixels=100, decode_seconds=30, threads=limits.threads)
        _work(_Inside(codec), threads, paths)


def _work(codec: Any, threads: int, paths: Sequence[Path]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name in FOLDERS:
            (root / name).mkdir()
        crew = _Crew(codec, threads, root)
        crew.do(paths[:1])  # all is loaded and warm
        seconds = crew.do(paths)
        answer = {"rate": len(paths) / seconds, "mib": crew.peak_mib}
    print(json.dumps(answer))


class _Crew:
    """A worker of the real service on temporary folders."""

    def __init__(self, codec: Any, threads: int, root: Path) -> None:
        """Make all parts and start the threads."""
        from dropcut.assembly import load_models
        from dropcut.core.claims import Folders
        from dropcut.core.profiles import Profile, Profiles
        from dropcut.inbox.scan import InboxFolder
        from dropcut.settings import Settings
        from dropcut.storage import Claims, FolderStore
        from dropcut.work import Scheduler, Worker
        from dropcut.work.cutter import LocalCutter
        from dropcut.work.pipeline import Pipeline

        profiles = Profiles((Profile(model="u2netp"),))
        folders = Folders(**{name: root / name for name in FOLDERS})
        claims = Claims(folders)
        self._root, self.peak_mib, self._reports = root, 0.0, []
        self._inbox = InboxFolder(folders, claims, recursive=True, ignore=())
        store = FolderStore(folders, claims, max_file_mb=500, min_free_mb=0)
        pipeline = Pipeline(
            store=store,
            cutter=LocalCutter(codec, load_models(Settings(root=root), profiles)),
            profiles=profiles,
            max_attempts=3,
        )
        self._worker = Worker(
            pipeline,
            Scheduler(profiles, ahead=1000),
            publish=lambda _: None,
            report=self._reports.append,
            release=store.release_to_inbox,
            threads=threads,
        )
        self._worker.start()

    def do(self, paths: Sequence[Path]) -> float:
        """Process pictures and return how many seconds it took."""
        from dropcut.core.claims import InboxFile

        self._reports.clear()
        for path in paths:
            (self._root / "inbox" / path.name).write_bytes(path.read_bytes())
        found = (f for f in self._inbox.scan() if isinstance(f, InboxFile))
        claimed = [claim for file in found if (claim := self._inbox.claim(file))]
        claims = [replace(claim, settled_long=True) for claim in claimed]
        start = time.perf_counter()
        for claim in claims:
            self._worker.submit(claim)
        while len(self._reports) < len(claims):
            self._look()
            time.sleep(0.02)
        if any(report.outcome != "done" for report in self._reports):
            raise SystemExit(f"not all is done: {self._reports}")
        return time.perf_counter() - start

    def _look(self) -> None:
        from processes import footprint, tree

        taken = sum(footprint(pid).pss_mib for pid in tree(os.getpid()))
        self.peak_mib = max(self.peak_mib, taken)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), [Path(text) for text in sys.argv[3:]])
