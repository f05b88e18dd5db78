"""Pictures of an unavailable model are deferred until the model is tried again."""

from pathlib import PurePosixPath

import pytest

from ..intake_harness import IntakeHarness


@pytest.fixture
def harness() -> IntakeHarness:
    """Return an intake with pictures that are deferred until 100, and others."""
    harness = IntakeHarness()
    harness.inbox.put("people/a.jpg", "people/b.jpg", "c.jpg", "people/d.jpg", "e.jpg")
    harness.deferred["people"] = 100
    harness.intake.scan(0)
    return harness


def test_others_are_claimed(harness: IntakeHarness) -> None:
    """Deferred pictures delay no other, and all of them still wait."""
    assert harness.claimed(2) == ["c.jpg", "e.jpg"]
    assert len(harness.sightings) == 3
    assert {str(path) for path in harness.sightings.paths} == {
        f"people/{name}.jpg" for name in "abd"
    }


def test_nothing_is_due_meanwhile(harness: IntakeHarness) -> None:
    """Nothing is due for a deferred picture before its time, however often seen."""
    harness.claimed(2)
    for now in range(3, 99):
        harness.intake.scan(now)
        harness.intake.hint(["people/a.jpg"], now)
        assert harness.sightings.next_due_seconds() == 100
        assert harness.claimed(now) == []
    assert harness.claimed(100) == [f"people/{name}.jpg" for name in "abd"]
    assert len(harness.sightings) == 0


def test_longer_deferral(harness: IntakeHarness) -> None:
    """A deferral that has been prolonged since counts."""
    harness.claimed(2)
    harness.deferred["people"] = 300
    assert harness.claimed(100) == []
    assert harness.sightings.next_due_seconds() == 300


def test_change_of_a_deferred_picture(harness: IntakeHarness) -> None:
    """A deferred picture that changes has to settle again."""
    harness.claimed(2)
    harness.inbox.put("people/a.jpg", size=2)
    harness.intake.scan(99)
    assert harness.claimed(100) == ["people/b.jpg", "people/d.jpg"]
    assert harness.claimed(101) == ["people/a.jpg"]


def test_deferred_picture_that_is_gone(harness: IntakeHarness) -> None:
    """A deferred picture that is gone is forgotten."""
    harness.claimed(2)
    del harness.inbox.files["people/a.jpg"]
    harness.intake.hint(["people/a.jpg"], 3)
    assert len(harness.sightings) == 2


def test_many_deferred_pictures() -> None:
    """Any number of deferred pictures leaves a place for others, and none is lost."""
    harness = IntakeHarness(limit=3)
    people = [f"people/{n}.jpg" for n in range(6)]
    harness.inbox.put(*people)
    harness.deferred["people"] = 100
    for now in range(0, 20, 2):
        harness.intake.scan(now)
        assert harness.claimed(now + 1) == []
        assert len(harness.sightings) <= 6
    assert harness.sightings.overflowed
    assert harness.claimed(30) == []
    harness.inbox.put("z.jpg")
    harness.intake.hint(["z.jpg"], 30)
    assert harness.claimed(32) == ["z.jpg"]
    harness.deferred.clear()
    claimed = harness.claimed(100)
    harness.intake.scan(101)
    assert sorted(claimed + harness.claimed(103)) == people


def test_deferred_picture_that_was_returned(harness: IntakeHarness) -> None:
    """A returned picture is still known to have settled for long after a deferral."""
    harness.intake.wait_longer(PurePosixPath("people/a.jpg"), 2)
    assert "people/a.jpg" not in harness.claimed(22)
    assert "people/a.jpg" in harness.claimed(100)
    assert harness.settled_long["people/a.jpg"]
    assert not harness.settled_long["people/b.jpg"]
