"""Looks that tests share."""

from dropcut.core.pictures import Look

RAW = Look(refine=False, clean_edges=False)
"""As rembg cuts: its mask, and the picture's own colours."""
