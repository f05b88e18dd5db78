"""The inference thread: what it works on, and what it leaves alone for a while."""

from dropcut.worker.pauses import Pause, Rests
from dropcut.worker.thread import Worker

__all__ = ["Pause", "Rests", "Worker"]
