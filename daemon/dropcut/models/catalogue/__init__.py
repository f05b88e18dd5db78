"""The models that Dropcut knows by name; only `pulling` knows the network."""

from dropcut.models.catalogue.loading import load_model, published
from dropcut.models.catalogue.locations import (
    State,
    Whereabouts,
    own_folders,
    whereabouts,
)
from dropcut.models.catalogue.table import MODELS, RECIPES, Entry

__all__ = [
    "MODELS",
    "RECIPES",
    "Entry",
    "State",
    "Whereabouts",
    "load_model",
    "own_folders",
    "published",
    "whereabouts",
]
