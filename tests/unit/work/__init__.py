"""Tests of `work`."""
