# Needs make and python3 (3.10 to 3.13) with venv; every target sets up the environment that it needs.
PYTHON  ?= python3
VENV    ?= .venv
AIRFLOW ?= apache-airflow>=2.11.0
BIN     := $(VENV)/bin
# Tests start hundreds of interpreters. Without bytecode, which containers often switch off, each compiles all it imports.
export PYTHONDONTWRITEBYTECODE :=
# UV=uv installs with uv, which takes seconds where pip takes a minute, but does not read pip's configuration.
INSTALL = $(if $(UV),$(UV) pip install -q --python $(BIN)/python,$(BIN)/pip install -q)

.DEFAULT_GOAL := help

help:            ## list the targets
	@grep -hE '^[a-z0-9-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

$(VENV)/.run: pyproject.toml
	@echo "installing Airflow and the other dependencies into $(VENV): a few minutes, the first time only"
	$(PYTHON) -m venv $(VENV)
	$(if $(UV),,$(INSTALL) --upgrade pip)
	$(INSTALL) "$(AIRFLOW)" -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.run
	$(INSTALL) "$(AIRFLOW)" -e ".[dev]"
	@touch $@

$(VENV)/.ui: $(VENV)/.dev
	$(INSTALL) "$(AIRFLOW)" -e ".[dev,ui]"
	@touch $@

demo: $(VENV)/.run           ## run the bundled DAG on real events, against an embedded broker and an OpenMetadata stand-in
	$(BIN)/openmetadata-ol demo

# The first run downloads OpenMetadata's models, 220 MB, into .contract; see docs/contract.md.
# WORKERS processes run the tests in parallel; then the request bodies they sent are checked against the models.
WORKERS ?= 2
test: $(VENV)/.dev           ## run all tests
	rm -rf .contract/bodies
	OPENMETADATA_OL_BODIES=.contract/bodies $(BIN)/python -m pytest -n $(WORKERS) $(COVERAGE)
	OPENMETADATA_OL_BODIES=.contract/bodies $(BIN)/python -m pytest tests/contract/test_suite.py

# A job of its own, because measuring takes nearly as long as the tests.
coverage: COVERAGE := --cov --cov-report=term-missing:skip-covered --cov-fail-under=90
coverage: test   ## run all tests, and fail if they reach less than 90 % of the lines and branches

# Pure tests: no broker, no server, no database.
test-fast: $(VENV)/.dev      ## run the quick tests, in under a minute
	$(BIN)/python -m pytest -q -n $(WORKERS) -m "not slow and not outside" tests/openlineage tests/lineage tests/test_config.py tests/test_problem_kinds.py tests/test_promises.py

test-kafka: $(VENV)/.dev     ## run the tests that need a real Apache Kafka (Java 17 and Maven; downloads Kafka into .kafka, 45 MB)
	$(BIN)/python -m pytest --timeout=600 -m "not rare" tests/real_kafka tests/faults

test-faults: $(VENV)/.dev    ## inject faults on a real Apache Kafka, and write docs/faults.md (ten minutes)
	$(BIN)/python -m tests.faults

ROUNDS  ?= 10
test-writers: $(VENV)/.dev   ## start two to four DAG runs with one state together, ROUNDS=10 times each, on a real Apache Kafka
	STRESS_ROUNDS=$(ROUNDS) $(BIN)/python -m pytest tests/faults/test_stress.py

# The server must not be one of production. OPENMETADATA_JWT_TOKEN comes from the command line or the environment; NAME is
# what the names of all services that are created and deleted begin with (oltest_...), and is asked for if it is missing.
test-openmetadata: $(VENV)/.dev  ## check everything on a real OpenMetadata: OPENMETADATA_URL=... OPENMETADATA_JWT_TOKEN=...
	@OPENMETADATA_JWT_TOKEN="$(OPENMETADATA_JWT_TOKEN)" $(BIN)/python -m tests.real_openmetadata --host "$(OPENMETADATA_URL)" $(if $(NAME),--name "$(NAME)")

# Needs Java, Maven and the packages of PostgreSQL and Redis; LIVE_EVENTS=20000 shortens it.
# Celery 5.7 has moved what Airflow's provider up to 3.26 imports.
CELERY  := apache-airflow-providers-celery "celery<5.7"
test-live: $(VENV)/.dev      ## run four lanes in a real Airflow (LocalExecutor, Celery) with PostgreSQL and Kafka, and kill parts of it (ten minutes)
	$(INSTALL) "$(AIRFLOW)" $(CELERY) psycopg2-binary asyncpg
	LIVE=1 $(BIN)/python -m pytest --log-cli-level=INFO tests/live

# In the environment of test-ui, because the provider listens to each task that runs in its environment.
test-openlineage: ## test what our operators tell Airflow's OpenLineage provider, with the provider installed
	$(MAKE) $(VENV)-ui/.ui VENV="$(VENV)-ui"
	WITH_OPENLINEAGE_PROVIDER=1 $(VENV)-ui/bin/python -m pytest tests/operators/test_openlineage_facets.py

# Needs Debian's chromium, or Chrome (CHROMIUM= its path). PICTURES=docs/images updates the pictures of docs/web.md.
test-ui:         ## look at the page in Airflow's web interface with a real browser, in a separate environment
	$(MAKE) $(VENV)-ui/.ui VENV="$(VENV)-ui"
	PICTURES="$(PICTURES)" $(VENV)-ui/bin/python -m pytest --timeout=900 -p no:xdist tests/ui

# What does not depend on Airflow's version need not run again: these tests use no Airflow (tests/test_pure.py checks
# that), nor does what they test (import contracts); and the exhaustive ones try the same code in more ways.
PURE    := contract lineage openlineage openmetadata picture receipts regex sandbox test_bench.py test_compatibility.py \
	test_counts.py test_faults_page.py test_matrix.py test_metrics_page.py test_problem_kinds.py test_promises.py \
	test_real_openmetadata_kit.py test_security_doc.py test_simulation.py test_version.py
test-airflow2:   ## run all tests that touch Airflow on 2.11, but for the exhaustive ones, in a separate environment
	$(MAKE) $(VENV)-airflow2/.dev VENV="$(VENV)-airflow2" AIRFLOW="apache-airflow>=2.11,<3"
	$(VENV)-airflow2/bin/python -m pytest -n $(WORKERS) -m "not exhaustive" $(PURE:%=--ignore=tests/%)

# MATRIX="--only 3.1/3.11" runs some of them only, MATRIX=--smoke a selection of tests; --write updates README's table.
test-matrix: $(VENV)/.dev    ## run demo and tests on each supported Airflow and Python, one after the other (an hour)
	$(BIN)/python -m tests.matrix --workers $(WORKERS) $(MATRIX)

# Each property tries FUZZ_EXAMPLES new random examples.
FUZZ_EXAMPLES ?= 20000
fuzz: $(VENV)/.dev           ## damage real events at random, 20,000 times for each property (about five minutes)
	FUZZ_EXAMPLES=$(FUZZ_EXAMPLES) $(BIN)/python -m pytest --timeout=3600 tests/openlineage/test_decode_fuzz.py tests/lineage/test_translate_fuzz.py

# BENCH="--only decode plan" runs some parts only; BENCH=--write updates docs/performance.md.
bench: $(VENV)/.dev          ## measure everything (a quarter of an hour; on Apache Kafka if Java and Maven are installed; no network)
	$(BIN)/python -m bench $(BENCH)

lint: $(VENV)/.dev           ## run ruff, mypy, codespell and the import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell

docs: $(VENV)/.run           ## build the documentation as a site, in .site; broken links are errors
	$(INSTALL) -e ".[docs]"
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet
	@echo "open .site/index.html"

# Needs no environment of this checkout; PYTHON is the interpreter that it builds and tries with.
release:         ## build sdist, wheel and bill of materials in dist/, check them, and run the demo from the wheel
	PYTHON=$(PYTHON) .ci/release

clean:           ## remove everything that make created
	find .ci bench dags docs integration openmetadata_ol_provider tests -name __pycache__ -prune -exec rm -rf {} +
	rm -rf $(VENV) $(VENV)-airflow2 $(VENV)-ui .demo .contract .kafka .pytest_cache .mypy_cache .ruff_cache .coverage .coverage.* .site dist build

.PHONY: help demo test coverage test-fast test-kafka test-writers test-openmetadata test-faults test-live test-openlineage test-ui test-airflow2 test-matrix fuzz bench docs lint release clean
