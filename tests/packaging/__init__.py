"""Tests of units, installation and documents."""
