"""Tests of `pictures/codec`."""
