"""Output options that tests share."""

from dropcut.core.pictures import OutputOptions

RAW = OutputOptions(refine=False, clean_edges=False)
"""As in rembg: its mask, and the picture's unchanged colours."""
