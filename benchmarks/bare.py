"""The model alone: what no program around it can be faster than.

Usage: bare.py MODEL THREADS; prints one JSON object.
"""

import json
import statistics
import sys
import time
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

RUNS = 15


def main(model: str, threads: int) -> None:
    """Run the model on one picture of noise, with onnxruntime's own settings."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(
        model, options, providers=["CPUExecutionProvider"]
    )
    name = session.get_inputs()[0].name
    tensor = np.random.default_rng(1).random((1, 3, 320, 320), dtype=np.float32)
    session.run(None, {name: tensor})  # the first run also allocates
    seconds = [_timed(session, {name: tensor}) for _ in range(RUNS)]
    peak_mib = _peak_mib()
    median, least = statistics.median(seconds), min(seconds)
    print(json.dumps({"median": median, "least": least, "peak_mib": peak_mib}))


def _peak_mib() -> float:
    """Peak RSS of this program alone: `ru_maxrss` counts its starter's as well."""
    status = Path("/proc/self/status").read_text("ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def _timed(
    session: onnxruntime.InferenceSession, feed: dict[str, NDArray[np.float32]]
) -> float:
    began = time.perf_counter()
    session.run(None, feed)
    return time.perf_counter() - began


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
