"""The claims at whose last try the machine was at fault, or the picture may have been.

Whether the picture is at fault is found by trying: it is, if it fails once more, alone
and some time later, although another picture was done in between.
"""

from dataclasses import dataclass

from dropcut.core.backoff import Backoff, BackoffPolicy
from dropcut.core.reports import Report


@dataclass(frozen=True, slots=True)
class _Trouble:
    """The last try of one claim.

    Attributes:
        successes: How many pictures had been done before.
        backoff: Of this claim alone; None if it waits for the machine like all others.
        uncertain: Whether the picture may have been the cause.
    """

    successes: int
    backoff: Backoff | None
    uncertain: bool


class Troubles:
    """What is known of such claims, by their ids."""

    def __init__(self, policy: BackoffPolicy, uncertain_seconds: float) -> None:
        """Know of none.

        Args:
            policy: Of a picture whose fault concerns no other.
            uncertain_seconds: How long one waits that may have caused the fault.
        """
        self._policy = policy
        self._uncertain_policy = BackoffPolicy(
            first_seconds=uncertain_seconds, longest_seconds=uncertain_seconds
        )
        self._troubles: dict[str, _Trouble] = {}
        self._successes = 0

    def __contains__(self, claim_id: str) -> bool:
        """Whether the last try of a claim ended so."""
        return claim_id in self._troubles

    def note_success(self) -> None:
        """Note that a picture was done."""
        self._successes += 1

    def forget(self, claim_id: str) -> None:
        """Note that a claim has ended, however that was."""
        self._troubles.pop(claim_id, None)

    def backoff_of(self, claim_id: str, *, machine_fails: bool) -> Backoff | None:
        """Return the back-off of a claim alone.

        One that is uncertain has none while the machine is at fault, and thus no
        picture is done: then it may as well be tried.
        """
        trouble = self._troubles.get(claim_id)
        if trouble is None or (trouble.uncertain and machine_fails):
            return None
        return trouble.backoff

    def may_blame(self, claim_id: str, now_seconds: float) -> bool:
        """Whether one more uncertain fault of a claim, alone, is the picture's."""
        trouble = self._troubles.get(claim_id)
        if trouble is None or trouble.backoff is None or not trouble.uncertain:
            return False
        waited = trouble.backoff.until_seconds <= now_seconds
        return waited and self._successes > trouble.successes

    def concerns_others(self, report: Report) -> bool:
        """Whether other pictures may meet the same fault, to be asked before `add`.

        Not where another picture was done since the claim's last fault.
        """
        earlier = self._troubles.get(report.claim.id)
        others_done = earlier is not None and self._successes > earlier.successes
        return report.extent.folder is not None and not others_done

    def add(self, report: Report, now_seconds: float) -> Backoff | None:
        """Note a fault, and return the back-off of the claim alone, if it has one."""
        claim_id, uncertain = report.claim.id, report.extent.uncertain
        earlier = self._troubles.get(claim_id)
        own = None
        if uncertain or not self.concerns_others(report):
            policy = self._uncertain_policy if uncertain else self._policy
            before = earlier.backoff if earlier else None
            own = policy.after_fault(before, report.message, now_seconds)
        self._troubles[claim_id] = _Trouble(self._successes, own, uncertain)
        return own
