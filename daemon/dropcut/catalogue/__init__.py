"""The models that Dropcut knows by name; only `pulling` knows the network."""

from dropcut.catalogue.loading import load_model, published
from dropcut.catalogue.places import State, Whereabouts, own_folders, whereabouts
from dropcut.catalogue.table import MODELS, RECIPES, Entry

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
