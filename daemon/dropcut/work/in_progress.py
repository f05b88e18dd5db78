"""The claims that are being processed, and for how long each has been."""

from dataclasses import dataclass, field

from dropcut.core.cancel import CancelScope
from dropcut.core.claims import Claim
from dropcut.core.errors import DropcutError
from dropcut.core.stopwatch import Stopwatch

_SLACK_SECONDS = 60.0
_LOADING_SECONDS = 900.0  # a large model, from a slow disk, on a small machine


@dataclass(slots=True, kw_only=True)
class Job:
    """The processing of one claim.

    Attributes:
        started_seconds: Monotonic time at which a worker thread took the claim.
        is_ready: Whether the claim's model is loaded.
        must_wait: Whether the claim, its model or its folder has a back-off that has
            not ended, so that the job ends at once.
        may_blame: Whether an uncertain fault is blamed on the picture.
    """

    claim: Claim
    scope: CancelScope
    started_seconds: float
    is_ready: bool = False
    must_wait: bool = False
    may_blame: bool = False
    _stopwatch: Stopwatch = field(init=False)

    def __post_init__(self) -> None:
        """Start to measure the loading of the model."""
        self._stopwatch = Stopwatch(self.started_seconds)

    def set_ready(self, now: float) -> None:
        """Note that the model is loaded, and start to measure the processing."""
        self.is_ready, self._stopwatch = True, Stopwatch(now)

    def healthy(self, now: float, limit_seconds: float) -> bool:
        """Whether the processing or, before it, the loading of the model is on time."""
        limit_seconds = limit_seconds if self.is_ready else _LOADING_SECONDS
        return self._stopwatch.look(now) < limit_seconds


class InProgress:
    """The jobs, with their claims as they were when the jobs began; takes no lock."""

    def __init__(self) -> None:
        """Create an empty collection."""
        self._jobs: dict[str, Job] = {}

    def __len__(self) -> int:
        """Count the jobs."""
        return len(self._jobs)

    @property
    def claims(self) -> tuple[Claim, ...]:
        """The claims; may be read from any thread."""
        return tuple(job.claim for job in tuple(self._jobs.values()))

    def add(self, job: Job) -> None:
        """Note that a job has started."""
        self._jobs[job.claim.id] = job

    def remove(self, job: Job) -> None:
        """Note that a job has ended."""
        del self._jobs[job.claim.id]

    def healthy(self, now: float, job_seconds: float) -> bool:
        """Whether all jobs are on time.

        Each is given the time of all, since one may have to wait for all the others.
        """
        limit = job_seconds * max(len(self), 1) + _SLACK_SECONDS
        late = [job for job in self._jobs.values() if not job.healthy(now, limit)]
        return not late

    def cancel(self, cause: DropcutError, after_seconds: float) -> None:
        """Cancel the jobs that have been active for at least `after_seconds`."""
        for job in self._jobs.values():
            if job.scope.active_seconds >= after_seconds:
                job.scope.cancel(cause)
