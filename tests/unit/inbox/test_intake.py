"""Settled pictures are claimed once, oldest first, within bounded memory."""

from pathlib import PurePosixPath

import pytest

from ..intake_harness import IntakeHarness


@pytest.fixture
def desk() -> IntakeHarness:
    """Return an intake that settles after two seconds."""
    return IntakeHarness()


def test_settled_pictures_are_claimed(desk: IntakeHarness) -> None:
    """A picture is claimed when it was seen unchanged for the settle time, and once."""
    desk.inbox.put("a.jpg", "b/c.jpg")
    desk.intake.scan(10)
    assert desk.intake.waiting == 2
    assert desk.intake.next_due_seconds() == 12
    assert desk.claimed(11.9) == []
    assert desk.claimed(12) == ["a.jpg", "b/c.jpg"]
    assert desk.claimed(20) == []
    assert desk.intake.next_due_seconds() is None


def test_growing_picture_is_waited_for(desk: IntakeHarness) -> None:
    """A picture that changed is waited for anew, even without a hint."""
    desk.inbox.put("a.jpg")
    desk.intake.hint(["a.jpg"], 0)
    desk.inbox.put("a.jpg", size=2)
    assert desk.claimed(5) == []
    assert desk.claimed(6.9) == []
    assert desk.claimed(7) == ["a.jpg"]


def test_picture_that_went(desk: IntakeHarness) -> None:
    """A picture that went away is forgotten."""
    desk.inbox.put("a.jpg")
    desk.intake.scan(0)
    desk.inbox.files.clear()
    assert desk.claimed(5) == []
    assert desk.intake.waiting == 0


def test_oldest_first_while_there_is_room(desk: IntakeHarness) -> None:
    """The picture that was seen first is claimed first, and the rest as room comes."""
    desk.inbox.put("z.jpg")
    desk.intake.scan(0)
    desk.inbox.put("a.jpg")
    desk.intake.scan(1)
    assert desk.claimed(9, iter([True, False]).__next__) == ["z.jpg"]
    assert desk.intake.waiting == 1
    assert desk.claimed(9) == ["a.jpg"]


def test_hint_of_a_folder(desk: IntakeHarness) -> None:
    """A folder that came as a whole is scanned, and only that folder."""
    desk.inbox.put("new/a.jpg", "old/b.jpg")
    desk.intake.hint(["new", "nothing", "gone/x.jpg"], 0)
    assert desk.claimed(2) == ["new/a.jpg"]


def test_limit(desk: IntakeHarness) -> None:
    """Memory is bounded, and what did not fit is found by the next scan."""
    desk = IntakeHarness(limit=3)
    desk.inbox.put(*(f"{number}.jpg" for number in range(5)))
    desk.intake.scan(0)
    assert desk.intake.waiting == 3
    overflowed = [desk.intake.overflowed]
    assert len(desk.claimed(2)) == 3
    desk.intake.scan(2)
    overflowed.append(desk.intake.overflowed)
    assert overflowed == [True, False]
    assert len(desk.claimed(4)) == 2


def test_skipped_are_named_once(desk: IntakeHarness) -> None:
    """What is left alone is named once, and again when it is something else."""
    desk.inbox.skipped["x.jpg"] = "a link"
    for now in range(3):
        desk.intake.scan(now)
        desk.intake.hint(["x.jpg"], now)
    desk.inbox.skipped["x.jpg"] = "a FIFO"
    desk.intake.scan(9)
    assert [event["why"] for event in desk.events] == ["a link", "a FIFO"]
    assert desk.events[0]["name"] == "x.jpg"
    assert desk.intake.waiting == 0


def test_long_scan_beats(desk: IntakeHarness) -> None:
    """A long scan gives a sign of life now and then, and not for every picture."""
    desk.inbox.put(*(f"{number}.jpg" for number in range(1000)))
    beats: list[int] = []
    desk.intake.scan(0, lambda: beats.append(1))
    assert 3 <= len(beats) <= 10


@pytest.mark.parametrize("hinted", [99, 100])
def test_truncated_picture_that_was_hinted_at(
    desk: IntakeHarness, hinted: float
) -> None:
    """A picture that a hint has seen already is waited for ten times as long, too."""
    desk.inbox.put("a.jpg")
    desk.intake.hint(["a.jpg"], hinted)
    desk.intake.wait_longer(PurePosixPath("a.jpg"), 100)
    desk.intake.hint(["a.jpg"], 101)
    assert desk.claimed(119.9) == []
    assert desk.claimed(120) == ["a.jpg"]
    assert desk.inbox.taken == [("a.jpg", True)]


def test_truncated_picture_is_waited_for(desk: IntakeHarness) -> None:
    """A picture whose end is missing must stay unchanged ten times as long."""
    desk.inbox.put("a.jpg")
    desk.intake.wait_longer(PurePosixPath("a.jpg"), 100)
    assert desk.claimed(119.9) == []
    assert desk.claimed(120) == ["a.jpg"]
    assert desk.inbox.taken == [("a.jpg", True)]


def test_truncated_picture_that_grows(desk: IntakeHarness) -> None:
    """A picture whose end was missing and that changes is a new one."""
    desk.inbox.put("a.jpg")
    desk.intake.wait_longer(PurePosixPath("a.jpg"), 100)
    desk.inbox.put("a.jpg", size=2)
    desk.intake.hint(["a.jpg"], 101)
    assert desk.claimed(103) == ["a.jpg"]
    assert desk.inbox.taken == [("a.jpg", False)]


def test_picture_that_changes_while_it_is_claimed(desk: IntakeHarness) -> None:
    """A picture that changes at the very moment of the claim is waited for anew."""
    desk.inbox.put("a.jpg")
    desk.inbox.changing.add("a.jpg")
    desk.intake.scan(0)
    assert desk.claimed(2) == []
    desk.inbox.changing.clear()
    assert desk.claimed(3.9) == []
    assert desk.claimed(4) == ["a.jpg"]
