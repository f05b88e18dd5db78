# Each target does its own set-up; make and python3 with venv are all it needs. See README.md.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.PHONY: setup run test crash lint bench bench-against soak fuzz docs install uninstall

PYTHON ?= python3
PREFIX ?= /opt/dropcut
# More words for pip when installing, e.g. PIP_ARGS='--no-index --find-links /wheels'.
PIP_ARGS ?=
# More words for pytest, e.g. PYTEST_ARGS='-x tests/packaging'.
PYTEST_ARGS ?=
# How long `make soak` takes, e.g. SOAK_MINUTES=600.
SOAK_MINUTES ?= 10
# More words for the hunt, e.g. FUZZ_ARGS='--seconds 3600 --kind TIFF'; it says them all on --help.
FUZZ_ARGS ?=
# For the recipes, which read them as the shell's variables: no quoting trouble.
export PREFIX PYTHON PIP_ARGS

# Stamps: each says that .venv holds what this pyproject.toml asks for.
ready := .venv/.ready
dev := .venv/.dev

setup: $(ready)

$(ready): pyproject.toml
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --upgrade 'pip>=25.1' # the first with --group
	.venv/bin/python -m pip install --quiet --editable '.[heic]'
	touch $@

$(dev): $(ready)
	.venv/bin/python -m pip install --quiet --group dev
	touch $@

run: $(ready)
	mkdir -p "$${DROPCUT_ROOT:-.}"/{inbox,outbox,processed,failed}
	exec .venv/bin/dropcut run

test: $(dev)
	.venv/bin/coverage erase
	.venv/bin/coverage run -m pytest $(PYTEST_ARGS)
	.venv/bin/coverage combine --quiet
	.venv/bin/coverage report

# All kills and faults, where `make test` tries some.
crash: $(dev)
	DROPCUT_TEST_CRASH=all .venv/bin/pytest $(PYTEST_ARGS) tests/crash

lint: $(dev)
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports

bench: $(dev)
	OPENBLAS_NUM_THREADS=1 .venv/bin/python benchmarks/run.py # as the command sets it

# This checkout beside an earlier commit, e.g. COMMIT=v0.1.0.
bench-against: $(dev)
	OPENBLAS_NUM_THREADS=1 .venv/bin/python benchmarks/against.py $(COMMIT)

soak: $(dev)
	.venv/bin/python benchmarks/soak.py --minutes $(SOAK_MINUTES)

fuzz: $(dev)
	.venv/bin/python -m tests.fuzz $(FUZZ_ARGS)

# The settings' page and env file, from the descriptions in the code.
docs: $(dev)
	.venv/bin/python -m tools.settings

install:
	@sh systemd/install.sh

uninstall:
	@sh systemd/uninstall.sh
