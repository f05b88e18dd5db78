"""The claims whose last try failed because the machine, or maybe they, are at fault.

Another try decides whether a picture is at fault: it is if it fails once more, some
time later and alone, although another picture was done in between.
"""

from dataclasses import dataclass

from dropcut.core.backoff import Backoff, BackoffPolicy
from dropcut.core.reports import Report


@dataclass(frozen=True, slots=True)
class _Trouble:
    """The last, failed try of one claim.

    Attributes:
        successes: How many pictures had been done by then.
        backoff: The back-off of this claim alone; None if it waits for the machine,
            like all others.
        uncertain: Whether the picture may have been the cause.
    """

    successes: int
    backoff: Backoff | None
    uncertain: bool


class Troubles:
    """The claims whose last try failed, by their ids."""

    def __init__(self, policy: BackoffPolicy, uncertain_seconds: float) -> None:
        """Create an empty collection.

        Args:
            policy: The back-off policy for a picture whose fault affects no other.
            uncertain_seconds: How long a picture waits that may have caused a fault.
        """
        self._policy = policy
        self._uncertain_policy = BackoffPolicy(
            first_seconds=uncertain_seconds, longest_seconds=uncertain_seconds
        )
        self._troubles: dict[str, _Trouble] = {}
        self._successes = 0

    def __contains__(self, claim_id: str) -> bool:
        """Whether the last try of a claim failed in this way."""
        return claim_id in self._troubles

    def note_success(self) -> None:
        """Note that a picture was done."""
        self._successes += 1

    def forget(self, claim_id: str) -> None:
        """Remove a claim that has ended, or was returned to the inbox."""
        self._troubles.pop(claim_id, None)

    def backoff_of(self, claim_id: str, *, machine_fails: bool) -> Backoff | None:
        """Return the back-off of a claim alone.

        While the machine is at fault, no picture is done that could decide who is to
        blame, so an uncertain claim has no back-off and may as well be tried.
        """
        trouble = self._troubles.get(claim_id)
        if trouble is None or (trouble.uncertain and machine_fails):
            return None
        return trouble.backoff

    def may_blame(self, claim_id: str, now_seconds: float) -> bool:
        """Whether one more uncertain fault, with no other job, is blamed on a claim."""
        trouble = self._troubles.get(claim_id)
        if trouble is None or trouble.backoff is None or not trouble.uncertain:
            return False
        waited = trouble.backoff.until_seconds <= now_seconds
        return waited and self._successes > trouble.successes

    def concerns_others(self, report: Report) -> bool:
        """Whether other pictures may have the same fault; must be called before `add`.

        They do not if another picture was done since the claim's last fault.
        """
        earlier = self._troubles.get(report.claim.id)
        others_done = earlier is not None and self._successes > earlier.successes
        return report.extent.folder is not None and not others_done

    def add(self, report: Report, now_seconds: float) -> Backoff | None:
        """Add a fault, and return the back-off of the claim alone, if it has one."""
        claim_id, uncertain = report.claim.id, report.extent.uncertain
        earlier = self._troubles.get(claim_id)
        own = None
        if uncertain or not self.concerns_others(report):
            policy = self._uncertain_policy if uncertain else self._policy
            before = earlier.backoff if earlier else None
            own = policy.after_fault(before, report.message, now_seconds)
        self._troubles[claim_id] = _Trouble(self._successes, own, uncertain)
        return own
