"""Scripts for people who work on Dropcut; see the Makefile."""
