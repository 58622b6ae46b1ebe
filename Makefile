# Munadi's commands. `make` lists them; what does not fit on a line is in scripts/.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Which Python makes the environment; setup finds a suitable one by itself.
PYTHON ?= python3
# Extra arguments for pytest, for example ARGS="-k bluesky -x".
ARGS ?=

BIN := .venv/bin
# Processes that share the tests must collect the same: sets are in one order with one seed. Whole stacks come first.
SIDE_BY_SIDE = PYTHONHASHSEED=0 $(BIN)/pytest -q --no-loadscope-reorder
UV := .cache/uv/bin/uv
# For another one: make lock UV_VERSION=…
UV_VERSION := $(shell sed -n 's/^uv==\([0-9.]*\).*/\1/p' requirements-uv.lock)
RUFF_PATHS := .
# Tests that need no servers: `check` runs them, and `test` only once.
CHECKED := tests/architecture $(wildcard tests/docs)
export UV_PYTHON_DOWNLOADS := never
# Many containers set it; then each process of the tests would compile the product and rewrite the tests again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: record help setup demo dev test test-setup check fuzz attacks audit sbom bench bench-short faults soak drills n8n fmt lock dist

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Make .venv with `munadi` in it; quick when nothing changed
	@PYTHON="$(PYTHON)" scripts/setup.sh

demo: setup ## Watch posts go out, fail, recover and be withdrawn, on the built-in sandbox
	@$(BIN)/munadi demo

dev: setup ## Run everything on this machine: Temporal, database, sandbox, API, worker, dashboard
	@$(BIN)/munadi dev

check: setup ## Lint, formatting, types, import rules, translations, architecture and docs tests; under a minute
	$(BIN)/ruff check $(RUFF_PATHS)
	$(BIN)/ruff format --check $(RUFF_PATHS)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m scripts.translations --check
	$(BIN)/pytest -q $(CHECKED)

test-setup: setup ## What the tests need beyond Python: Node, Chromium, other languages, snac, the PDS
	@$(BIN)/python scripts/system_packages.py
	@$(BIN)/python -m tests.support.pds
	@$(BIN)/python -m tests.support.axe
	@$(BIN)/python -m tests.support.node tests/receivers tests/linters tests/generators tests/peers sdks/typescript integrations/n8n

# Three processes for the whole stacks, which mostly wait, and one for everything else; each then helps the others.
test: test-setup check ## check, then the tests with real servers; the slower proofs are in faults and soak
	$(SIDE_BY_SIDE) -n 4 --dist loadgroup -m "not soak and not faults and not drills" $(addprefix --ignore=,$(CHECKED)) $(ARGS)

faults: test-setup ## The small versions of the slower proofs, and a random search by the property tests; a quarter of an hour
	$(SIDE_BY_SIDE) -m "(faults or hypothesis) and not alone" --hypothesis-profile=random -n 3 --dist loadfile $(ARGS) \
		|| [ $$? = 5 ] || failed=1; $(SIDE_BY_SIDE) -m "faults and alone" $(ARGS) || [ $$? = 5 ] || exit 1; exit $${failed:-0}

soak: test-setup ## The large version of the proofs, written to docs/evidence.md; about an hour
	$(BIN)/pytest -m soak $(ARGS) || failed=$$?; $(BIN)/python -m tests.faults.evidence; exit $${failed:-0}

drills: test-setup ## A million posts, outages, failover, upgrade, rollback and restore, under load; an hour
	$(BIN)/pytest -m drills $(ARGS) || failed=$$?; $(BIN)/python -m tests.faults.evidence; exit $${failed:-0}

fuzz: setup ## Send generated requests to every operation of the API for SECONDS=600 ; fails on a 5xx or an undocumented answer
	FUZZ_SECONDS=$(or $(SECONDS),600) $(BIN)/pytest -q -s tests/faults/test_schemathesis.py $(ARGS)

attacks: setup ## Attack whole stacks, beside a healthy brand; writes docs/hardening.md; about 40 minutes
	$(BIN)/python -m tools.attacks --json tools/attacks/after.json $(ARGS) || failed=$$?; \
		$(BIN)/python -m tools.attacks.report; exit $${failed:-0}

bench: setup ## Measure speed and cost beside the bare engine, in 20 minutes; writes docs/performance.md
	$(BIN)/python -m tools.bench --record after $(ARGS)

bench-short: setup ## Measure the ratios in under three minutes; fails if one is worse than recorded by a third
	$(BIN)/python -m tools.bench.short

n8n: setup ## Try our nodes in a real n8n, which is installed once (2 GB, x64); not part of test
	$(BIN)/python -m tools.n8n

dist: setup ## Write what can be installed: dist/ with the client, the server, the npm packages and their checksums
	@$(BIN)/python -m scripts.dist

sbom: setup ## List everything that is pinned, as CycloneDX: dist/sbom.cdx.json; needs no network
	@$(BIN)/python -m scripts.sbom

audit: setup ## Ask the OSV service what is known against the pinned packages
	@$(BIN)/python -m scripts.audit

record: setup ## Record the histories of new and changed scenarios beside the old ones
	@$(BIN)/python -m tests.workflows.record $(ARGS)

fmt: setup ## Format the code and fix what ruff can fix
	$(BIN)/ruff check --fix $(RUFF_PATHS)
	$(BIN)/ruff format $(RUFF_PATHS)

lock: ## Compute the lock files from pyproject.toml: of everything, of a server, and of uv, which installs them
	@PYTHON="$(PYTHON)" scripts/setup.sh uv
	$(UV) pip compile -q --universal --generate-hashes --no-header --no-annotate \
		pyproject.toml --all-extras --group server --group tracing --group dev -o requirements.lock
	$(UV) pip compile -q --universal --generate-hashes --no-header --no-annotate --constraint requirements.lock \
		pyproject.toml --all-extras --group server --group tracing -o requirements-server.lock
	echo "uv==$(UV_VERSION)" | $(UV) pip compile -q --universal --generate-hashes --no-header --no-annotate - \
		-o requirements-uv.lock
