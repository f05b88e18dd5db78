"""From a claim to an archived original: the work on pictures."""

from dropcut.work.worker import Worker, WorkerStatus

__all__ = ["Worker", "WorkerStatus"]
