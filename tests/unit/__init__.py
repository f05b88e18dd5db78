"""Tests of the core and of each adapter, on real files."""
