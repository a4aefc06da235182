# Every target sets up what it needs: `make demo` and `make test` work on a fresh Debian machine with Python 3.11 or newer.
SHELL := /bin/bash
PYTHON ?= python3
# The first pip that knows --build-constraint is 25.3; the environment may come with an older one.
PIP_VERSION := 26.3
WORKERS ?= 2
BIN := .venv/bin
READY := .venv/.ready

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo test proofs crash-matrix lint format screenshots clean

help: ## say what there is
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

setup: $(READY) ## make .venv with the pinned versions

$(READY): constraints.txt pyproject.toml .ci/venv
	PYTHON='$(PYTHON)' .ci/venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'pip==$(PIP_VERSION)'
	@# Without the filter setuptools warns of every editable installation at length.
	PYTHONWARNINGS=ignore::UserWarning $(BIN)/python -m pip install --quiet --constraint constraints.txt --build-constraint constraints.txt --editable . --group dev
	@touch $@

# Each demo serves a fleet that no run has met yet, so the ledger of an earlier demo knows nothing true about it.
# 3 means that something waits for a person's decision, as it should in a fleet that holds every kind of tenant.
demo: $(READY) ## migrate a simulated fleet and show what came of it
	@$(BIN)/phonefleet demo || { code=$$?; [ $$code -eq 3 ] && echo "exit 3: some tenants wait for a person's decision, as the table says" || exit $$code; }

test: $(READY) ## the whole suite but the slow proofs, with coverage
	$(BIN)/pytest -n $(WORKERS) -m 'not slow' --cov --cov-report=term

proofs: $(READY) ## the slow proofs
	$(BIN)/pytest -m slow

crash-matrix: $(READY) ## kill a migration at every point and show that it is taken up again
	$(BIN)/pytest tests/crash/test_crash_matrix.py tests/crash/test_crash_after.py -q -n $(WORKERS) -m 'slow or not slow'

screenshots: demo ## make the pictures of the documentation anew (needs Debian's chromium)
	$(BIN)/python docs/screenshots.py
	@ls docs/images

lint: $(READY) ## style, format, types and import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY) ## put the code into its format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean: ## remove everything that was made, .venv too
	rm -rf .venv .state build dist *.egg-info .coverage .coverage.* htmlcov .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .grimp_cache
