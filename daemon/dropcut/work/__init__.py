"""From a claim to an archived original: the work on pictures."""

from dropcut.work.scheduler import Scheduler
from dropcut.work.worker import Worker, WorkerStatus

__all__ = ["Scheduler", "Worker", "WorkerStatus"]
