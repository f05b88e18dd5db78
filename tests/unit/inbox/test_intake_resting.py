"""Pictures of a lost model are left alone until it may be tried again."""

import pytest

from ..intake_harness import IntakeHarness


@pytest.fixture
def desk() -> IntakeHarness:
    """Return an intake with pictures of a model that rests until 100, and others."""
    desk = IntakeHarness()
    desk.inbox.put("people/a.jpg", "people/b.jpg", "c.jpg", "people/d.jpg", "e.jpg")
    desk.resting["people"] = 100
    desk.intake.scan(0)
    return desk


def test_others_are_claimed(desk: IntakeHarness) -> None:
    """Pictures of a resting model hold up no other, and all of them still wait."""
    assert desk.claimed(2) == ["c.jpg", "e.jpg"]
    assert desk.intake.waiting == 3
    assert {str(path) for path in desk.intake.paths} == {
        f"people/{name}.jpg" for name in "abd"
    }


def test_nothing_is_due_meanwhile(desk: IntakeHarness) -> None:
    """Nothing is due for a resting picture before its time, however often seen."""
    desk.claimed(2)
    for now in range(3, 99):
        desk.intake.scan(now)
        desk.intake.hint(["people/a.jpg"], now)
        assert desk.intake.next_due_seconds() == 100
        assert desk.claimed(now) == []
    assert desk.claimed(100) == [f"people/{name}.jpg" for name in "abd"]
    assert desk.intake.waiting == 0


def test_longer_rest(desk: IntakeHarness) -> None:
    """A rest that was prolonged meanwhile counts."""
    desk.claimed(2)
    desk.resting["people"] = 300
    assert desk.claimed(100) == []
    assert desk.intake.next_due_seconds() == 300


def test_change_during_the_rest(desk: IntakeHarness) -> None:
    """A picture that changes while it rests has to settle anew."""
    desk.claimed(2)
    desk.inbox.put("people/a.jpg", size=2)
    desk.intake.scan(99)
    assert desk.claimed(100) == ["people/b.jpg", "people/d.jpg"]
    assert desk.claimed(101) == ["people/a.jpg"]


def test_resting_picture_that_is_taken_away(desk: IntakeHarness) -> None:
    """A resting picture that somebody takes away is forgotten."""
    desk.claimed(2)
    del desk.inbox.files["people/a.jpg"]
    desk.intake.hint(["people/a.jpg"], 3)
    assert desk.intake.waiting == 2


def test_many_resting_pictures() -> None:
    """However many pictures rest, there is a place for others, and none is lost."""
    desk = IntakeHarness(limit=3)
    people = [f"people/{n}.jpg" for n in range(6)]
    desk.inbox.put(*people)
    desk.resting["people"] = 100
    for now in range(0, 20, 2):
        desk.intake.scan(now)
        assert desk.claimed(now + 1) == []
        assert desk.intake.waiting <= 6
    assert desk.intake.overflowed
    assert desk.claimed(30) == []
    desk.inbox.put("z.jpg")
    desk.intake.hint(["z.jpg"], 30)
    assert desk.claimed(32) == ["z.jpg"]
    desk.resting.clear()
    claimed = desk.claimed(100)
    desk.intake.scan(101)
    assert sorted(claimed + desk.claimed(103)) == people
