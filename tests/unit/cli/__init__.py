"""Tests of `dropcut.cli`."""
