# `make help` lists what there is to do. Every target does its own set-up.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help setup demo test check format bench quality weigh kafka-up kafka-down kafka-docker-up kafka-docker-down postgres-up postgres-down lock schemas clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-18s %s\n", $$1, $$2}'

setup: $(READY) ## Make the virtual environment with everything pinned

$(READY): deploy/requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Lifeline needs Python 3.11 or newer; name one with PYTHON=python3.12"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --require-hashes -r deploy/requirements-dev.txt
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $(READY)

demo: $(READY) ## See it work: an invented day, from events to alerts (Ctrl-C ends it)
	@$(BIN)/lifeline demo

test: check ## Everything CI runs: checks, then all tests, real Kafka included
	deploy/kafka/kafka jars
	deploy/browser
	deploy/postgres/postgres install
	$(BIN)/python -m pytest

check: $(READY) ## Format, lint, types, import direction, rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/lifeline rules check
	$(BIN)/lifeline rules test
	$(BIN)/lifeline rules lock --check

bench: $(READY) ## Measure what matching costs, beside its peers
	$(BIN)/python bench/matching.py

weigh: $(READY) ## Weigh the scales and surroundings of the rule pack anew, from its conversations (some minutes)
	for language in en es ru zh; do $(BIN)/python bench/weigh.py $$language \
	  && $(BIN)/python bench/surroundings.py $$language || exit 1; done

quality: $(READY) ## Measure how well the rules hear people, and write the tables of docs/detection-quality.md
	$(BIN)/python bench/quality.py --write

format: $(READY) ## Format the code and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

kafka-up: ## Start a Kafka on 127.0.0.1:9092 in the background (Java and Maven)
	deploy/kafka/kafka up

kafka-down: ## Stop it
	deploy/kafka/kafka down

kafka-docker-up: ## The same in a container, where there is a Docker engine
	docker compose -f deploy/kafka/compose.yaml up --detach --wait

kafka-docker-down: ## Stop the container
	docker compose -f deploy/kafka/compose.yaml down

postgres-up: ## Start a PostgreSQL on 127.0.0.1:5433 in the background
	deploy/postgres/postgres up

postgres-down: ## Stop it
	deploy/postgres/postgres down

schemas: $(READY) ## Write the published schemas anew from the contract
	$(BIN)/python -m alerts.schema alerts/schemas

lock: ## Pin all requirements anew, with hashes (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  pyproject.toml -o deploy/requirements.txt --quiet
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --extra dev pyproject.toml -o deploy/requirements-dev.txt --quiet

clean: ## Remove what the targets made
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
