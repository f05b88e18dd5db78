"""What became of a claim."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePosixPath

from dropcut.core.claims import Claim
from dropcut.core.errors import Reason


class Outcome(StrEnum):
    """How the work on a claim ended.

    DONE, FAILED: it is filed. PUT_BACK: it lies in the inbox again, for it may still be
    growing. VANISHED: somebody took it. POSTPONED: the machine's fault.
    MODEL_UNAVAILABLE: the same, but only of its own model. INTERRUPTED: it was
    cancelled from outside. INTERNAL_ERROR: a fault of Dropcut itself.
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
    """What became of one claim: the content of its log line.

    Attributes:
        output: The PNG, relative to the outbox.
        milliseconds: Of each stage, in the order of the work.
        notes: What a person may want to know, such as "first of 5 pages".
        model: The name of the model that was used.
        error: What Dropcut did not expect, with its traceback.
    """

    claim: Claim
    outcome: Outcome
    reason: Reason | None = None
    message: str = ""
    output: PurePosixPath | None = None
    megapixels: float | None = None
    milliseconds: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    model: str = ""
    error: Exception | None = None
