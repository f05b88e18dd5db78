"""A worker among fakes."""

import threading
import time
from collections.abc import Callable
from functools import partial

from dropcut.core.backoff import BackoffPolicy
from dropcut.core.cancel import CancelScope
from dropcut.core.claims import Claim
from dropcut.core.errors import InterruptedWorkError
from dropcut.core.reports import Outcome, Report
from dropcut.events.log import log_event
from dropcut.work import Scheduler, Worker
from dropcut.work.cutter import LocalCutter
from dropcut.work.pipeline import Pipeline

from .fakes import (
    PROFILES,
    Events,
    FakeCodec,
    FakeEngine,
    FakeEngines,
    FakeStore,
    Steps,
    logger,
)

SECONDS = 20
SHORT = BackoffPolicy(first_seconds=0.001, longest_seconds=0.01)
LONG = BackoffPolicy(first_seconds=1000, longest_seconds=1000)


class WorkerHarness:
    """A worker among fakes; tests wait for what it reports."""

    def __init__(
        self,
        threads: int = 1,
        policy: BackoffPolicy = SHORT,
        uncertain_seconds: float = 30,
        **faults: list[Exception],
    ) -> None:
        """Choose how many threads work, and what goes wrong at which step."""
        self.steps, self.events = Steps(faults=faults), Events()
        self.store, self.engine = FakeStore(self.steps), FakeEngine(self.steps)
        self.engines = FakeEngines(self.engine)
        self.codec = FakeCodec(self.steps)
        self.later_seconds = 0.0
        self.reports: list[Report] = []
        self._told = threading.Condition()
        pipeline = Pipeline(
            store=self.store,
            cutter=LocalCutter(self.codec, self.engines),
            profiles=PROFILES,
            max_attempts=3,
        )
        self.worker = Worker(
            pipeline,
            Scheduler(
                PROFILES,
                policy=policy,
                own_policy=policy,
                uncertain_seconds=uncertain_seconds,
                new_scope=lambda: CancelScope(self.now),
            ),
            publish=partial(log_event, logger=logger(self.events)),
            report=self.take,
            release=self.store.release_to_inbox,
            threads=threads,
            now=self.now,
        )

    def now(self) -> float:
        """Return a time that a test can advance."""
        return time.monotonic() + self.later_seconds

    def let_pass(self, seconds: float) -> None:
        """Let time pass, in which the service looks after its work all the time."""
        for _ in range(round(seconds)):
            self.later_seconds += 1
            self.worker.status()
            self.worker.cancel(InterruptedWorkError("never"), after_seconds=1e9)

    def take(self, report: Report) -> None:
        """Keep a report."""
        with self._told:
            self.reports.append(report)
            self._told.notify_all()

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Wait until the reports make something true."""
        with self._told:
            assert self._told.wait_for(condition, SECONDS), self.reports

    def work(self, *claims: Claim, reports: int) -> list[Outcome]:
        """Start, submit claims, and return the outcomes of so many reports."""
        for claim in claims:
            self.worker.submit(claim)
        self.worker.start()
        self.wait_for(lambda: len(self.reports) >= reports)
        return [report.outcome for report in self.reports]

    def end(self) -> None:
        """End the threads."""
        self.worker.stop()
        self.worker.join(SECONDS)
