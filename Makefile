# Everything that people and CI do with this checkout. `make` alone lists it. The work is done by scripts/ and the
# tools; variables: SERVE=0 and SETTINGS=my.yaml (demo, dev, dashboards), PYTHON=/path/to/python (setup), DEEP=0
# (without neural networks).

SHELL := /bin/bash
.DEFAULT_GOAL := help
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
SERVE ?= 1
DEEP ?= 1
SETTINGS ?=
export SERVE DEEP

.PHONY: help demo test setup dev dashboards bench docs services format lint types snapshot lock clean

help: ## list the commands
	@sed -n 's/^\([a-z]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | awk -F '\t' '{printf "make %-11s %s\n", $$1, $$2}'

demo: ## simulate a shop, load it, make 30 days of reports, serve; SERVE=0 ends before; SETTINGS=my.yaml: your data
	@scripts/setup.sh postgres
	@$(BIN)/python -u -m scripts.demo $(if $(SETTINGS),--settings "$(SETTINGS)") $(if $(filter 0,$(SERVE)),--no-serve)

test: ## everything that CI checks: format, lint, types, then all tests with real servers and a real browser
	@scripts/install_test_services.sh
	@scripts/setup.sh postgres dev
	@echo "test: format"; $(BIN)/ruff format --check --quiet . || { $(BIN)/ruff format --check .; exit 1; }
	@echo "test: lint"; $(BIN)/ruff check --quiet .
	@echo "test: types"; $(BIN)/mypy --no-error-summary
	@$(BIN)/pytest -n 2 --dist loadgroup

setup: ## make .venv with everything that the commands here need
	@scripts/setup.sh postgres dev

dev: ## Dagster's UI alone, on 127.0.0.1:3000
	@scripts/setup.sh postgres
	@$(BIN)/python -u -m scripts.serve dagster $(if $(SETTINGS),--settings "$(SETTINGS)")

dashboards: ## the dashboards alone, on 127.0.0.1:8050
	@scripts/setup.sh postgres
	@$(BIN)/python -u -m scripts.serve dashboards $(if $(SETTINGS),--settings "$(SETTINGS)")

bench: ## the large benchmarks; writes benchmarks/RESULTS.md (about an hour)
	@scripts/install_test_services.sh
	@scripts/setup.sh postgres dev
	@$(BIN)/python -m benchmarks --all

docs: ## write the pages that follow from the catalogue
	@scripts/setup.sh postgres dev
	@$(BIN)/python -m ca_platform.docs

services: ## an Elasticsearch and a PostgreSQL for hand use; prints their addresses and settings
	@scripts/install_test_services.sh
	@scripts/setup.sh postgres dev
	@$(BIN)/python -u -m scripts.services

format: ## let ruff format and mend what it can
	@scripts/setup.sh postgres dev
	@$(BIN)/ruff format --quiet . && $(BIN)/ruff check --fix .

lint: ## format and lint, without changing anything
	@scripts/setup.sh postgres dev
	@$(BIN)/ruff format --check . && $(BIN)/ruff check .

types: ## mypy, strict
	@scripts/setup.sh postgres dev
	@$(BIN)/mypy

snapshot: ## accept the present asset specs, jobs and schedules as the right ones
	@scripts/setup.sh postgres dev
	@$(BIN)/pytest -q --snapshot-update ca_platform_tests/defs

lock: ## write constraints.txt after a change of dependencies
	@scripts/setup.sh postgres dev
	@scripts/lock.sh
	@$(BIN)/python -m scripts.calendars

clean: ## delete what the commands here have made (it says what)
	@scripts/clean.sh
