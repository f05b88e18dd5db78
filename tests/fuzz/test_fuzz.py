"""However a picture is damaged, it gives a result or a reason, and does no harm."""

from collections.abc import Iterator

import pytest

from .corpus import KINDS, mutant, real_files
from .hunt import Victim

_SEED, _MUTANTS = 4, 100


@pytest.fixture(scope="module")
def victim() -> Iterator[Victim]:
    """Start the codec in a separate process, as the daemon does."""
    with Victim("child") as victim:
        yield victim


@pytest.mark.parametrize("kind", KINDS)
def test_mutants(victim: Victim, kind: str) -> None:
    """Mutants of each format give a result or a reason, in bounded memory."""
    files, faults = real_files(), {}
    for number in range(_MUTANTS):
        one = mutant(files, kind, _SEED, number)
        if fault := victim.work(one.data, one.way).fault:
            faults[one.name] = fault
    assert not faults, f"python -m tests.fuzz --seed {_SEED} --kind {kind}"


def test_victim_that_dies() -> None:
    """A codec that ends its process is a finding, and the hunt goes on."""
    with Victim("dying") as victim:
        assert victim.work(b"kill", 0).fault == "died: SIGKILL"
        assert victim.work(b"", 0).ended == "empty-file"
        assert victim.work(b"say", 0).fault == "wrote 'a word'"
        assert victim.work(b"raise", 0).fault.startswith("raised MemoryError")
        assert victim.work(b"", 0).fault == ""
