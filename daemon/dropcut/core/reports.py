"""What became of a claim."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePosixPath

from dropcut.core.claims import Claim
from dropcut.core.errors import Reason
from dropcut.core.profiles import EVERYWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """Which pictures a fault of the machine affects, as far as one try can show.

    Attributes:
        folder: All pictures below this folder of the inbox; None for one picture alone.
        uncertain: Whether that one picture may itself be the cause.
    """

    folder: PurePosixPath | None = EVERYWHERE
    uncertain: bool = False


class Outcome(StrEnum):
    """How the work on a claim ended.

    DONE, FAILED: the original is archived. PUT_BACK: it was returned to the inbox,
    because it may still be growing. VANISHED: somebody removed it. POSTPONED: the
    machine is at fault; `Extent` says for which pictures. MODEL_UNAVAILABLE: the
    machine is at fault, but only pictures with the same model are affected.
    INTERRUPTED: the service is stopping. INTERNAL_ERROR: a bug in Dropcut.
    """

    DONE = "done"
    FAILED = "failed"
    PUT_BACK = "put-back"
    VANISHED = "vanished"
    POSTPONED = "postponed"
    MODEL_UNAVAILABLE = "model-lost"
    INTERRUPTED = "interrupted"
    INTERNAL_ERROR = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of one claim; the log line shows it.

    Attributes:
        extent: Which pictures are affected, if the machine is at fault.
        output: The result, relative to the outbox.
        milliseconds: Time for each stage, in the order of the work.
        notes: What the user may want to know, such as "first of 5 pages".
        model: The name of the model that was used.
        error: The unexpected error, with its traceback.
    """

    claim: Claim
    outcome: Outcome
    reason: Reason | None = None
    message: str = ""
    extent: Extent = Extent()
    output: PurePosixPath | None = None
    megapixels: float | None = None
    milliseconds: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    model: str = ""
    error: Exception | None = None
