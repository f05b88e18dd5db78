"""Settled pictures are claimed once, oldest first, within bounded memory."""

from pathlib import PurePosixPath

import pytest
from dropcut.core.events import ScanFinished

from ..intake_harness import IntakeHarness


@pytest.fixture
def harness() -> IntakeHarness:
    """Return an intake that settles after two seconds."""
    return IntakeHarness()


def test_settled_pictures_are_claimed(harness: IntakeHarness) -> None:
    """A picture is claimed once, after it was seen unchanged for the settle time."""
    harness.inbox.put("a.jpg", "b/c.jpg")
    harness.intake.scan(10)
    assert len(harness.sightings) == 2
    assert harness.sightings.next_due_seconds() == 12
    assert harness.claimed(11.9) == []
    assert harness.claimed(12) == ["a.jpg", "b/c.jpg"]
    assert harness.claimed(20) == []
    assert harness.sightings.next_due_seconds() is None


def test_growing_picture_is_waited_for(harness: IntakeHarness) -> None:
    """A changed picture has to settle again, even without a hint."""
    harness.inbox.put("a.jpg")
    harness.intake.hint(["a.jpg"], 0)
    harness.inbox.put("a.jpg", size=2)
    assert harness.claimed(5) == []
    assert harness.claimed(6.9) == []
    assert harness.claimed(7) == ["a.jpg"]


def test_picture_that_is_gone(harness: IntakeHarness) -> None:
    """A picture that is gone is forgotten."""
    harness.inbox.put("a.jpg")
    harness.intake.scan(0)
    harness.inbox.files.clear()
    assert harness.claimed(5) == []
    assert len(harness.sightings) == 0


def test_oldest_first_while_there_is_room(harness: IntakeHarness) -> None:
    """The picture that was seen first is claimed first, the others as room allows."""
    harness.inbox.put("z.jpg")
    harness.intake.scan(0)
    harness.inbox.put("a.jpg")
    harness.intake.scan(1)
    assert harness.claimed(9, room=1) == ["z.jpg"]
    assert len(harness.sightings) == 1
    assert harness.claimed(9) == ["a.jpg"]


def test_hint_of_a_folder(harness: IntakeHarness) -> None:
    """A folder that was moved in is scanned, and only that folder."""
    harness.inbox.put("new/a.jpg", "old/b.jpg")
    harness.intake.hint(["new", "nothing", "gone/x.jpg"], 0)
    assert harness.claimed(2) == ["new/a.jpg"]


def test_limit(harness: IntakeHarness) -> None:
    """Memory is bounded, and the next scan finds what did not fit."""
    harness = IntakeHarness(limit=3)
    harness.inbox.put(*(f"{number}.jpg" for number in range(5)))
    harness.intake.scan(0)
    assert len(harness.sightings) == 3
    overflowed = [harness.sightings.overflowed]
    assert len(harness.claimed(2)) == 3
    harness.intake.scan(2)
    overflowed.append(harness.sightings.overflowed)
    assert overflowed == [True, False]
    assert len(harness.claimed(4)) == 2


def test_skipped_entries_are_reported_once(harness: IntakeHarness) -> None:
    """A skipped entry is reported once, and again when its reason changes."""
    harness.inbox.skipped["x.jpg"] = "a link"
    for now in range(3):
        harness.intake.scan(now)
        harness.intake.hint(["x.jpg"], now)
    harness.inbox.skipped["x.jpg"] = "a FIFO"
    harness.intake.scan(9)
    path = PurePosixPath("x.jpg")
    assert harness.skipped == [(path, "a link"), (path, "a FIFO")]
    assert len(harness.sightings) == 0


def test_heartbeats_of_a_long_scan(harness: IntakeHarness) -> None:
    """A long scan calls the heartbeat regularly, but not for every picture."""
    harness.inbox.put(*(f"{number}.jpg" for number in range(1000)))
    beats: list[int] = []
    harness.intake.scan(0, lambda: beats.append(1))
    assert 3 <= len(beats) <= 10


@pytest.mark.parametrize("hinted", [99, 100])
def test_truncated_picture_that_was_hinted_at(
    harness: IntakeHarness, hinted: float
) -> None:
    """A returned picture waits ten times as long even if a hint came first."""
    harness.inbox.put("a.jpg")
    harness.intake.hint(["a.jpg"], hinted)
    harness.intake.wait_longer(PurePosixPath("a.jpg"), 100)
    harness.intake.hint(["a.jpg"], 101)
    assert harness.claimed(119.9) == []
    assert harness.claimed(120) == ["a.jpg"]
    assert harness.settled_long == {"a.jpg": True}


def test_truncated_picture_is_waited_for(harness: IntakeHarness) -> None:
    """A returned picture whose end is missing stays unchanged ten times as long."""
    harness.inbox.put("a.jpg")
    harness.intake.wait_longer(PurePosixPath("a.jpg"), 100)
    assert harness.claimed(119.9) == []
    assert harness.claimed(120) == ["a.jpg"]
    assert harness.settled_long == {"a.jpg": True}


def test_truncated_picture_that_grows(harness: IntakeHarness) -> None:
    """A returned picture that changes has the usual settle time."""
    harness.inbox.put("a.jpg")
    harness.intake.wait_longer(PurePosixPath("a.jpg"), 100)
    harness.inbox.put("a.jpg", size=2)
    harness.intake.hint(["a.jpg"], 101)
    assert harness.claimed(103) == ["a.jpg"]
    assert harness.settled_long == {"a.jpg": False}


def test_picture_that_changes_while_it_is_claimed(harness: IntakeHarness) -> None:
    """A picture that changes at the very moment of the claim has to settle again."""
    harness.inbox.put("a.jpg")
    harness.inbox.changing.add("a.jpg")
    harness.intake.scan(0)
    assert harness.claimed(2) == []
    harness.inbox.changing.clear()
    assert harness.claimed(3.9) == []
    assert harness.claimed(4) == ["a.jpg"]


def test_returned_picture_needs_no_room_in_memory() -> None:
    """A returned picture waits longer even where the memory is full of others."""
    harness = IntakeHarness(limit=1)
    harness.inbox.put("a.jpg", "b.jpg")
    harness.intake.hint(["b.jpg"], 0)
    harness.intake.wait_longer(PurePosixPath("a.jpg"), 0)
    assert harness.claimed(19) == ["b.jpg"]
    assert harness.claimed(20) == ["a.jpg"]


def test_returned_picture_that_is_gone(harness: IntakeHarness) -> None:
    """A returned picture that somebody has removed is not waited for."""
    harness.intake.wait_longer(PurePosixPath("a.jpg"), 0)
    assert len(harness.sightings) == 0


def test_hint_looks_once(harness: IntakeHarness) -> None:
    """A hint asks the file system once about its path, whatever is there."""
    harness.inbox.put("a.jpg", "sub/b.jpg")
    harness.intake.hint(["a.jpg", "sub", "gone.jpg"], 0)
    assert harness.inbox.looks == ["a.jpg", "sub", "gone.jpg"]


def test_file_that_becomes_a_folder(harness: IntakeHarness) -> None:
    """A picture that is replaced by a folder is forgotten; what is in it is found."""
    harness.inbox.put("a")
    harness.intake.scan(0)
    harness.inbox.files.clear()
    harness.inbox.put("a/b.jpg")
    assert harness.claimed(2) == []
    assert harness.claimed(4) == ["a/b.jpg"]


def test_finished_scan(harness: IntakeHarness) -> None:
    """The end of a scan is published, with the number of entries."""
    harness.inbox.put("a.jpg", "b.jpg")
    harness.inbox.skipped["x.jpg"] = "a link"
    harness.intake.scan(0)
    assert harness.events[-1] == ScanFinished(entries=3)


def test_memory_of_reports_is_bounded() -> None:
    """Beyond the limit it is forgotten what was reported, so it is reported again."""
    harness = IntakeHarness(limit=1)
    harness.inbox.skipped = {"x.jpg": "a link", "y.jpg": "a link"}
    harness.intake.scan(0)
    harness.intake.scan(1)
    assert len(harness.skipped) == 4


@pytest.mark.parametrize("fault", [FileNotFoundError, PermissionError])
def test_folder_that_vanishes(harness: IntakeHarness, fault: type[OSError]) -> None:
    """A hinted folder that vanishes or is unreadable harms no other hint."""
    harness.inbox.put("sub/a.jpg", "b.jpg")
    harness.inbox.faults["sub"] = fault()
    harness.intake.hint(["sub", "b.jpg"], 0)
    assert harness.claimed(2) == ["b.jpg"]
