# Two commands set everything up on a machine with make and python3 (3.10 to 3.12) with venv: make demo, make test.
PYTHON  ?= python3
VENV    ?= .venv
AIRFLOW ?= apache-airflow>=2.11.0
BIN     := $(VENV)/bin

.DEFAULT_GOAL := help

help:            ## this list
	@grep -hE '^[a-z0-9-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

$(VENV)/.run: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q --upgrade pip
	$(BIN)/pip install -q "$(AIRFLOW)" -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.run
	$(BIN)/pip install -q "$(AIRFLOW)" -e ".[dev]"
	@touch $@

demo: $(VENV)/.run           ## run the bundled DAG on real events, against an embedded broker and an OpenMetadata stand-in
	$(BIN)/openmetadata-ol demo

# The first time it downloads OpenMetadata's models, 220 MB, into .contract; docs/contract.md says what for.
# So many processes run the tests side by side; the bodies that they made us send are held against the models afterwards.
WORKERS ?= 2
test: $(VENV)/.dev           ## run all tests, with the coverage floor
	rm -rf .contract/bodies
	OPENMETADATA_OL_BODIES=.contract/bodies $(BIN)/python -m pytest -n $(WORKERS) --cov --cov-report=term-missing:skip-covered --cov-fail-under=90
	OPENMETADATA_OL_BODIES=.contract/bodies $(BIN)/python -m pytest tests/contract/test_suite.py

# Pure tests: no broker, no server, no database.
test-fast: $(VENV)/.dev      ## run the quick tests, in under a minute
	$(BIN)/python -m pytest -q -n $(WORKERS) -m "not slow and not outside" tests/openlineage tests/lineage tests/test_config.py tests/test_problem_kinds.py tests/test_promises.py

test-kafka: $(VENV)/.dev     ## run the tests that need a real Apache Kafka (Java 17 and Maven; Kafka is fetched into .kafka, 45 MB)
	$(BIN)/python -m pytest --timeout=600 -m "not rare" tests/real_kafka tests/faults

test-faults: $(VENV)/.dev    ## kill, cut, stall, refuse and lose everything, on a real Apache Kafka, and write docs/faults.md (ten minutes)
	$(BIN)/python -m tests.faults

# Needs Java, Maven and PostgreSQL's packages; LIVE_EVENTS=20000 makes it shorter.
test-live: $(VENV)/.dev      ## four lanes in a real Airflow with PostgreSQL and Kafka, parts of it killed (five minutes)
	$(BIN)/pip install -q psycopg2-binary asyncpg
	LIVE=1 $(BIN)/python -m pytest --log-cli-level=INFO tests/live

# What we send to OpenMetadata does not depend on Airflow's version: tests/contract has looked at it already.
test-airflow2:   ## run all other tests on Airflow 2.11, in an environment of its own
	$(MAKE) $(VENV)-airflow2/.dev VENV="$(VENV)-airflow2" AIRFLOW="apache-airflow>=2.11,<3"
	$(VENV)-airflow2/bin/python -m pytest -n $(WORKERS) --ignore=tests/contract

# New examples each time: each property tries FUZZ_EXAMPLES of them.
FUZZ_EXAMPLES ?= 20000
fuzz: $(VENV)/.dev           ## damage real events at random, 20,000 times for each property (about five minutes)
	FUZZ_EXAMPLES=$(FUZZ_EXAMPLES) $(BIN)/python -m pytest --timeout=3600 tests/openlineage/test_decode_fuzz.py tests/lineage/test_translate_fuzz.py

# BENCH="--only decode plan" runs some of it; BENCH=--write puts the figures into docs/performance.md.
bench: $(VENV)/.dev          ## measure everything (a quarter of an hour), on Apache Kafka where there are Java and Maven; no network
	$(BIN)/python -m bench $(BENCH)

lint: $(VENV)/.dev           ## ruff, mypy, spelling and the layers of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell

clean:           ## remove what make made
	rm -rf $(VENV) $(VENV)-airflow2 .demo .contract .kafka .pytest_cache .mypy_cache .ruff_cache .coverage .coverage.* dist build

.PHONY: help demo test test-fast test-kafka test-faults test-live test-airflow2 fuzz bench lint clean
