# Every target sets up what it needs. `make demo` and `make test` work on a fresh Debian machine with Python 3.11 or
# newer.
SHELL := /bin/bash
PYTHON ?= python3
# The first pip that knows --build-constraint is 25.3; the environment may come with an older one.
PIP_VERSION := 26.3
WORKERS ?= 2
TENANTS ?= 1000
BIN := .venv/bin
READY := .venv/.ready

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup hooks demo test slow-tests worker-tests scale-demo crash-matrix handover-proof fuzz second-opinion walk-through docs client-bench bench lock sbom audit audit-report lint format figures same-outcome screenshots prefect-screenshots clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

setup: $(READY) ## create .venv with the pinned versions

$(READY): constraints.txt pyproject.toml .ci/venv
	PYTHON='$(PYTHON)' .ci/venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'pip==$(PIP_VERSION)'
	@# The filter hides setuptools' long warning about every editable installation.
	PYTHONWARNINGS=ignore::UserWarning $(BIN)/python -m pip install --quiet --constraint constraints.txt --build-constraint constraints.txt --editable . --group dev --group docs
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --only-binary atheris --group fuzz || echo "atheris cannot be installed here: make fuzz goes on with Hypothesis alone" >&2
	@touch $@

hooks: $(READY) ## install the git hooks: style, types, import rules, commit message
	$(BIN)/pre-commit install

# Exit code 6 is expected: the fleet has tenants of every kind, and one of them sends its users no messages.
demo: $(READY) ## migrate a simulated fleet and show the outcome
	@$(BIN)/phonefleet demo || { code=$$?; [ $$code -eq 6 ] && echo "exit code 6 is expected: a simulated tenant sends no messages to its users" || exit $$code; }

test: $(READY) ## run the suite without the slow tests, with coverage
	$(BIN)/pytest -n $(WORKERS) -m 'not slow' --cov --cov-report=term

slow-tests: $(READY) ## run the slow tests
	$(BIN)/pytest -m slow

worker-tests: $(READY) ## cancel, end and kill a real Prefect worker in the middle of runs
	$(BIN)/pytest tests/flows/test_deployments.py tests/flows/test_shards.py tests/flows/test_tolerance_seeds.py tests/flows/test_kept_server.py -q -m 'slow or not slow'

crash-matrix: $(READY) ## kill a migration at every point and continue it
	$(BIN)/pytest tests/crash/test_matrix.py tests/crash/test_after.py -q -n $(WORKERS) -m 'slow or not slow'

handover-proof: $(READY) ## import handed-over tenants with the real Deploy CLI (needs npm)
	$(BIN)/pytest tests/flows/test_handover_proof.py -q -m slow

client-bench: $(READY) ## measure the client at 20 and 200 tenants; fails on ratios, requests and 429s
	$(BIN)/python -m benchmarks.client_bench --sizes 20,200 --concurrency 100 --check

BENCH_SIZES ?= 20,300
BENCH_TENANTS ?= 100
BENCH_RUNS ?= 100
BENCH_PEERS ?= 16
BENCH_SECONDS ?= 60

bench: $(READY) ## measure everything and write docs/reference/benchmarks.md (BENCH_SIZES=20,100,1000 …)
	$(BIN)/python -m benchmarks.bench --sizes $(BENCH_SIZES) --tenants $(BENCH_TENANTS) --runs $(BENCH_RUNS) --peers $(BENCH_PEERS) --seconds $(BENCH_SECONDS)

scale-demo: $(READY) ## migrate 1,000 simulated tenants on three workers (needs Debian's postgresql; TENANTS=N)
	@[ -d /usr/lib/postgresql ] || { [ "$$(id -u)" -eq 0 ] && apt-get update && apt-get install --yes --no-install-recommends postgresql; } || echo "PostgreSQL could not be installed" >&2
	$(BIN)/python -m benchmarks.scale_demo --tenants $(TENANTS)

FUZZ_SECONDS ?= 60
# Begins with the same inputs; 0 with others each time.
FUZZ_SEED ?= 0

# Half of the time for each engine; Hypothesis' part is for each of 6 targets.
fuzz: $(READY) ## throw hostile input at configuration, answers, code and templates: FUZZ_SECONDS=60 in all
	PHONEFLEET_FUZZ_SECONDS=$$(($(FUZZ_SECONDS) / 12)) $(BIN)/pytest tests/fuzz -q --timeout=0
	$(BIN)/python -m tests.fuzz.guided --seconds $$(($(FUZZ_SECONDS) / 2)) --seed $(FUZZ_SEED)

second-opinion: $(READY) ## run the tests' Actions in real Node and compare the verdicts (needs node)
	$(BIN)/pytest tests/actions/test_second_opinion.py -q -n $(WORKERS) -m slow

walk-through: $(READY) ## run every command of the tutorials and compare what they print
	$(BIN)/pytest tests/walk -q -m walk

# Tools of the release have an environment of their own: phonefleet does not need them.
TOOLS := .state/release-tools
$(TOOLS)/.ready: Makefile
	$(PYTHON) -m venv $(TOOLS)
	$(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check 'uv==0.13.9' 'cyclonedx-bom==7.5.0' 'pip-audit==2.10.1'
	@touch $@

lock: $(TOOLS)/.ready ## write requirements.txt: what phonefleet needs, with hashes
	$(TOOLS)/bin/uv pip compile --quiet pyproject.toml --constraint constraints.txt --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links --output-file requirements.txt

sbom: $(READY) $(TOOLS)/.ready ## write dist/phonefleet.cdx.json: packages, versions and licenses
	@mkdir -p dist
	$(TOOLS)/bin/cyclonedx-py environment $(BIN)/python --pyproject pyproject.toml --output-reproducible --output-file dist/phonefleet.cdx.json

audit: audit-report ## compare the pinned versions with known vulnerabilities (asks a service on the internet)
	@.ci/audit dist/audit.json

audit-report: $(TOOLS)/.ready
	@mkdir -p dist && rm -f dist/audit.json
	@# It fails where it finds something; what it found is in the report.
	@$(TOOLS)/bin/pip-audit --requirement requirements.txt --no-deps --disable-pip --progress-spinner off --format json --output dist/audit.json 2>dist/audit.log || true

docs: $(READY) ## build the documentation as a site in .state/site; a warning is an error
	@# The variable silences an advertisement of another tool.
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo .state/site/index.html

screenshots: demo ## take the pictures of the documentation (needs Debian's chromium)
	$(BIN)/python docs/screenshots.py
	@ls docs/images

prefect-screenshots: $(READY) ## take the pictures of a running wave in Prefect's user interface (needs chromium)
	$(BIN)/python docs/prefect_screenshots.py
	@ls docs/images/prefect-*

lint: $(READY) ## check style, format, types and import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

figures: $(READY) ## print the figures of the code's structure
	@$(BIN)/python benchmarks/figures.py --markdown

# make same-outcome OLD=/path/to/old.json [RENAMED=renamed.json]
same-outcome: $(READY) ## compare the demo's outcome with an older dump: OLD=FILE
	@[ -n '$(OLD)' ] || { echo "make same-outcome OLD=FILE: FILE is a dump of another version (benchmarks/same_outcome.py dump FILE)" >&2; exit 2; }
	@mkdir -p .state
	$(BIN)/python benchmarks/same_outcome.py dump .state/outcome.json
	$(BIN)/python benchmarks/same_outcome.py compare '$(OLD)' .state/outcome.json $(if $(RENAMED),--renamed '$(RENAMED)')

format: $(READY) ## format the code and apply safe fixes
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean: ## remove everything that was made, including .venv
	rm -rf .venv .state build dist *.egg-info .coverage .coverage.* htmlcov .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .grimp_cache
