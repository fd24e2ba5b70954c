"""DAGs of users: the operators imported into DAG files of their own, run whole by Airflow in a process of its own.

It is one process for all of them: the first run in a process takes as long as the next twenty.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from openmetadata_ol_provider.sandbox.broker import KafkaBroker
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from openmetadata_ol_provider.sandbox.feed import captured, feed
from openmetadata_ol_provider.sandbox.picture import column_pairs
from tests.dag.runs import RUNS

# Ten seconds for the first where nothing else runs; where much does, mapped tasks take half a minute each.
pytestmark = [pytest.mark.slow, pytest.mark.unmeasured, pytest.mark.timeout(1800)]
TOPIC = "openlineage.events"
BUNDLED = Path(__file__).parents[2] / "dags" / "openlineage_to_openmetadata.py"
EXPECTED = json.loads(
    (Path(__file__).parents[1] / "data" / "expected" / "sandbox-edges.json").read_text(encoding="utf-8")
)["dbt-postgres"]

DAGS = """
import datetime as dt
from airflow.providers.common.compat.sdk import DAG
from openmetadata_ol_provider import (
    ConsumeOpenLineageOperator, IngestOpenLineageOperator, OpenLineageSensor, PublishLineageOperator,
    TranslateOpenLineageOperator,
)

START = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)
PIPELINES = {"pipelines": {"service": "from_my_dag"}}

with DAG("one_task", schedule=None, start_date=START, params={"topic": "openlineage.events"}) as one_task:
    IngestOpenLineageOperator(task_id="ingest", topics=["{{ params.topic }}"], config=PIPELINES, max_events=10)

# Nothing is handed over by hand: each task finds the output of the one before it.
with DAG("chained", schedule=None, start_date=START) as chained:
    wait = OpenLineageSensor(task_id="wait", topics="openlineage.events", timeout=20, poke_interval=1)
    consume = ConsumeOpenLineageOperator(task_id="consume", topics="openlineage.events")
    translate = TranslateOpenLineageOperator(task_id="translate", config=PIPELINES)
    publish = PublishLineageOperator(task_id="publish", config=PIPELINES)
    wait >> consume
    [wait, consume] >> translate
    [consume, translate] >> publish

# The batches of several topics, mapped: each with a state of its own.
with DAG("mapped", schedule=None, start_date=START) as mapped:
    IngestOpenLineageOperator.partial(task_id="ingest", config=PIPELINES).expand(
        topics=[["openlineage.events"], ["openlineage.more"]]
    )

# The partitions of one topic, divided.
with DAG("in_lanes", schedule=None, start_date=START) as in_lanes:
    IngestOpenLineageOperator.partial(
        task_id="ingest", topics="openlineage.events", config=PIPELINES, lanes=3
    ).expand(lane=[0, 1, 2])

with DAG("steps_in_lanes", schedule=None, start_date=START) as steps_in_lanes:
    consume = ConsumeOpenLineageOperator.partial(
        task_id="consume", topics="openlineage.events", lanes=3
    ).expand(lane=[0, 1, 2])
    translate = TranslateOpenLineageOperator.partial(task_id="translate", config=PIPELINES).expand(batch=consume.output)
    PublishLineageOperator.partial(task_id="publish", config=PIPELINES).expand(plan=translate.output)
"""


class Runner:
    """Runs DAGs in a process with an Airflow of its own.

    :param home: a folder for it
    :param database: tables of Airflow, of which it takes a copy
    """

    def __init__(self, home: Path, database: Path) -> None:
        dags = home / "dags"
        dags.mkdir()
        (dags / "mine.py").write_text(DAGS, encoding="utf-8")
        shutil.copy(BUNDLED, dags)
        shutil.copy(database, home / "airflow.db")
        self.dags = dags
        self._said = (home / "said.log").open("w", encoding="utf-8")
        environment = {
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
            "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
            # For all runs: Airflow 3.1 serialises every DAG of the folder at the first run, and keeps that.
            "AIRFLOW__OPENMETADATA_OL__LANES": "3",
        }
        self._process = subprocess.Popen(
            [sys.executable, "-c", RUNS],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
            env={**os.environ, **environment},
        )

    def run(self, name: str, file: str, environment: dict[str, str]) -> dict[str, Any]:
        """Run a DAG, and return state and result of each task."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        asked = {"name": name, "file": str(self.dags / file), "environment": environment}
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        said = Path(self._said.name).read_text(encoding="utf-8")
        assert answer, said[-4000:]
        found: dict[str, Any] = json.loads(answer)
        assert found["state"] == "success", said[-4000:]
        # Airflow's error about links of tasks that published nothing.
        assert "XCom not found" not in said, said[-4000:]
        tasks: dict[str, Any] = found["tasks"]
        return tasks

    def close(self) -> None:
        """End the process."""
        self._process.communicate()
        self._said.close()


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory, airflow_db: Path) -> Iterator[Runner]:
    with closing(Runner(tmp_path_factory.mktemp("airflow"), airflow_db)) as found:
        yield found


@pytest.fixture
def run(runner: Runner, connections: None) -> Any:
    """Return a function that runs one of the DAGs and gives each task's state and results."""
    here = {name: value for name, value in os.environ.items() if name.startswith("AIRFLOW_CONN_")}

    def execute(name: str, file: str = "mine.py") -> dict[str, Any]:
        return runner.run(name, file, here)

    return execute


def edges(catalogue: CatalogueServer) -> dict[str, list[list[str]]]:
    found = catalogue.edges()
    return {f"{a} -> {b}": [list(pair) for pair in column_pairs(details)] for (a, b), details in found.items()}


def test_one_task_ingests_and_a_second_run_writes_nothing(
    run: Any, broker: KafkaBroker, catalogue: CatalogueServer
) -> None:
    sent = feed(broker.bootstrap, TOPIC, captured("dbt-postgres.ndjson.gz"))
    [[state, report]] = run("one_task")["ingest"]
    assert (state, report["events"]) == ("success", sent)
    assert edges(catalogue) == EXPECTED
    assert {pipeline["service"]["name"] for pipeline in catalogue.entities("pipeline")} == {"from_my_dag"}
    catalogue.reset_requests()
    [[_, report]] = run("one_task")["ingest"]
    assert report["events"] == 0
    assert catalogue.writes() == []


def test_chained_tasks_find_each_others_results(run: Any, broker: KafkaBroker, catalogue: CatalogueServer) -> None:
    sent = feed(broker.bootstrap, TOPIC, captured("dbt-postgres.ndjson.gz"))
    tasks = run("chained")
    assert {state for results in tasks.values() for state, _ in results} == {"success"}
    assert tasks["wait"][0][1]["events"] == sent
    assert tasks["publish"][0][1]["edges"]["published"] == len(EXPECTED)
    assert edges(catalogue) == EXPECTED


def test_mapped_tasks_read_a_topic_each(run: Any, broker: KafkaBroker, catalogue: CatalogueServer) -> None:
    feed(broker.bootstrap, TOPIC, captured("dbt-postgres.ndjson.gz"))
    feed(broker.bootstrap, "openlineage.more", captured("airflow-scheduler.ndjson.gz"))
    reports = [report for _, report in run("mapped")["ingest"]]
    assert sorted(report["events"] for report in reports) == [44, 92]
    assert set(EXPECTED) < set(edges(catalogue))


@pytest.mark.parametrize("dag_id", ["in_lanes", "steps_in_lanes", "bundled"])
def test_lanes_are_mapped_tasks(run: Any, broker: KafkaBroker, catalogue: CatalogueServer, dag_id: str) -> None:
    sent = feed(broker.bootstrap, TOPIC, captured("dbt-postgres.ndjson.gz"))
    tasks = run("dag", BUNDLED.name) if dag_id == "bundled" else run(dag_id)
    reports = [report for _, report in tasks.get("ingest") or tasks["publish"]]
    assert len(reports) == 3
    assert sum(report["events"] for report in reports) == sent
    assert edges(catalogue) == EXPECTED
