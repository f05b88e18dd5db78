"""Tests of `pictures/sandbox`."""
