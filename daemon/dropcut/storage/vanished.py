"""Finds out whether a claim's original is gone, or just not under the expected name."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from dropcut.core.claims import Claim, ClaimState
from dropcut.core.errors import VanishedError
from dropcut.core.text import printable
from dropcut.storage.names import claim_id_of, parse_claim_name


def attempts_and_state(claims_fd: int, claim_id: str) -> tuple[int, ClaimState] | None:
    """Return what is in the name of a claimed original; None if it is gone."""
    names = os.listdir(claims_fd)  # of an open folder
    parsed = (parse_claim_name(n) for n in names if claim_id_of(n) == claim_id)
    return next((found[1:] for found in parsed if found), None)


@contextmanager
def translating_missing(claims_fd: int, claim: Claim) -> Iterator[None]:
    """Turn `FileNotFoundError` into `VanishedError` if the claim's original is gone.

    The original may have another name: a rename can succeed but be reported as failed.
    """
    try:
        yield
    except FileNotFoundError as error:
        if attempts_and_state(claims_fd, claim.id) is not None:
            raise
        raise vanished(claim) from error


def vanished(claim: Claim) -> VanishedError:
    """Return the error for a claim whose original is gone."""
    return VanishedError(f"{printable(claim.source)} was removed from the claims")
