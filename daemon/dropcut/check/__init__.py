"""`dropcut check` and `dropcut status`: reports that leave all pictures alone."""

from dropcut.check.finding import Finding
from dropcut.check.report import report
from dropcut.check.status import counts

__all__ = ["Finding", "counts", "report"]
