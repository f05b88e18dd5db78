"""The service: compose, start, supervise, stop."""

from dropcut.service.build import build
from dropcut.service.loop import Service

__all__ = ["Service", "build"]
