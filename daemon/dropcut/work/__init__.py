"""Processes claims until their originals are archived."""

from dropcut.work.scheduler import Scheduler
from dropcut.work.worker import Worker, WorkerStatus

__all__ = ["Scheduler", "Worker", "WorkerStatus"]
