"""The supervisor submits what the inbox holds, and waits while it is unavailable."""

import errno
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest
from dropcut.core.backoff import Backoff
from dropcut.core.claims import Claim, Folders
from dropcut.core.errors import AlreadyRunningError
from dropcut.core.events import (
    ClaimsRecovered,
    Event,
    EventsOverflowed,
    Paused,
    PollingStarted,
    Resumed,
    ScanFinished,
    WatcherLost,
)
from dropcut.core.reports import Outcome, Report
from dropcut.inbox.connection import InboxConnection
from dropcut.inbox.host import InboxLock
from dropcut.inbox.intake import Intake
from dropcut.inbox.scan import InboxFolder
from dropcut.inbox.supervisor import InboxSupervisor, ScanIntervals
from dropcut.inbox.watch import PathHints
from dropcut.storage import Claims, FolderStore, GuardedFolder

from ..fakes import FakeWatcher
from ..inbox_files import drop, original

if TYPE_CHECKING:
    from dropcut.work import Worker


@dataclass
class _Worker:
    """Keeps what is submitted."""

    room: int = 100
    claims: list[Claim] = field(default_factory=list)
    deferred: list[Claim] = field(default_factory=list)
    unavailable_until: dict[str, float] = field(default_factory=dict)

    def has_room(self) -> bool:
        """Whether fewer claims were submitted than may be."""
        return len(self.claims) < self.room

    def submit(self, claim: Claim, *, deferred: bool = False) -> None:
        """Keep a claim."""
        self.claims.append(claim)
        if deferred:
            self.deferred.append(claim)

    def status(self) -> SimpleNamespace:
        """Return which claims are held."""
        return SimpleNamespace(claim_ids=frozenset(c.id for c in self.claims))

    def partial_backoff(self, source: PurePosixPath) -> Backoff | None:
        """Return the back-off of the model of a folder."""
        until_seconds = self.unavailable_until.get(str(source.parent))
        return Backoff("gone", 1, 0, until_seconds) if until_seconds else None


class _SupervisorHarness:
    """A supervisor over a real inbox, with a fake watcher and a fake worker."""

    def __init__(self, folders: Folders, limit: int = 100) -> None:
        """Create the parts; nothing is attached."""
        self.folders, self.worker, self.watcher = folders, _Worker(), FakeWatcher()
        self.events: list[Event] = []
        self.hints = PathHints(lambda: None)
        self.claims = Claims(folders)
        inbox = InboxFolder(folders, self.claims, recursive=True, ignore=())
        publish = self.events.append
        self.supervisor = InboxSupervisor(
            connection=InboxConnection(
                GuardedFolder(folders.inbox), lambda: self.watcher, publish
            ),
            claims=self.claims,
            intake=Intake(inbox, publish, settle_seconds=2, limit=limit),
            hints=self.hints,
            worker=cast("Worker", self.worker),
            scan_intervals=ScanIntervals(rescan_seconds=60, poll_seconds=5),
            publish=publish,
            heartbeat=lambda: None,
        )

    def ticked(self, *times: float) -> list[str]:
        """Tick at these times and return what the worker has got so far."""
        for now in times:
            self.supervisor.tick(now)
        return [str(claim.source) for claim in self.worker.claims]

    def news(self) -> list[Event]:
        """Return the events since the last call, except the ends of scans."""
        events = [e for e in self.events if not isinstance(e, ScanFinished)]
        self.events.clear()
        return events


@pytest.fixture
def harness(folders: Folders) -> Iterator[_SupervisorHarness]:
    """Return a supervisor that is not started."""
    harness = _SupervisorHarness(folders)
    yield harness
    harness.supervisor.detach()


def test_settled_pictures_are_submitted(harness: _SupervisorHarness) -> None:
    """What the first scan and later hints find is submitted once it has settled."""
    drop(harness.folders, "a.jpg")
    harness.supervisor.start(0)
    drop(harness.folders, "b.jpg")
    harness.hints.add("b.jpg")
    assert harness.ticked(1) == []
    assert harness.supervisor.next_due_seconds() == 2
    assert harness.ticked(2) == ["a.jpg"]
    assert harness.ticked(3, 9) == ["a.jpg", "b.jpg"]
    assert harness.news() == []


def test_no_more_than_the_worker_has_room_for(harness: _SupervisorHarness) -> None:
    """Pictures wait in the inbox until the worker has room for them."""
    for name in ("a.jpg", "b.jpg"):
        drop(harness.folders, name)
    harness.worker.room = 1
    harness.supervisor.start(0)
    assert harness.ticked(2) == ["a.jpg"]
    assert len(harness.supervisor.sightings) == 1
    assert harness.supervisor.next_due_seconds() > 2
    harness.worker.room = 2
    assert harness.ticked(3) == ["a.jpg", "b.jpg"]


def test_unavailable_model(harness: _SupervisorHarness) -> None:
    """A picture whose model is unavailable waits in the inbox and delays no other."""
    drop(harness.folders, "people/a.jpg")
    drop(harness.folders, "z.jpg")
    harness.worker.unavailable_until["people"] = 50
    harness.supervisor.start(0)
    assert harness.ticked(2, 49, 50) == ["z.jpg"]
    assert harness.ticked(51) == ["z.jpg", "people/a.jpg"]


def test_more_pictures_than_memory(folders: Folders) -> None:
    """Pictures that did not fit into memory are found as soon as it is empty."""
    harness = _SupervisorHarness(folders, limit=2)
    names = [f"{number}.jpg" for number in range(5)]
    for name in names:
        drop(folders, name)
    harness.supervisor.start(0)
    assert harness.ticked(2, 4, 6) == names
    harness.supervisor.detach()


def test_recovered_claims(harness: _SupervisorHarness) -> None:
    """Claims that no worker has are submitted; those with attempts are deferred."""
    drop(harness.folders, "a.jpg")
    drop(harness.folders, "b.jpg")
    harness.supervisor.start(0)
    harness.ticked(2)
    begun, new = harness.worker.claims
    store = FolderStore(harness.folders, harness.claims, max_file_mb=1, min_free_mb=0)
    store.count_attempt(begun)
    harness.worker.claims.clear()
    assert sorted(harness.ticked(62)) == ["a.jpg", "b.jpg"]
    assert [claim.id for claim in harness.worker.deferred] == [begun.id]
    assert harness.news() == [ClaimsRecovered(pictures=2)]
    assert sorted(harness.ticked(130)) == ["a.jpg", "b.jpg"]
    assert new.id in {claim.id for claim in harness.worker.claims}


def test_overflow(harness: _SupervisorHarness) -> None:
    """After lost events the inbox is scanned at once."""
    harness.supervisor.start(0)
    drop(harness.folders, "a.jpg")
    harness.hints.mark_overflow()
    assert harness.ticked(1, 3) == ["a.jpg"]
    assert harness.news() == [EventsOverflowed()]


def test_unhealthy_watcher(harness: _SupervisorHarness) -> None:
    """A watcher that no longer reports is replaced, and the inbox scanned at once."""
    harness.supervisor.start(0)
    drop(harness.folders, "a.jpg")
    harness.watcher.is_healthy = False
    assert harness.ticked(2, 4) == ["a.jpg"]
    assert harness.news() == [WatcherLost()]


def test_polling(harness: _SupervisorHarness) -> None:
    """Where the kernel refuses watches, the inbox is scanned more often."""

    def refuse() -> None:
        raise OSError(errno.ENOSPC, "no watches")

    harness.watcher.on_start = refuse
    harness.supervisor.start(0)
    assert harness.news() == [PollingStarted(reason="no watches")]
    drop(harness.folders, "a.jpg")
    assert harness.ticked(4.9, 5, 7) == ["a.jpg"]


def test_inbox_that_comes_back(harness: _SupervisorHarness) -> None:
    """A missing inbox is tried again after 0.5 to 4 s, and is reported once."""
    harness.supervisor.start(0)
    inbox = harness.folders.inbox
    inbox.rename(inbox.with_name("away"))
    now, waits = 2.0, []
    for _ in range(6):
        harness.supervisor.tick(now)
        assert not harness.supervisor.attached
        waits.append(harness.supervisor.next_due_seconds() - now)
        harness.supervisor.tick(now + waits[-1] / 2)
        now += waits[-1]
    assert waits == [0.5, 1, 2, 4, 4, 4]
    (paused,) = harness.news()
    assert isinstance(paused, Paused)
    assert str(inbox) in paused.reason
    inbox.with_name("away").rename(inbox)
    drop(harness.folders, "a.jpg")
    assert harness.ticked(now, now + 2) == ["a.jpg"]
    assert harness.supervisor.backoff is None
    assert harness.news() == [Resumed(faults=6)]


def test_start_without_an_inbox(harness: _SupervisorHarness) -> None:
    """An inbox that is missing at the start is an error."""
    harness.folders.inbox.rmdir()
    with pytest.raises(FileNotFoundError):
        harness.supervisor.start(0)


def test_start_while_the_machine_is_at_fault(harness: _SupervisorHarness) -> None:
    """A fault of the machine at the start is waited for."""
    (harness.folders.inbox / ".dropcut").write_bytes(b"a file in the way")
    harness.supervisor.start(0)
    assert not harness.supervisor.attached
    (harness.folders.inbox / ".dropcut").unlink()
    harness.supervisor.tick(1)
    assert harness.supervisor.attached


def test_second_instance(harness: _SupervisorHarness) -> None:
    """An inbox that another instance is using is refused at the start."""
    lock = InboxLock(harness.folders.inbox)
    lock.acquire()
    with pytest.raises(AlreadyRunningError):
        harness.supervisor.start(0)
    lock.release()


def test_returned_picture(harness: _SupervisorHarness) -> None:
    """A picture that was returned because its end is missing waits ten times longer."""
    drop(harness.folders, "a.jpg")
    harness.supervisor.start(0)
    harness.ticked(2)
    (claim,) = harness.worker.claims
    harness.claims.release_to_inbox(claim)
    harness.supervisor.on_report(Report(claim=claim, outcome=Outcome.PUT_BACK), 3)
    assert harness.ticked(22) == ["a.jpg"]
    assert harness.ticked(23) == ["a.jpg", "a.jpg"]
    assert [c.settled_long for c in harness.worker.claims] == [False, True]


def test_picture_whose_model_became_unavailable(harness: _SupervisorHarness) -> None:
    """A picture that was returned because its model is lost is known again at once."""
    drop(harness.folders, "a.jpg")
    harness.supervisor.start(0)
    harness.ticked(2)
    (claim,) = harness.worker.claims
    harness.claims.release_to_inbox(claim)
    report = Report(claim=claim, outcome=Outcome.MODEL_UNAVAILABLE)
    harness.supervisor.on_report(report, 3)
    assert harness.supervisor.sightings.paths == [PurePosixPath("a.jpg")]


def test_picture_that_vanished(harness: _SupervisorHarness) -> None:
    """The output name of a claim that somebody has removed is free again."""
    drop(harness.folders, "a.jpg")
    harness.supervisor.start(0)
    harness.ticked(2)
    (claim,) = harness.worker.claims
    original(harness.folders, claim).unlink()
    harness.supervisor.on_report(Report(claim=claim, outcome=Outcome.VANISHED), 3)
    drop(harness.folders, "a.jpg")
    harness.hints.add("a.jpg")
    harness.ticked(4, 6)
    assert harness.worker.claims[-1].output == claim.output


def test_late_scan_is_unhealthy(harness: _SupervisorHarness) -> None:
    """A supervisor whose scan is more than a minute late is not healthy."""
    harness.supervisor.start(0)
    assert harness.supervisor.healthy(119)
    assert not harness.supervisor.healthy(120)
