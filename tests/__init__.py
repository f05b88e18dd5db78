"""Tests of Dropcut; see the README beside this file."""
