"""Heartbeats come as often as the watchdog wants them, and not at all without one."""

from dropcut.core.events import Event, Heartbeat
from dropcut.events.heartbeat import HeartbeatTimer


def test_as_often_as_asked() -> None:
    """A heartbeat is published only when one is due."""
    events, clock = list[Event](), [100.0]
    timer = HeartbeatTimer(events.append, 10, lambda: clock[0])
    assert timer.next_due == 0
    for clock[0] in (100.0, 101.0, 109.9, 110.0, 125.0, 134.0):
        timer.beat()
    assert events == [Heartbeat()] * 3
    assert timer.next_due == 135


def test_no_watchdog() -> None:
    """Without a watchdog there is no heartbeat, and nothing to wake up for."""
    events = list[Event]()
    timer = HeartbeatTimer(events.append, None)
    timer.beat()
    assert (events, timer.next_due) == ([], None)
