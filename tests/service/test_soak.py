"""A short soak: what `make soak` does for hours, in a minute."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from .processes import environment, spawn

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
SHORT = ("--minutes", "0", "--pictures", "16", "--rest", "0.5", "--megapixels", "0.05")
WAVES, LONGEST_SECONDS = 8, 280


@pytest.mark.timeout(300)
def test_short_soak(tiny_model: Path) -> None:
    """Wave after wave of good and bad files is filed; open files and threads stay."""
    settings = environment(
        DROPCUT_MODEL=tiny_model, DROPCUT_MODEL_RECIPE="u2net", DROPCUT_THREADS=1
    )
    with spawn(sys.executable, BENCHMARKS / "soak.py", *SHORT, env=settings) as soak:
        try:
            out, err = soak.communicate(timeout=LONGEST_SECONDS)
        finally:
            soak.terminate()
    assert soak.returncode == 0, f"{out.decode()}\n{err.decode()}"
    assert f"{WAVES * 16} files: ".encode() in out


@pytest.fixture(scope="module")
def trend() -> ModuleType:
    """Load what judges a soak."""
    spec = spec_from_file_location("trend", BENCHMARKS / "trend.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_slope(trend: ModuleType) -> None:
    """A soak tells how much is added for each step, and how sure that is."""
    steps = list(range(10))
    straight = trend.slope(steps, [5 + 2 * step for step in steps])
    assert straight.rise == pytest.approx(2)
    assert straight.doubt == pytest.approx(0, abs=1e-9)
    noisy = trend.slope(steps, [100, 104] * 5)
    assert noisy.surely < 0 < noisy.rise + noisy.doubt
    assert trend.slope(steps[:4], steps[:4]) is None


@pytest.mark.parametrize(
    ("counts", "grow"),
    [
        ([8] * 9, False),
        ([8, 9, 8, 9, 8, 9], False),
        ([8, 8, 8, 9, 9, 9, 9, 9, 9], False),
        ([8, 9, 10, 11, 12, 13], True),
        ([8, 8, 9, 9, 10, 10], True),
        ([8, 9], False),
    ],
)
def test_growth(trend: ModuleType, counts: list[int], *, grow: bool) -> None:
    """What leaks grows; what is made once, when it is first needed, does not."""
    assert trend.grows(counts) is grow
