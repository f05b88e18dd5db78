"""A file is complete once nothing about it has changed for long enough."""

from dataclasses import replace

from dropcut.core.claims import FileIdentity
from dropcut.inbox.settle import Sighting, is_settled, see
from hypothesis import given
from hypothesis import strategies as st

_NUMBERS = st.integers(0, 3)
_IDENTITIES = st.builds(
    FileIdentity,
    device=_NUMBERS,
    inode=_NUMBERS,
    size_bytes=_NUMBERS,
    mtime_ns=_NUMBERS,
)
_SECONDS = st.floats(0.001, 100)
_IDENTITY = FileIdentity(device=1, inode=2, size_bytes=3, mtime_ns=4)
# Milliseconds since the last look, and what the file was then
_SEEN = st.lists(st.tuples(st.integers(0, 5000), _IDENTITIES), min_size=1)


@given(_SEEN, st.integers(1, 4000))
def test_settled_is_quiet_for_long_enough(
    seen: list[tuple[int, FileIdentity]], quiet: int
) -> None:
    """A file is settled if, and only if, it is unchanged for the quiet time."""
    now, since, sighting, last = 0, 0, None, None
    for pause, identity in seen:
        now += pause
        since = now if identity != last else since
        last = identity
        sighting = see(sighting, identity, now, quiet)
        assert is_settled(sighting, now) == (now - since >= quiet)
        assert not is_settled(sighting, since + quiet - 1)
        assert is_settled(sighting, since + quiet)


@given(_IDENTITIES, _SECONDS, _SECONDS)
def test_due_is_when_it_settles(
    identity: FileIdentity, now: float, quiet: float
) -> None:
    """A file settles at its due time, not before."""
    sighting = see(None, identity, now, quiet)
    assert is_settled(sighting, sighting.due_seconds)
    assert not is_settled(sighting, now)


@given(st.sampled_from(["device", "inode", "size_bytes", "mtime_ns"]), _SECONDS)
def test_any_change_restarts(field: str, quiet: float) -> None:
    """A change of device, inode, size or mtime restarts the wait."""
    first = see(None, _IDENTITY, 0, quiet)
    values = {field: 99}
    changed = see(first, replace(_IDENTITY, **values), quiet, quiet)
    assert is_settled(first, quiet)
    assert not is_settled(changed, quiet)
    assert is_settled(changed, changed.due_seconds)


def test_old_file_waits_as_well() -> None:
    """The file's age does not matter: a copy may keep an old mtime while it grows."""
    assert not is_settled(see(None, _IDENTITY, 1e9, 2), 1e9 + 1.9)


def test_longer_wait_is_kept() -> None:
    """A file with a longer wait keeps it until it changes."""
    first = Sighting(_IDENTITY, 20)
    assert not is_settled(see(first, _IDENTITY, 5, 2), 19)
    changed = see(first, replace(_IDENTITY, size_bytes=9), 5, 2)
    assert changed.due_seconds == 7
