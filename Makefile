# make demo     see what Hone does: a made-up stream, no Kafka, nothing to configure
# make test     everything: style, types, import order, all tests (installs about 5 GB, see README for less)
# make check    the same without the big models and the slow tests: minutes, for every change
# make chaos    every fault of the stream, the database and the agents, in its long form: about 20 minutes
# make search   the property tests with examples that no run has drawn yet
# make bench    throughput on this machine
# make audit    known faults of the packages, and build/hone.cdx.json, the list of what is installed (CycloneDX)
#
# Everything is installed into $(VENV); the system is left alone.

VENV ?= .venv
EXTRAS ?= models,loaders,test,dev
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

BIN := $(VENV)/bin
# Packages hold tens of thousands of files of which few are ever imported: what is, is compiled then.
INSTALL := $(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check --constraint constraints.txt --editable
# Tests wait for brokers and commands a quarter of their time: one process more than there are cores.
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
# Whole files' worth of tests to each process, so that what they set up is shared; libraries do not start threads besides.
PYTEST := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

.PHONY: help demo test test-only check lint chaos search bench audit clean
.DEFAULT_GOAL := help

help:
	@sed -n 's/^# make/make/p' Makefile

demo: $(VENV)/.base
	@$(BIN)/hone demo

test: $(VENV)/.full lint test-only

# What fails beside others runs once more by itself, and both are printed: a fault fails again, a machine under load does not.
test-only: $(VENV)/.full
	$(BIN)/python -m tests.fixtures.compile_once
	$(PYTEST) --durations=10 || { echo "tests: once more by themselves, those that failed"; \
		$(BIN)/python -m pytest --last-failed --last-failed-no-failures none; }

check: $(VENV)/.dev lint
	$(PYTEST) -m "not bench and not chaos and not slow and not quality"

chaos: $(VENV)/.dev
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.chaos

search: $(VENV)/.dev
	$(PYTEST) --hypothesis-profile search -m "hypothesis and not bench and not chaos"

bench: $(VENV)/.dev
	$(BIN)/python -m tests.bench.parse
	$(BIN)/python -m tests.bench.ingest
	$(BIN)/python -m tests.bench.caching
	$(BIN)/python -m tests.bench.embed
	$(BIN)/python -m tests.bench.anonymise
	$(BIN)/python -m tests.bench.clusters
	$(BIN)/python -m tests.bench.response_replay
	$(BIN)/python -m tests.bench.findings
	$(BIN)/python -m tests.bench.dashboard

audit: $(VENV)/.base
	@.ci/audit $(VENV) build/hone.cdx.json

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache
	$(BIN)/mypy

clean:
	rm -rf $(VENV) $(VENV)-audit build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "error: Hone needs Python 3.11 or newer" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "error: $(PYTHON) cannot make a virtual environment (Debian: apt-get install python3-venv)" >&2; exit 1; }

# Each stamp stands for more than the one before it.
$(VENV)/.base: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing Hone into $(VENV) (once)" >&2
	@$(INSTALL) .
	@touch $@

$(VENV)/.dev: $(VENV)/.base
	@echo "installing what tests and checks need" >&2
	@$(INSTALL) '.[test,dev]'
	@touch $@

# At once, because working out what fits together takes as long as fetching it.
$(VENV)/.full: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing Hone with the extras $(EXTRAS) into $(VENV) (once)" >&2
	@$(INSTALL) '.[$(EXTRAS)]'
	@touch $(VENV)/.base $(VENV)/.dev $@
