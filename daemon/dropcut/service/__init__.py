"""The service: compose, start, supervise, stop."""

from dropcut.service.compose import build
from dropcut.service.loop import Service

__all__ = ["Service", "build"]
