"""Reports get from the worker threads to the main loop."""

from dropcut.core.reports import Outcome, Report
from dropcut.events.mailbox import Mailbox

from ..fakes import a_claim


def test_mailbox() -> None:
    """Each report wakes the reader, which gets all of them once and in order."""
    woken: list[None] = []
    mailbox = Mailbox(lambda: woken.append(None))
    reports = [Report(claim=a_claim(n), outcome=Outcome.DONE) for n in "abc"]
    for report in reports:
        mailbox.put(report)
    assert len(woken) == 3
    assert mailbox.drain() == reports
    assert mailbox.drain() == []
