"""The log line of a picture."""

from pathlib import Path

from dropcut.core.reports import Outcome, Report

_LEVELS = {
    Outcome.FAILED: "warning",
    Outcome.INTERNAL_ERROR: "warning",
    Outcome.POSTPONED: "debug",
    Outcome.MODEL_UNAVAILABLE: "debug",
}


def picture_line(report: Report) -> tuple[str, dict[str, object]]:
    """Return the level and the fields of the line; empty fields are left out."""
    details = {
        "reason": report.reason,
        "message": report.message,
        "output": report.output,
        "megapixels": report.megapixels,
        "ms": report.milliseconds,
        "notes": report.notes,
        "model": report.model,
    }
    return _LEVELS.get(report.outcome, "info"), {
        "name": report.claim.source,
        "outcome": report.outcome,
        **{key: value for key, value in details.items() if value},
        "attempt": report.claim.attempts,
        "peak_rss_mb": _peak_rss_mb(),
    }


def _peak_rss_mb() -> int:
    """Return this process's peak memory in MiB; getrusage may count its parent's."""
    for line in Path("/proc/self/status").read_text("ascii", "replace").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) // 1024
    return 0
