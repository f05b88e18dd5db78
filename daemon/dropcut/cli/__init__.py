"""The command line."""

from dropcut.cli.app import main

__all__ = ["main"]
