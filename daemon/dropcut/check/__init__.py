"""`dropcut check` and `dropcut status`: what a person wants to know beforehand."""

from dropcut.check.finding import Finding
from dropcut.check.report import report
from dropcut.check.status import counts

__all__ = ["Finding", "counts", "report"]
