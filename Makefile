# Task: T-601
# make acceptance   everything: prepares the machine, builds, starts a cluster, runs every scenario, writes reports/
# make test         the project's own tests; no Docker, no cluster
.DEFAULT_GOAL := help
SHELL := /bin/bash
VENV := .venv
UV := $(VENV)/bin/uv
PYTEST := $(VENV)/bin/pytest
UV_VERSION := 0.13.9
# a worker for every two cores; with less, what one scenario does makes the other late
WORKERS ?= $(shell cores=$$(getconf _NPROCESSORS_ONLN); echo $$(( cores < 4 ? 0 : cores / 2 )))
OPTIONS ?=
# where images of CI forbid it, every process would compile what it imports again: seconds each, of hundreds of processes
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help acceptance ready scanner registry test lint format unit reports backend frontend static mutants tools machine images helm3 clean

help: ## what can be asked for
	@sed -n 's/^\([a-z]*\):.*## /make \1\t/p' $(MAKEFILE_LIST) | expand -t 18

acceptance: $(VENV)/installed ## prove every scenario on a Kind cluster (OPTIONS="--keep always")
	$(MAKE) --jobs 2 --no-print-directory ready
	$(PYTEST) features -n $(WORKERS) $(OPTIONS)

# the scanner of vulnerabilities, the oldest Helm and the registry, which are built once, come beside the images
ready: images scanner helm3 registry
images scanner helm3 registry: machine

mutants: ready $(VENV)/installed ## take protections away and see their scenarios go red
	deploy/closed-network/debian
	$(VENV)/bin/kube-acceptance mutants

TESTS := unit reports lint backend frontend static

test: ## the project's own tests
	deploy/machine/up --for-tests
	$(MAKE) --jobs 2 --output-sync=target --no-print-directory $(TESTS)

lint: $(VENV)/installed
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	grep -rlE '^#!.*sh' deploy charts .ci | xargs $(VENV)/bin/shellcheck -x

format: $(VENV)/installed ## put the Python code into shape
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

# in two halves, so that two cores have something to do: many of these tests start a pytest with workers of its own
REPORTS := tests/browser tests/gherkin tests/report

unit: $(VENV)/installed tools
	$(PYTEST) tests -q $(addprefix --ignore=,$(REPORTS))

reports: $(VENV)/installed
	$(PYTEST) $(REPORTS) -q

backend: app/backend/.venv/installed
	cd app/backend && .venv/bin/ruff check . && .venv/bin/mypy && .venv/bin/python -m pytest -q

frontend: app/frontend/node_modules/installed
	cd app/frontend && npm run --silent typecheck && npm run --silent lint && npm test --silent

# the scenarios that need neither Docker nor a cluster
static: $(VENV)/installed tools
	$(PYTEST) features -m static -q --reports reports/static

# kind, kubectl and helm
tools:
	deploy/closed-network/auto --tools-only

machine:
	deploy/machine/up

images:
	deploy/closed-network/auto

scanner:
	deploy/closed-network/scanner

registry: helm3
	deploy/closed-network/registry

# one after the other: each build takes all processors
helm3: scanner $(VENV)/installed
	deploy/closed-network/helm3

clean: $(VENV)/installed ## remove the clusters that runs left behind
	$(VENV)/bin/kube-acceptance clean

$(VENV)/installed: requirements.lock pyproject.toml
	test -x $(UV) || { python3 -m venv $(VENV) && $(VENV)/bin/pip install --quiet uv==$(UV_VERSION); }
	$(UV) pip sync --quiet --python $(VENV)/bin/python --require-hashes --compile-bytecode requirements.lock
	$(UV) pip install --quiet --python $(VENV)/bin/python --no-deps --no-build-isolation --editable .
	touch $@

app/backend/.venv/installed: app/backend/requirements-dev.lock $(VENV)/installed
	$(UV) venv --quiet --allow-existing app/backend/.venv
	$(UV) pip sync --quiet --python app/backend/.venv/bin/python --require-hashes --compile-bytecode app/backend/requirements-dev.lock
	touch $@

app/frontend/node_modules/installed: app/frontend/package-lock.json
	cd app/frontend && npm ci --silent --no-audit --no-fund
	touch $@
