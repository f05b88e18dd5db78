"""The model files that ship with Dropcut."""
