"""An unclaimable picture delays no other; a lost inbox is no picture's fault."""

import errno
from pathlib import PurePosixPath

import pytest

from ..intake_harness import IntakeHarness

_OF_THE_PICTURE = [errno.EACCES, errno.EPERM, errno.EXDEV, errno.EBUSY]
_OF_THE_PICTURE += [errno.ETXTBSY, errno.ENAMETOOLONG, errno.EILSEQ]
_OF_THE_MACHINE = [errno.EDQUOT, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENODEV]
_OF_THE_MACHINE += [errno.ENOMEM, errno.ENOSPC, errno.ENOTCONN, errno.EROFS]
_OF_THE_MACHINE += [errno.ESTALE]


@pytest.fixture
def harness() -> IntakeHarness:
    """Return an intake that settles after two seconds."""
    return IntakeHarness()


@pytest.mark.parametrize("code", _OF_THE_PICTURE)
def test_unclaimable_picture(harness: IntakeHarness, code: int) -> None:
    """An unclaimable picture is reported once and delays no other."""
    harness.inbox.put("a.jpg", "b.jpg")
    harness.inbox.faults["a.jpg"] = OSError(code, "no")
    harness.intake.scan(0)
    assert harness.claimed(2) == ["b.jpg"]
    assert (len(harness.sightings.unclaimable), len(harness.sightings)) == (1, 0)
    assert harness.sightings.next_due_seconds() is None
    for now in range(3, 500):
        harness.intake.scan(now)
        assert harness.claimed(now) == []
    assert harness.skipped == [(PurePosixPath("a.jpg"), "it cannot be claimed: no")]
    harness.inbox.faults.clear()
    harness.intake.hint(["a.jpg"], 1000)
    assert harness.claimed(1002) == ["a.jpg"]
    assert (len(harness.sightings.unclaimable), len(harness.sightings)) == (0, 0)


def test_waits_of_an_unclaimable_picture(harness: IntakeHarness) -> None:
    """The waits for an unclaimable picture double, from the settle time to a minute."""
    harness.inbox.put("a.jpg")
    harness.inbox.faults["a.jpg"] = PermissionError(errno.EACCES, "no")
    harness.intake.scan(0)
    assert harness.claimed(2) == []
    now = 2.0
    for wait in (2, 4, 8, 16, 32, 60, 60):
        harness.intake.scan(now + wait - 0.1)
        assert len(harness.sightings) == 0
        harness.intake.hint(["a.jpg"], now + wait)
        assert len(harness.sightings) == 1
        now += wait + 2
        assert harness.claimed(now) == []
        assert len(harness.sightings) == 0


def test_unclaimable_pictures_leave_room_in_memory() -> None:
    """Unclaimable pictures take no place from others and use bounded memory."""
    harness = IntakeHarness(limit=2)
    names = [f"{number}.jpg" for number in range(5)]
    harness.inbox.faults = {name: PermissionError(errno.EACCES, "no") for name in names}
    harness.inbox.put(*names[:2])
    harness.intake.scan(0)
    assert harness.claimed(2) == []
    assert len(harness.sightings.unclaimable) == 2
    harness.inbox.put("x.jpg", "y.jpg")
    harness.intake.scan(3)
    assert not harness.sightings.overflowed
    assert harness.claimed(5) == ["x.jpg", "y.jpg"]
    harness.inbox.put(*names)
    for now in range(6, 30):
        harness.intake.scan(now)
        assert harness.claimed(now) == []
        assert len(harness.sightings.unclaimable) <= 2


def test_unclaimable_picture_that_is_gone(harness: IntakeHarness) -> None:
    """An unclaimable picture that is gone is forgotten, even without a hint."""
    harness.inbox.put("a.jpg")
    harness.inbox.faults["a.jpg"] = PermissionError(errno.EACCES, "no")
    harness.intake.scan(0)
    assert harness.claimed(2) == []
    harness.inbox.files.clear()
    harness.intake.scan(100)
    assert harness.claimed(102) == []
    assert len(harness.sightings.unclaimable) == 0


@pytest.mark.parametrize("code", _OF_THE_MACHINE)
def test_fault_of_the_machine(harness: IntakeHarness, code: int) -> None:
    """The machine's fault while claiming concerns the whole inbox and is raised."""
    harness.inbox.put("a.jpg")
    harness.inbox.faults["a.jpg"] = OSError(code, "it is ill")
    harness.intake.scan(0)
    with pytest.raises(OSError, match="it is ill"):
        harness.claimed(2)
    assert (len(harness.sightings.unclaimable), len(harness.sightings)) == (0, 1)
    harness.inbox.faults.clear()
    assert harness.claimed(2) == ["a.jpg"]


def test_fault_of_the_inbox(harness: IntakeHarness) -> None:
    """A picture is not blamed where the inbox itself cannot be reached."""
    harness.inbox.put("a.jpg")
    harness.inbox.faults["a.jpg"] = PermissionError(errno.EACCES, "no")
    harness.inbox.lost = PermissionError(errno.EACCES, "the inbox is locked")
    harness.intake.scan(0)
    with pytest.raises(PermissionError, match="the inbox is locked"):
        harness.claimed(2)
    assert (len(harness.sightings.unclaimable), len(harness.sightings)) == (0, 1)
    assert harness.skipped == []


def test_unclaimable_picture_that_changes(harness: IntakeHarness) -> None:
    """An unclaimable picture that changes is tried again after the settle time."""
    harness.inbox.put("a.jpg")
    harness.inbox.faults["a.jpg"] = PermissionError(errno.EACCES, "no")
    harness.intake.scan(0)
    assert harness.claimed(2) == []
    harness.inbox.faults.clear()
    harness.inbox.put("a.jpg", size=9)
    harness.intake.hint(["a.jpg"], 3)
    assert len(harness.sightings) == 1
    assert harness.claimed(4.9) == []
    assert harness.claimed(5) == ["a.jpg"]
    assert len(harness.sightings.unclaimable) == 0


def test_picture_that_is_unclaimable_again(harness: IntakeHarness) -> None:
    """A new picture that is unclaimable is reported although one of its name was."""
    fault = PermissionError(errno.EACCES, "no")
    harness.inbox.put("a.jpg")
    harness.inbox.faults["a.jpg"] = fault
    harness.intake.scan(0)
    assert harness.claimed(2) == []
    del harness.inbox.faults["a.jpg"]
    harness.intake.scan(4)
    assert harness.claimed(6) == ["a.jpg"]
    harness.inbox.put("a.jpg")
    harness.inbox.faults["a.jpg"] = fault
    harness.intake.scan(7)
    assert harness.claimed(9) == []
    assert [str(path) for path, _ in harness.skipped] == ["a.jpg", "a.jpg"]
