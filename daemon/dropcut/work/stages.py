"""Measures the stages of the processing of a picture."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class StageTimes(dict[str, int]):
    """Milliseconds of each stage, in the order of processing."""

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Measure a stage, even one that fails."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self[stage] = round((time.perf_counter() - start) * 1000)
