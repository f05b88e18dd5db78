"""The threads that work on pictures, and what they leave alone for a while."""

from dropcut.worker.pauses import Pause, Rests
from dropcut.worker.thread import Worker

__all__ = ["Pause", "Rests", "Worker"]
