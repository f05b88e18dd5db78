"""The vocabulary: frozen values, enums, and the Protocols at the seams."""

from dropcut.jobs.ports import (
    Codec,
    Engine,
    Inbox,
    Picture,
    Store,
    Watcher,
)
from dropcut.jobs.values import (
    Claim,
    Fingerprint,
    Folders,
    Found,
    Graph,
    Model,
    Oddity,
    Outcome,
    Pixels,
    Recipe,
    Report,
    Stage,
    Tensor,
)

__all__ = [
    "Claim",
    "Codec",
    "Engine",
    "Fingerprint",
    "Folders",
    "Found",
    "Graph",
    "Inbox",
    "Model",
    "Oddity",
    "Outcome",
    "Picture",
    "Pixels",
    "Recipe",
    "Report",
    "Stage",
    "Store",
    "Tensor",
    "Watcher",
]
