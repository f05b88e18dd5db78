"""Subscribers hear of all events in order, and none of them can harm another."""

import threading
from collections.abc import Iterator

import pytest
from dropcut.core.events import (
    ClaimsRecovered,
    Event,
    EventsDropped,
    ScanFinished,
    SubscriberFailed,
)
from dropcut.events.stream import EventStream

SECONDS = 20


class _Listener:
    """Keeps what it hears; blocks while its gate is shut."""

    def __init__(self) -> None:
        self.heard: list[Event] = []
        self.gate, self.blocked = threading.Event(), threading.Event()
        self.third = threading.Event()
        self.gate.set()

    def __call__(self, event: Event) -> None:
        self.blocked.set()
        assert self.gate.wait(SECONDS)
        self.heard.append(event)
        if len(self.heard) == 3:
            self.third.set()


@pytest.fixture
def stream() -> Iterator[EventStream]:
    """Make a stream with short queues, and end its threads."""
    stream = EventStream(limit=3)
    yield stream
    stream.close(SECONDS)


def _scan(entries: int) -> Event:
    return ScanFinished(entries=entries)


def test_order_is_kept() -> None:
    """Every subscriber hears of every event, in the order of the publications."""
    stream, first, second = EventStream(), _Listener(), _Listener()
    stream.subscribe("first", first)
    stream.subscribe("second", second)
    events = [_scan(n) for n in range(100)]
    for event in events:
        stream.publish(event)
    stream.close(SECONDS)
    assert first.heard == second.heard == events


def test_kinds_of_events(stream: EventStream) -> None:
    """A subscriber that asks for certain events hears of no others."""
    listener = _Listener()
    stream.subscribe("some", listener, ClaimsRecovered)
    for event in (_scan(1), ClaimsRecovered(pictures=2), _scan(3)):
        stream.publish(event)
    stream.close(SECONDS)
    assert listener.heard == [ClaimsRecovered(pictures=2)]


def test_subscriber_that_raises(stream: EventStream) -> None:
    """A subscriber that raises hears of the next events, and so do the others."""
    tried: list[Event] = []
    listener = _Listener()

    def fail(event: Event) -> None:
        tried.append(event)
        raise ValueError("no")

    stream.subscribe("bad", fail, ScanFinished)
    stream.subscribe("good", listener)
    stream.publish(_scan(1))
    stream.publish(_scan(2))
    stream.close(SECONDS)
    assert tried == [_scan(1), _scan(2)]
    assert [e for e in listener.heard if e in tried] == tried


def test_failure_is_published_once(stream: EventStream) -> None:
    """The other subscribers hear once that one fails, until it works again."""
    failures: list[Event] = []
    heard = threading.Semaphore(0)

    def listen(event: Event) -> None:
        failures.append(event)
        heard.release()

    def fail(event: Event) -> None:
        if event != _scan(0):
            raise ValueError(str(event))

    stream.subscribe("good", listen, SubscriberFailed)
    stream.subscribe("bad", fail, ScanFinished)
    for number in (1, 2, 0):
        stream.publish(_scan(number))
    assert heard.acquire(timeout=SECONDS)
    stream.publish(_scan(3))
    assert heard.acquire(timeout=SECONDS)
    reasons = [str(_scan(1)), str(_scan(3))]
    assert failures == [SubscriberFailed(subscriber="bad", reason=r) for r in reasons]


def test_subscriber_that_blocks_for_ever(stream: EventStream) -> None:
    """A subscriber that blocks delays neither publishers nor other subscribers."""
    stuck, listener = _Listener(), _Listener()
    stuck.gate.clear()
    stream.subscribe("stuck", stuck)
    stream.subscribe("other", listener, ClaimsRecovered)
    for number in range(100):
        stream.publish(_scan(number))
    stream.publish(ClaimsRecovered(pictures=1))
    stream.close(0.01)
    assert stuck.heard == []
    stuck.gate.set()
    stream.close(SECONDS)
    assert listener.heard == [ClaimsRecovered(pictures=1)]


def test_full_queue(stream: EventStream) -> None:
    """Events that do not fit are dropped, and counted in their place."""
    slow = _Listener()
    slow.gate.clear()
    stream.subscribe("slow", slow)
    stream.publish(_scan(0))
    assert slow.blocked.wait(SECONDS)
    for number in range(1, 6):
        stream.publish(_scan(number))
    slow.gate.set()
    stream.close(SECONDS)
    kept = [_scan(number) for number in range(4)]
    assert slow.heard == [*kept, EventsDropped(events=2)]


def test_recovery_after_a_full_queue() -> None:
    """What is published after a gap comes after the count of what was dropped."""
    stream, slow = EventStream(limit=1), _Listener()
    slow.gate.clear()
    stream.subscribe("slow", slow)
    stream.publish(_scan(0))
    assert slow.blocked.wait(SECONDS)
    for number in (1, 2, 3):
        stream.publish(_scan(number))
    slow.gate.set()
    assert slow.third.wait(SECONDS)
    stream.publish(_scan(4))
    stream.close(SECONDS)
    assert slow.heard == [_scan(0), _scan(1), EventsDropped(events=2), _scan(4)]


def test_close_flushes_and_ends(stream: EventStream) -> None:
    """Closing delivers what is queued; later events are ignored."""
    slow = _Listener()
    slow.gate.clear()
    stream.subscribe("slow", slow)
    stream.publish(_scan(1))
    stream.publish(_scan(2))
    slow.gate.set()
    stream.close(SECONDS)
    stream.publish(_scan(3))
    assert slow.heard == [_scan(1), _scan(2)]


def test_close_with_a_deadline(stream: EventStream) -> None:
    """Closing does not wait for a subscriber that blocks."""
    stuck = _Listener()
    stuck.gate.clear()
    stream.subscribe("stuck", stuck)
    stream.publish(_scan(1))
    stream.close(0.01)
    assert stuck.heard == []
    stuck.gate.set()
