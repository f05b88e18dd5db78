"""A file is complete when nothing about it has changed for long enough."""

from dataclasses import replace

from dropcut.core.claims import FileIdentity
from dropcut.inbox.settle import Sighting, is_settled, see
from hypothesis import given
from hypothesis import strategies as st

_NUMBERS = st.integers(0, 3)
_FINGERPRINTS = st.builds(
    FileIdentity,
    device=_NUMBERS,
    inode=_NUMBERS,
    size_bytes=_NUMBERS,
    mtime_ns=_NUMBERS,
)
_SECONDS = st.floats(0.001, 100)
_FINGERPRINT = FileIdentity(device=1, inode=2, size_bytes=3, mtime_ns=4)
# Whole milliseconds since some moment, and how the file looked then
_LOOKS = st.lists(st.tuples(st.integers(0, 5000), _FINGERPRINTS), min_size=1)


@given(_LOOKS, st.integers(1, 4000))
def test_settled_is_quiet_for_long_enough(
    looks: list[tuple[int, FileIdentity]], quiet: int
) -> None:
    """A file is settled if, and only if, it has looked the same for the quiet time."""
    now, since, sighting, last = 0, 0, None, None
    for pause, identity in looks:
        now += pause
        since = now if identity != last else since
        last = identity
        sighting = see(sighting, identity, now, quiet)
        assert is_settled(sighting, now) == (now - since >= quiet)
        assert not is_settled(sighting, since + quiet - 1)
        assert is_settled(sighting, since + quiet)


@given(_FINGERPRINTS, _SECONDS, _SECONDS)
def test_due_is_when_it_settles(
    identity: FileIdentity, now: float, quiet: float
) -> None:
    """The time at which a look is due is the first at which the file is settled."""
    sighting = see(None, identity, now, quiet)
    assert is_settled(sighting, sighting.due_seconds)
    assert not is_settled(sighting, now)


@given(st.sampled_from(["device", "inode", "size_bytes", "mtime_ns"]), _SECONDS)
def test_any_change_restarts(field: str, quiet: float) -> None:
    """A change of device, inode, size or time starts the waiting anew."""
    first = see(None, _FINGERPRINT, 0, quiet)
    values = {field: 99}
    changed = see(first, replace(_FINGERPRINT, **values), quiet, quiet)
    assert is_settled(first, quiet)
    assert not is_settled(changed, quiet)
    assert is_settled(changed, changed.due_seconds)


def test_old_file_waits_as_well() -> None:
    """The file's own age says nothing: a copy may keep an old time while it grows."""
    assert not is_settled(see(None, _FINGERPRINT, 1e9, 2), 1e9 + 1.9)


def test_longer_wait_is_kept() -> None:
    """A file that must wait longer does so until it changes."""
    first = Sighting(_FINGERPRINT, 0, 20)
    assert not is_settled(see(first, _FINGERPRINT, 5, 2), 19)
    changed = see(first, replace(_FINGERPRINT, size_bytes=9), 5, 2)
    assert changed.due_seconds == 7
