"""Dropcut: drop a photo into a folder; a transparent PNG appears in another."""

__version__ = "0.1.0"
