"""The models that Dropcut knows by name; only `download` uses the network."""

from dropcut.models.catalogue.loading import load_model, verified_path
from dropcut.models.catalogue.locations import (
    ModelLocation,
    ModelState,
    locate,
    own_folders,
)
from dropcut.models.catalogue.table import MODELS, RECIPES, Entry

__all__ = [
    "MODELS",
    "RECIPES",
    "Entry",
    "ModelLocation",
    "ModelState",
    "load_model",
    "locate",
    "own_folders",
    "verified_path",
]
