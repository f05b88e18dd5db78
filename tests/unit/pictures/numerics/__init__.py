"""Tests of `pictures/numerics`."""
