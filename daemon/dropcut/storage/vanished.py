"""Whether a claim's original is gone, or only further than was noticed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from dropcut.core.claims import Claim, ClaimState
from dropcut.core.errors import VanishedError
from dropcut.core.text import printable
from dropcut.storage.names import key_of, parse_claim_name


def state_of(claims: int, key: str) -> tuple[int, ClaimState] | None:
    """Return attempts and stage out of the name of a claimed original."""
    names = os.listdir(claims)  # of an open folder
    parsed = (parse_claim_name(n) for n in names if key_of(n) == key)
    return next((found[1:] for found in parsed if found), None)


@contextmanager
def vanishing(claims: int, claim: Claim) -> Iterator[None]:
    """Say of a missing file that the claim's original has vanished.

    Unless it lies there under another name, which a fault kept from being noticed.
    """
    try:
        yield
    except FileNotFoundError as error:
        if state_of(claims, claim.key) is not None:
            raise
        raise vanished(claim) from error


def vanished(claim: Claim) -> VanishedError:
    """Return the error that says so."""
    return VanishedError(f"{printable(claim.source)} was taken away from the claims")
