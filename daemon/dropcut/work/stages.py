"""How long the stages of the work on a picture take."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class StageTimes(dict[str, int]):
    """Milliseconds of each stage, in the order of the work."""

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Measure a stage, also one that fails."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self[stage] = round((time.perf_counter() - start) * 1000)
