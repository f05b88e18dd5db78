"""Kills and faults at every step of a picture's way."""
