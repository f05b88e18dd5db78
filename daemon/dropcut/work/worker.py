"""The worker threads, which process a few claims at once."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePosixPath

from dropcut.core.backoff import Backoff
from dropcut.core.claims import Claim
from dropcut.core.errors import DropcutError, VanishedError
from dropcut.core.events import PictureDeferred, PictureDone, PictureFailed, Publish
from dropcut.core.reports import Outcome, Report
from dropcut.work.in_progress import Job
from dropcut.work.pipeline import Pipeline
from dropcut.work.scheduler import Place, Scheduler

_EVENTS = {Outcome.DONE: PictureDone, Outcome.FAILED: PictureFailed}


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerStatus:
    """A worker at one moment.

    Attributes:
        in_progress: The claims being processed, as they were when their jobs began.
        claim_ids: The ids of all claims that the worker holds.
        queued: How many claims wait.
        parked: The back-off of each claim whose back-off has not ended.
        idle: Whether nothing is in progress, only parked claims wait, and every report
            was delivered.
        all_alive: Whether all threads are alive.
        healthy: Whether all jobs are on time.
        backoff: Set while the machine is at fault.
        partial_backoffs: One for each unavailable model or folder.
    """

    in_progress: tuple[Claim, ...]
    claim_ids: frozenset[str]
    queued: int
    parked: tuple[Backoff, ...]
    idle: bool
    all_alive: bool
    healthy: bool
    backoff: Backoff | None
    partial_backoffs: tuple[Backoff, ...]


class Worker:
    """Processes two pictures at once: one is opened or saved while a model runs."""

    def __init__(  # noqa: PLR0913  # what differs in tests
        self,
        pipeline: Pipeline,
        scheduler: Scheduler,
        *,
        publish: Publish,
        report: Callable[[Report], None],
        release: Callable[[Claim], bool],
        job_seconds: float = 300,
        threads: int = 2,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Create a worker, whose threads do not run yet.

        Args:
            pipeline: Processes a claim.
            scheduler: Decides which claim is next; used by this worker only.
            publish: Publishes events.
            report: Called once for each job that has ended.
            release: Returns a picture to the inbox; returns False if it cannot.
            job_seconds: How long the processing of one picture may take.
            threads: How many pictures are processed at once.
            now: The monotonic clock.
        """
        self._pipeline, self._scheduler, self._now = pipeline, scheduler, now
        self._publish, self._report, self._release = publish, report, release
        self._job_seconds = job_seconds
        self._changed, self._stopping = threading.Condition(), False
        self._threads = [
            threading.Thread(target=self._run, name=f"worker {n}", daemon=True)
            for n in range(1, threads + 1)
        ]

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()

    @property
    def in_progress(self) -> tuple[Claim, ...]:
        """The claims being processed, as when their jobs began; takes no lock."""
        return self._scheduler.in_progress.claims

    def status(self) -> WorkerStatus:
        """Return the state of the worker at this moment."""
        with self._changed:
            scheduler = self._scheduler
            queue, jobs = scheduler.queue, scheduler.in_progress
            return WorkerStatus(
                in_progress=jobs.claims,
                claim_ids=frozenset(c.id for c in (*queue, *jobs.claims)),
                queued=len(queue),
                parked=scheduler.parked_backoffs,
                idle=scheduler.idle,
                all_alive=all(thread.is_alive() for thread in self._threads),
                healthy=jobs.healthy(self._now(), self._job_seconds),
                backoff=scheduler.backoff,
                partial_backoffs=tuple(scheduler.partial_backoffs.values()),
            )

    def partial_backoff(self, source: PurePosixPath) -> Backoff | None:
        """Return the back-off of a picture's model or folder, if one is unavailable."""
        return self._scheduler.partial_backoff(source)

    def has_room(self) -> bool:
        """Whether another new claim may be submitted."""
        return not self._stopping and self._scheduler.queue.has_room

    def submit(self, claim: Claim, *, deferred: bool = False) -> None:
        """Queue a claim; a deferred one is processed after all new ones."""
        with self._changed:
            self._scheduler.queue.push(claim, deferred=deferred)
            self._changed.notify_all()

    def cancel(self, cause: DropcutError, *, after_seconds: float = 0) -> None:
        """Cancel the jobs that have been active for at least `after_seconds`."""
        with self._changed:
            self._scheduler.in_progress.cancel(cause, after_seconds)

    def stop(self) -> list[Claim]:
        """Ask the threads to end after their jobs; return the claims that waited."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
            return self._scheduler.queue.clear()

    def join(self, seconds: float) -> bool:
        """Wait for the threads for at most `seconds`; return whether all have ended."""
        end_seconds = time.monotonic() + seconds
        started = [thread for thread in self._threads if thread.ident is not None]
        for thread in started:
            thread.join(max(end_seconds - time.monotonic(), 0))
        return not any(thread.is_alive() for thread in started)

    def _run(self) -> None:
        """Process claims until asked to stop."""
        while True:
            with self._changed:
                job = None
                while job is None:
                    if self._stopping:
                        return
                    now = self._now()
                    job = self._scheduler.next_job(now)
                    if job is None:
                        self._changed.wait(self._scheduler.seconds_to_wait(now))
            self._process(job)

    def _process(self, job: Job) -> None:
        def note_ready() -> None:
            job.set_ready(self._now())

        if job.must_wait:
            report = Report(claim=job.claim, outcome=Outcome.POSTPONED)
        else:
            report = self._pipeline.process(
                job.claim, job.scope, note_ready, may_blame=job.may_blame
            )
        with self._changed:
            follow_up = self._scheduler.follow_up(job, report, self._now())
        place, released = follow_up.place, False
        if follow_up.release:
            with suppress(OSError, VanishedError):
                released = self._release(report.claim)
        for event in follow_up.events:
            self._publish(event)
        self._publish(_EVENTS.get(report.outcome, PictureDeferred)(report=report))
        with self._changed:
            # In one step, so that while the worker is idle, every report is delivered
            self._scheduler.finish(job, report.claim, Place.NONE if released else place)
            self._report(report)
            self._changed.notify_all()
