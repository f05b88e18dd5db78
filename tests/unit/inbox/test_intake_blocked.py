"""A picture that cannot be taken holds up no other, and a lost inbox blames none."""

import errno

import pytest

from ..intake_harness import IntakeHarness

_OF_THE_PICTURE = [errno.EACCES, errno.EPERM, errno.EXDEV, errno.EBUSY]
_OF_THE_PICTURE += [errno.ETXTBSY, errno.ENAMETOOLONG, errno.EILSEQ]
_OF_THE_MACHINE = [errno.EDQUOT, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENODEV]
_OF_THE_MACHINE += [errno.ENOMEM, errno.ENOSPC, errno.ENOTCONN, errno.EROFS]
_OF_THE_MACHINE += [errno.ESTALE]


@pytest.fixture
def desk() -> IntakeHarness:
    """Return an intake that settles after two seconds."""
    return IntakeHarness()


@pytest.mark.parametrize("code", _OF_THE_PICTURE)
def test_picture_that_cannot_be_taken(desk: IntakeHarness, code: int) -> None:
    """A picture that cannot be taken is named once, and holds up no other."""
    desk.inbox.put("a.jpg", "b.jpg")
    desk.inbox.faults["a.jpg"] = OSError(code, "no")
    desk.intake.scan(0)
    assert desk.claimed(2) == ["b.jpg"]
    assert (desk.intake.blocked, desk.intake.waiting) == (1, 0)
    assert desk.intake.next_due_seconds() is None
    for now in range(3, 500):
        desk.intake.scan(now)
        assert desk.claimed(now) == []
    assert [event["event"] for event in desk.events] == ["left alone"]
    desk.inbox.faults.clear()
    desk.intake.hint(["a.jpg"], 1000)
    assert desk.claimed(1002) == ["a.jpg"]
    assert (desk.intake.blocked, desk.intake.waiting) == (0, 0)


def test_waits_of_a_blocked_picture(desk: IntakeHarness) -> None:
    """The waits for a blocked picture double from the settle time up to a minute."""
    desk.inbox.put("a.jpg")
    desk.inbox.faults["a.jpg"] = PermissionError(errno.EACCES, "no")
    desk.intake.scan(0)
    assert desk.claimed(2) == []
    now = 2.0
    for wait in (2, 4, 8, 16, 32, 60, 60):
        desk.intake.scan(now + wait - 0.1)
        assert desk.intake.waiting == 0
        desk.intake.hint(["a.jpg"], now + wait)
        assert desk.intake.waiting == 1
        now += wait + 2
        assert desk.claimed(now) == []
        assert desk.intake.waiting == 0


def test_blocked_pictures_leave_room_in_memory() -> None:
    """Blocked pictures take no memory from others, and few of them are remembered."""
    desk = IntakeHarness(limit=2)
    names = [f"{number}.jpg" for number in range(5)]
    desk.inbox.faults = {name: PermissionError(errno.EACCES, "no") for name in names}
    desk.inbox.put(*names[:2])
    desk.intake.scan(0)
    assert desk.claimed(2) == []
    assert desk.intake.blocked == 2
    desk.inbox.put("x.jpg", "y.jpg")
    desk.intake.scan(3)
    assert not desk.intake.overflowed
    assert desk.claimed(5) == ["x.jpg", "y.jpg"]
    desk.inbox.put(*names)
    for now in range(6, 30):
        desk.intake.scan(now)
        assert desk.claimed(now) == []
        assert desk.intake.blocked <= 2


def test_blocked_picture_that_went(desk: IntakeHarness) -> None:
    """A blocked picture that went away is forgotten, even without a hint."""
    desk.inbox.put("a.jpg")
    desk.inbox.faults["a.jpg"] = PermissionError(errno.EACCES, "no")
    desk.intake.scan(0)
    assert desk.claimed(2) == []
    desk.inbox.files.clear()
    desk.intake.scan(100)
    assert desk.claimed(102) == []
    assert desk.intake.blocked == 0


@pytest.mark.parametrize("code", _OF_THE_MACHINE)
def test_fault_of_the_machine(desk: IntakeHarness, code: int) -> None:
    """A fault of the machine while claiming is one of the whole inbox, and is told."""
    desk.inbox.put("a.jpg")
    desk.inbox.faults["a.jpg"] = OSError(code, "it is ill")
    desk.intake.scan(0)
    with pytest.raises(OSError, match="it is ill"):
        desk.claimed(2)
    assert (desk.intake.blocked, desk.intake.waiting) == (0, 1)
    desk.inbox.faults.clear()
    assert desk.claimed(2) == ["a.jpg"]


def test_fault_of_the_inbox(desk: IntakeHarness) -> None:
    """Where the inbox cannot be reached either, no picture is blamed for it."""
    desk.inbox.put("a.jpg")
    desk.inbox.faults["a.jpg"] = PermissionError(errno.EACCES, "no")
    desk.inbox.lost = PermissionError(errno.EACCES, "the inbox is locked")
    desk.intake.scan(0)
    with pytest.raises(PermissionError, match="the inbox is locked"):
        desk.claimed(2)
    assert (desk.intake.blocked, desk.intake.waiting) == (0, 1)
    assert desk.events == []


def test_blocked_picture_that_changes(desk: IntakeHarness) -> None:
    """A blocked picture that changes is tried again after the settle time."""
    desk.inbox.put("a.jpg")
    desk.inbox.faults["a.jpg"] = PermissionError(errno.EACCES, "no")
    desk.intake.scan(0)
    assert desk.claimed(2) == []
    desk.inbox.faults.clear()
    desk.inbox.put("a.jpg", size=9)
    desk.intake.hint(["a.jpg"], 3)
    assert desk.intake.waiting == 1
    assert desk.claimed(4.9) == []
    assert desk.claimed(5) == ["a.jpg"]
    assert desk.intake.blocked == 0
