"""DAGs of users: the operators imported into DAG files of their own, run whole by Airflow in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from openmetadata_ol_provider.sandbox.broker import KafkaBroker
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from openmetadata_ol_provider.sandbox.feed import captured, feed
from openmetadata_ol_provider.sandbox.picture import column_pairs

pytestmark = pytest.mark.slow
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

RUN = """
import json, os, runpy, sys
from airflow.utils.db import initdb
saved = os.dup(1)
os.dup2(2, 1)
initdb()
run = runpy.run_path(sys.argv[1])[sys.argv[2]].test()
result = {}
for task in run.get_task_instances():
    pulled = task.xcom_pull(task_ids=task.task_id, map_indexes=task.map_index)
    result.setdefault(task.task_id, []).append([str(task.state), pulled])
sys.stdout.flush()
os.dup2(saved, 1)
print(json.dumps({"state": run.state.value, "tasks": result}))
"""


@pytest.fixture
def run(tmp_path: Path, connections: None) -> Any:
    """Return a function that runs one of the DAGs and gives its state and each task's results."""
    dags = tmp_path / "dags"
    dags.mkdir()
    (dags / "mine.py").write_text(DAGS, encoding="utf-8")
    shutil.copy(BUNDLED, dags)
    environment = {
        **os.environ,
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{tmp_path}/airflow.db",
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
    }

    def execute(dag_id: str, file: Path = dags / "mine.py", **options: str) -> dict[str, Any]:
        configured = {f"AIRFLOW__OPENMETADATA_OL__{name.upper()}": value for name, value in options.items()}
        done = subprocess.run(
            [sys.executable, "-c", RUN, str(file), dag_id],
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
            env={**environment, **configured},
        )
        assert done.returncode == 0, done.stderr[-4000:]
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        assert found["state"] == "success", done.stderr[-4000:]
        return found["tasks"]

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
def test_lanes_are_mapped_tasks(
    run: Any, broker: KafkaBroker, catalogue: CatalogueServer, tmp_path: Path, dag_id: str
) -> None:
    sent = feed(broker.bootstrap, TOPIC, captured("dbt-postgres.ndjson.gz"))
    bundled = {"dag_id": "dag", "file": tmp_path / "dags" / BUNDLED.name, "lanes": "3"}
    tasks = run(**bundled if dag_id == "bundled" else {"dag_id": dag_id})
    reports = [report for _, report in tasks.get("ingest") or tasks["publish"]]
    assert len(reports) == 3
    assert sum(report["events"] for report in reports) == sent
    assert edges(catalogue) == EXPECTED
