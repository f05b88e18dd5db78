"""Tests of `models/catalogue`."""
