"""Looks that tests share."""

from dropcut.core.pictures import OutputOptions

RAW = OutputOptions(refine=False, clean_edges=False)
"""As rembg cuts: its mask, and the picture's own colours."""
