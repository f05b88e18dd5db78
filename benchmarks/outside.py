"""Seconds and memory that a side needs for one picture, beside the model's.

Usage: outside.py SIDE MODEL PICTURE ROUNDS [EDGES REFINE]; prints one JSON object. It
runs in the side's own environment. The model is loaded and has run once before; the
memory is what the process holds at the most above what it held then.
"""

import json
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

SAMPLE_SECONDS = 0.002
Work = Callable[[bytes], None]


def main() -> None:
    """Measure."""
    side, model, picture, rounds, *options = sys.argv[1:]
    inferred: list[float] = []
    make: dict[str, Callable[[], Work]] = {
        "dropcut": lambda: _dropcut(model, options, inferred),
        "rembg": lambda: _rembg(model, inferred),
    }
    work = make[side]()
    before = _resident_mib()
    with _Peak() as peak:
        seconds = [_timed(work, picture) for _ in range(int(rounds))]
    outside = [a - b for a, b in zip(seconds, inferred, strict=True)]
    answer = {"seconds": statistics.median(outside), "mib": peak.mib - before}
    print(json.dumps(answer))


def _dropcut(model: str, options: list[str], inferred: list[float]) -> Work:
    from dropcut.core.cancel import CancelScope
    from dropcut.core.pictures import OutputOptions
    from dropcut.models.catalogue import load_model
    from dropcut.models.engine import OnnxEngine
    from dropcut.models.mask import to_mask
    from dropcut.models.tensor import to_tensor
    from dropcut.pictures.codec import Decoder

    threads = len(os.sched_getaffinity(0))
    engine = OnnxEngine(load_model(model, "u2net", None), threads=threads)
    engine.warm_up()
    codec = Decoder(max_megapixels=200, decode_seconds=600, threads=threads)
    wanted = OutputOptions(
        clean_edges=options[0] == "clean", refine=options[1] == "guided"
    )
    run_model = _noting(engine.run, inferred)

    def work(data: bytes) -> None:
        picture = codec.open(data, engine.width_px, engine.height_px, wanted)
        output = run_model(to_tensor(picture.model_input, engine.recipe), CancelScope())
        with tempfile.TemporaryFile() as file:
            picture.write(to_mask(output, engine.recipe), file.write)

    return work


def _rembg(model: str, inferred: list[float]) -> Work:
    from io import BytesIO

    from PIL import Image
    from rembg import new_session, remove

    session = new_session(Path(model).stem)
    blank = BytesIO()
    Image.new("RGB", (64, 64)).save(blank, "PNG")
    remove(blank.getvalue(), session=session)
    session.inner_session.run = _noting(session.inner_session.run, inferred)

    def work(data: bytes) -> None:
        with tempfile.TemporaryFile() as file:
            file.write(remove(data, session=session))

    return work


def _noting(run: Callable[..., Any], inferred: list[float]) -> Callable[..., Any]:
    """Return the same function, which notes how long it takes."""

    def noting(*arguments: Any, **options: Any) -> Any:
        began = time.perf_counter()
        result = run(*arguments, **options)
        inferred.append(time.perf_counter() - began)
        return result

    return noting


def _timed(work: Work, path: str) -> float:
    began = time.perf_counter()
    work(Path(path).read_bytes())
    return time.perf_counter() - began


class _Peak:
    """Looks at the memory of the process in short intervals."""

    def __init__(self) -> None:
        self.mib = 0.0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(SAMPLE_SECONDS):
            self.mib = max(self.mib, _resident_mib())


def _resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


if __name__ == "__main__":
    main()
