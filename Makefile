# Each target does its own set-up; make and python3 with venv are all it needs. See README.md.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.PHONY: setup update run test check test-wheel crash lint bench bench-against soak fuzz docs pictures install uninstall

PYTHON ?= python3
PREFIX ?= /opt/dropcut
# More arguments for pip, e.g. PIP_ARGS='--no-index --find-links /wheels'.
PIP_ARGS ?=
# More arguments for pytest, e.g. PYTEST_ARGS='-x tests/packaging'.
PYTEST_ARGS ?=
# How many tests `make check` runs at once.
WORKERS ?= $(shell echo $$(( $$(nproc) * 3 / 2 )))
# How long `make soak` takes, e.g. SOAK_MINUTES=600.
SOAK_MINUTES ?= 10
# More arguments for the hunt, e.g. FUZZ_ARGS='--seconds 3600 --kind TIFF'; FUZZ_ARGS=--help lists them.
FUZZ_ARGS ?=
# NEWEST=1 installs the newest versions that pyproject.toml allows, in place of the tested ones.
NEWEST ?=
# As environment variables, so that recipes and scripts need no quoting of make's.
export PREFIX PYTHON PIP_ARGS NEWEST

# Stamps: each means that .venv holds what this checkout asks for.
ready := .venv/.ready
dev := .venv/.dev
pip := .venv/bin/python -m pip install --quiet --disable-pip-version-check $(PIP_ARGS)

setup: $(ready)

# The tested versions, by their hashes; with NEWEST=1 the newest ones that pyproject.toml allows.
$(ready): pyproject.toml requirements/run.txt
	@echo 'Installing Dropcut into .venv, which takes a minute'
	$(PYTHON) -m venv .venv
	$(if $(NEWEST),,$(pip) --require-hashes -r requirements/run.txt)
	$(pip) $(if $(NEWEST),--upgrade --upgrade-strategy eager,--no-deps) --editable '.[heic]'
	touch $@

$(dev): $(ready) requirements/dev.txt
	$(pip) --require-hashes -r requirements/dev.txt
	touch $@

# Writes the newest versions that pyproject.toml allows into requirements/; test them before you commit them.
compile := .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --upgrade --generate-hashes --no-annotate \
	--no-emit-index-url --custom-compile-command 'make update' pyproject.toml --extra heic
update: $(dev)
	$(compile) --output-file requirements/run.txt
	$(compile) --group dev --constraint requirements/run.txt --output-file requirements/dev.txt

run: $(ready)
	mkdir -p "$${DROPCUT_ROOT:-.}"/{inbox,outbox,processed,failed}
	exec .venv/bin/dropcut run

# Most of each promise's breadth in a few minutes, in random order; PYTEST_ARGS='-p randomly_seed=1' repeats one.
quick := .venv/bin/pytest --numprocesses auto --dist loadgroup -m '(not slow or smoke) and not alone' $(PYTEST_ARGS)
test: $(dev)
	$(quick)

# Lint, every test and the coverage: first side by side, more at once than there are processors, for most of them wait;
# then what needs the machine to itself.
check: lint
	.venv/bin/coverage erase
	.venv/bin/coverage run -m pytest --numprocesses $(WORKERS) --dist loadgroup --durations 20 -m 'not alone' $(PYTEST_ARGS)
	.venv/bin/coverage run -m pytest --durations 20 -m alone $(PYTEST_ARGS)
	.venv/bin/coverage combine --quiet
	.venv/bin/coverage report

# `make test` against the wheel in dist/, or a new one, installed in place of the checkout.
test-wheel: $(dev)
	[ -n "$$(ls dist/*.whl 2>/dev/null)" ] || .venv/bin/python -m pip wheel --quiet --no-deps --wheel-dir dist .
	$(pip) --no-deps --force-reinstall dist/*.whl
	cd tests && ../.venv/bin/python -c 'import dropcut; assert "site-packages" in dropcut.__file__, dropcut.__file__'
	$(quick)
	rm $(ready) $(dev) # the next target installs the checkout again

# All kills and faults, where `make test` tries some.
crash: $(dev)
	DROPCUT_TEST_CRASH=all .venv/bin/pytest --numprocesses auto --timeout 7200 $(PYTEST_ARGS) tests/crash

lint: $(dev)
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/codespell

bench: $(dev)
	OPENBLAS_NUM_THREADS=1 .venv/bin/python benchmarks/run.py # as the command sets it

# The last commit beside an earlier one, e.g. COMMIT=v0.1.0.
bench-against: $(dev)
	OPENBLAS_NUM_THREADS=1 .venv/bin/python benchmarks/against.py $(COMMIT)

soak: $(dev)
	.venv/bin/python benchmarks/soak.py --minutes $(SOAK_MINUTES)

fuzz: $(dev)
	.venv/bin/python -m tests.fuzz $(FUZZ_ARGS)

# The settings' page and env file, from the descriptions in the code.
docs: $(dev)
	.venv/bin/python -m tools.settings
	.venv/bin/python -m tools.promises

# The picture of the README.
pictures: $(dev)
	.venv/bin/python -m tools.before_after

install:
	@sh systemd/install.sh

uninstall:
	@sh systemd/uninstall.sh
