"""The stream of events: many publishers, any number of subscribers."""

import threading
import time
from collections import deque
from collections.abc import Callable

from dropcut.core.errors import describe
from dropcut.core.events import Event, EventsDropped, SubscriberFailed

Subscriber = Callable[[Event], None]


class EventStream:
    """Passes events on to subscribers, each of which has its own thread and queue.

    A subscriber that is slow, blocks forever or raises delays neither the publishers
    nor the other subscribers. While there are no events, no thread wakes up.
    """

    def __init__(self, limit: int = 10_000) -> None:
        """Create a stream without subscribers; `limit` bounds each queue."""
        self._limit = limit
        self._subscriptions: tuple[_Subscription, ...] = ()

    def subscribe(self, name: str, subscriber: Subscriber, *kinds: type[Event]) -> None:
        """Call `subscriber` with each event of these kinds, or with all events."""

        def report_failure(error: Exception) -> None:
            # Not to the failed subscriber: it would fail again, and may be the log
            event = SubscriberFailed(subscriber=name, reason=describe(error))
            for subscription in self._subscriptions:
                if subscription is not new:
                    subscription.put(event)

        new = _Subscription(subscriber, kinds or (Event,), self._limit, report_failure)
        new.thread.name = f"events: {name}"
        self._subscriptions += (new,)
        new.thread.start()

    def publish(self, event: Event) -> None:
        """Queue an event for each subscriber; return at once and never raise."""
        for subscription in self._subscriptions:
            subscription.put(event)

    def close(self, seconds: float) -> bool:
        """Deliver what is queued, for at most `seconds`; ignore later events.

        Returns:
            Whether everything was delivered.
        """
        end_seconds = time.monotonic() + seconds
        for subscription in self._subscriptions:
            subscription.close()
        for subscription in self._subscriptions:
            subscription.thread.join(max(end_seconds - time.monotonic(), 0))
        return not any(s.thread.is_alive() for s in self._subscriptions)


class _Subscription:
    """A subscriber with its bounded queue and its thread."""

    def __init__(
        self,
        subscriber: Subscriber,
        kinds: tuple[type[Event], ...],
        limit: int,
        failed: Callable[[Exception], None],
    ) -> None:
        self._subscriber, self._kinds, self._failed = subscriber, kinds, failed
        self._queue, self._limit = deque[Event](), limit
        self._dropped, self._closed = 0, False
        self._changed = threading.Condition()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def put(self, event: Event) -> None:
        """Queue an event, or count it as dropped if the queue is full."""
        if not isinstance(event, self._kinds):
            return
        with self._changed:
            if self._closed:
                return
            if len(self._queue) >= self._limit:
                self._dropped += 1
                return
            self._queue_gap()
            self._queue.append(event)
            self._changed.notify()

    def close(self) -> None:
        """Have the thread end once its queue is empty."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def _queue_gap(self) -> None:
        """If events were dropped, queue their number in their place."""
        if self._dropped:
            self._queue.append(EventsDropped(events=self._dropped))
            self._dropped = 0

    def _run(self) -> None:
        failing = False
        while (event := self._next()) is not None:
            try:
                self._subscriber(event)
                failing = False
            except Exception as error:  # noqa: BLE001  # any error; the thread goes on
                if not failing:
                    self._failed(error)
                failing = True

    def _next(self) -> Event | None:
        """Wait for the next event; return None once closed and empty."""
        with self._changed:
            while True:
                if not self._queue:
                    self._queue_gap()
                if self._queue:
                    return self._queue.popleft()
                if self._closed:
                    return None
                self._changed.wait()
