"""The threads that work on pictures, and what they leave alone for a while."""

from dropcut.work.backoff import Backoff, ModelBackoffs
from dropcut.work.worker import Worker

__all__ = ["Backoff", "ModelBackoffs", "Worker"]
