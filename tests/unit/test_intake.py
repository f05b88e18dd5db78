"""Settled pictures are claimed once, oldest first, within bounded memory."""

import errno
from collections.abc import Callable
from pathlib import PurePosixPath

import pytest
from dropcut.intake import Intake

from .fakes import Events, FakeInbox
from .fakes import logger as fake_logger

_ALWAYS: Callable[[], bool] = lambda: True  # noqa: E731  # a value of this type


class _Desk:
    """An intake over a fake inbox."""

    def __init__(self, limit: int = 100) -> None:
        self.inbox, self.events = FakeInbox(), Events()
        log = fake_logger(self.events)
        self.intake = Intake(self.inbox, log, settle_seconds=2, limit=limit)

    def claimed(self, now: float, room: Callable[[], bool] = _ALWAYS) -> list[str]:
        return [str(claim.source) for claim in self.intake.claims(now, room)]


@pytest.fixture
def desk() -> _Desk:
    """Return an intake that settles after two seconds."""
    return _Desk()


def test_settled_pictures_are_claimed(desk: _Desk) -> None:
    """A picture is claimed when it was seen unchanged for the settle time, and once."""
    desk.inbox.put("a.jpg", "b/c.jpg")
    desk.intake.scan(10)
    assert desk.intake.waiting == 2
    assert desk.intake.next_due_seconds() == 12
    assert desk.claimed(11.9) == []
    assert desk.claimed(12) == ["a.jpg", "b/c.jpg"]
    assert desk.claimed(20) == []
    assert desk.intake.next_due_seconds() is None


def test_growing_picture_is_waited_for(desk: _Desk) -> None:
    """A picture that changed is waited for anew, even without a hint."""
    desk.inbox.put("a.jpg")
    desk.intake.hint(["a.jpg"], 0)
    desk.inbox.put("a.jpg", size=2)
    assert desk.claimed(5) == []
    assert desk.claimed(6.9) == []
    assert desk.claimed(7) == ["a.jpg"]


def test_picture_that_went(desk: _Desk) -> None:
    """A picture that went away is forgotten."""
    desk.inbox.put("a.jpg")
    desk.intake.scan(0)
    desk.inbox.files.clear()
    assert desk.claimed(5) == []
    assert desk.intake.waiting == 0


def test_oldest_first_while_there_is_room(desk: _Desk) -> None:
    """The picture that was seen first is claimed first, and the rest as room comes."""
    desk.inbox.put("z.jpg")
    desk.intake.scan(0)
    desk.inbox.put("a.jpg")
    desk.intake.scan(1)
    assert desk.claimed(9, iter([True, False]).__next__) == ["z.jpg"]
    assert desk.intake.waiting == 1
    assert desk.claimed(9) == ["a.jpg"]


def test_hint_of_a_folder(desk: _Desk) -> None:
    """A folder that came as a whole is scanned, and only that folder."""
    desk.inbox.put("new/a.jpg", "old/b.jpg")
    desk.intake.hint(["new", "nothing", "gone/x.jpg"], 0)
    assert desk.claimed(2) == ["new/a.jpg"]


def test_limit(desk: _Desk) -> None:
    """Memory is bounded, and what did not fit is found by the next scan."""
    desk = _Desk(limit=3)
    desk.inbox.put(*(f"{number}.jpg" for number in range(5)))
    desk.intake.scan(0)
    assert desk.intake.waiting == 3
    overflowed = [desk.intake.overflowed]
    assert len(desk.claimed(2)) == 3
    desk.intake.scan(2)
    overflowed.append(desk.intake.overflowed)
    assert overflowed == [True, False]
    assert len(desk.claimed(4)) == 2


def test_oddities_are_named_once(desk: _Desk) -> None:
    """What is left alone is named once, and again when it is something else."""
    desk.inbox.oddities["x.jpg"] = "a link"
    for now in range(3):
        desk.intake.scan(now)
        desk.intake.hint(["x.jpg"], now)
    desk.inbox.oddities["x.jpg"] = "a FIFO"
    desk.intake.scan(9)
    assert [event["why"] for event in desk.events] == ["a link", "a FIFO"]
    assert desk.events[0]["name"] == "x.jpg"
    assert desk.intake.waiting == 0


@pytest.mark.parametrize("code", [errno.EACCES, errno.EPERM, errno.EXDEV, errno.EROFS])
def test_picture_that_may_not_be_taken(desk: _Desk, code: int) -> None:
    """A picture that may not be taken is named once, blocked, and tried again later."""
    desk.inbox.put("a.jpg", "b.jpg")
    desk.inbox.faults["a.jpg"] = OSError(code, "no")
    desk.intake.scan(0)
    assert desk.claimed(2) == ["b.jpg"]
    assert (desk.intake.blocked, desk.intake.waiting) == (1, 0)
    for now in (3, 21.9, 22, 100, 5000):
        assert desk.claimed(now) == []
    assert [event["event"] for event in desk.events] == ["left alone"]
    desk.inbox.faults.clear()
    assert desk.claimed(10_000) == ["a.jpg"]
    assert desk.intake.blocked == 0


def test_busy_picture(desk: _Desk) -> None:
    """A picture that is busy is tried again later without a word."""
    desk.inbox.put("a.jpg")
    desk.inbox.faults["a.jpg"] = OSError(errno.EBUSY, "busy")
    desk.intake.scan(0)
    assert desk.claimed(2) == []
    assert (desk.intake.blocked, desk.intake.waiting) == (0, 1)
    desk.inbox.faults.clear()
    assert desk.claimed(21) == []
    assert desk.claimed(22) == ["a.jpg"]
    assert desk.events == []


def test_fault_of_the_inbox(desk: _Desk) -> None:
    """Another fault while claiming is one of the whole inbox, and is told."""
    desk.inbox.put("a.jpg")
    desk.inbox.faults["a.jpg"] = OSError(errno.EIO, "Input/output error")
    desk.intake.scan(0)
    with pytest.raises(OSError, match="Input/output"):
        desk.claimed(2)
    desk.inbox.faults.clear()
    assert desk.claimed(2) == ["a.jpg"]


def test_blocked_picture_that_changes(desk: _Desk) -> None:
    """A blocked picture that changes is tried again after the settle time."""
    desk.inbox.put("a.jpg")
    desk.inbox.faults["a.jpg"] = PermissionError(errno.EACCES, "no")
    desk.intake.scan(0)
    assert desk.claimed(2) == []
    desk.inbox.faults.clear()
    desk.inbox.put("a.jpg", size=9)
    desk.intake.hint(["a.jpg"], 3)
    assert desk.intake.blocked == 0
    assert desk.claimed(5) == ["a.jpg"]


def test_truncated_picture_is_waited_for(desk: _Desk) -> None:
    """A picture whose end is missing must stay unchanged ten times as long."""
    desk.inbox.put("a.jpg")
    desk.intake.distrust(PurePosixPath("a.jpg"), 100)
    assert desk.claimed(119.9) == []
    assert desk.claimed(120) == ["a.jpg"]
    assert desk.inbox.taken == [("a.jpg", True)]


def test_truncated_picture_that_grows(desk: _Desk) -> None:
    """A picture whose end was missing and that changes is a new one."""
    desk.inbox.put("a.jpg")
    desk.intake.distrust(PurePosixPath("a.jpg"), 100)
    desk.inbox.put("a.jpg", size=2)
    desk.intake.hint(["a.jpg"], 101)
    assert desk.claimed(103) == ["a.jpg"]
    assert desk.inbox.taken == [("a.jpg", False)]


def test_picture_that_changes_while_it_is_claimed(desk: _Desk) -> None:
    """A picture that changes at the very moment of the claim is waited for anew."""
    desk.inbox.put("a.jpg")
    desk.inbox.changing.add("a.jpg")
    desk.intake.scan(0)
    assert desk.claimed(2) == []
    desk.inbox.changing.clear()
    assert desk.claimed(3.9) == []
    assert desk.claimed(4) == ["a.jpg"]
