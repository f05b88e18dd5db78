"""The one log line of a picture."""

import resource
from typing import TYPE_CHECKING

from dropcut.core.reports import Outcome, Report

if TYPE_CHECKING:
    from dropcut.events.log import Logger

_LEVELS = {
    Outcome.FAILED: "warning",
    Outcome.INTERNAL_ERROR: "warning",
    Outcome.POSTPONED: "debug",
    Outcome.MODEL_UNAVAILABLE: "debug",
}


def tell(report: Report, logger: "Logger") -> None:
    """Write all that is known of a picture."""
    details = {
        "reason": report.reason,
        "message": report.message,
        "output": report.output,
        "megapixels": report.megapixels,
        "ms": report.milliseconds,
        "notes": report.notes,
        "model": report.model,
    }
    known = {key: value for key, value in details.items() if value}
    write = getattr(logger, _LEVELS.get(report.outcome, "info"))
    write(
        "picture",
        name=report.claim.source,
        outcome=report.outcome,
        **known,
        attempt=report.claim.attempts,
        peak_rss_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    )
