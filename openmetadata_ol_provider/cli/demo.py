"""Runs the demo: the bundled DAG, an embedded broker, the OpenMetadata stand-in and real events, in one process."""

from __future__ import annotations

import json
import os
import runpy
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer

TOPIC = "openlineage.events"
PARTITIONS = 3
_DAG_FILE = "openlineage_to_openmetadata.py"


def demo_command(arguments: Any) -> int:
    """Run the demo and return its exit code, which is 0 if the DAG succeeded or there was nothing new."""
    directory = Path(arguments.directory or ".demo").absolute()
    directory.mkdir(parents=True, exist_ok=True)
    from openmetadata_ol_provider.sandbox.broker import KafkaBroker
    from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer

    seed = files("openmetadata_ol_provider.sandbox") / "data" / "catalogue.json"
    state_file = directory / "catalogue.json"
    with (
        KafkaBroker({TOPIC: PARTITIONS}) as broker,
        CatalogueServer(seed=Path(str(seed)), state_file=state_file, token="demo-token") as catalogue,  # noqa: S106
    ):
        _print(f"broker (librdkafka's mock cluster)     {broker.bootstrap}, topic {TOPIC}, {PARTITIONS} partitions")
        _print(f"OpenMetadata stand-in (sandbox)        {catalogue.url}")
        _prepare_airflow(directory, broker.bootstrap, catalogue.url)
        _feed(broker.bootstrap)
        catalogue.reset_requests()
        state = _run_dag(directory / "dags" / _DAG_FILE)
        _print("")
        return _summarise(directory, catalogue, state)


def _prepare_airflow(directory: Path, bootstrap: str, url: str) -> None:
    """Point Airflow at a home in the demo's directory; it reads its settings when it is first imported."""
    home = directory / "airflow"
    dags = directory / "dags"
    # Airflow 3.0 opens its database without creating its home.
    home.mkdir(exist_ok=True)
    dags.mkdir(exist_ok=True)
    (dags / _DAG_FILE).write_text(_bundled_dag().read_text(encoding="utf-8"), encoding="utf-8")
    os.environ |= {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "AIRFLOW__OPENMETADATA_OL__TOPICS": TOPIC,
        "AIRFLOW__OPENMETADATA_OL__WAIT_TIMEOUT": "5",
        "AIRFLOW_CONN_KAFKA_DEFAULT": json.dumps(
            {
                "conn_type": "kafka",
                "extra": {"bootstrap.servers": bootstrap, "group.id": "demo", "auto.offset.reset": "earliest"},
            }
        ),
        "AIRFLOW_CONN_OPENMETADATA_DEFAULT": json.dumps(
            {"conn_type": "openmetadata", "host": url, "password": "demo-token"}
        ),
    }


def _bundled_dag() -> Path:
    """Return the path of the bundled DAG, which a wheel has inside the package and a checkout next to it."""
    package = Path(__file__).resolve().parents[1]
    packaged = package / "example_dags" / _DAG_FILE
    return packaged if packaged.exists() else package.parent / "dags" / _DAG_FILE


def _feed(bootstrap: str) -> None:
    """Send the captured events; a new broker is empty, so every run of the demo sends them to the same offsets."""
    from openmetadata_ol_provider.sandbox.feed import CAPTURES, captured, feed

    for producer, name in CAPTURES.items():
        count = feed(bootstrap, TOPIC, captured(name))
        _print(f"{count:4d} events sent                       {producer}")


def _run_dag(dag_file: Path) -> str:
    """Run the bundled DAG with ``dag.test()``, print what each task returned, and return the DAG's state."""
    _print("Airflow is starting ...")
    from airflow.utils.db import initdb

    # Airflow prints to stderr instead, so that the demo's own lines remain readable.
    with stdout_redirected_to(2):
        initdb()
        run = runpy.run_path(str(dag_file))["dag"].test()
    _print(f"DAG openlineage_to_openmetadata        {run.state.value}")
    for task_id, describe in (
        ("check", _describe_check),
        ("wait", _describe_wait),
        ("consume", _describe_batch),
        ("translate", _describe_plan),
        ("publish", _describe_report),
    ):
        task = run.get_task_instance(task_id)
        result = task.xcom_pull(task_ids=task_id) if task.state == "success" else None
        _print(f"  {task_id:<10} {task.state:<10} {describe(result) if result else ''}")
        if result and describe is _describe_report:
            _print_problems(result)
    return "nothing new" if run.get_task_instance("wait").state == "skipped" else str(run.state.value)


def _describe_check(seen: dict[str, Any]) -> str:
    return f"OpenMetadata {seen['version']} answers"


def _describe_wait(backlog: dict[str, Any]) -> str:
    return f"{backlog['events']} new messages"


def _describe_batch(batch: dict[str, Any]) -> str:
    ranges = ", ".join(f"[{r['partition']}] {r['start']}-{r['end']}" for r in batch["origin"]["ranges"])
    return f"{batch['count']} events ({ranges}), {batch['dead_letters']} dead letters"


def _describe_plan(plan: dict[str, Any]) -> str:
    runs, jobs, edges, datasets = (len(plan[key]) for key in ("runs", "jobs", "edges", "datasets"))
    return f"{runs} runs of {jobs} jobs, {edges} edges, {datasets} datasets"


def _describe_report(report: dict[str, Any]) -> str:
    edges, datasets = report["edges"], report["datasets"]
    return (
        f"edges: {edges['published']} published, {edges['unchanged']} unchanged, {edges['failed']} failed; datasets: "
        f"{datasets['resolved']} resolved, {datasets['unresolved']} unresolved; {report['parked']} parked; requests: "
        f"{report['requests']}"
    )


def _print_problems(report: dict[str, Any]) -> None:
    """Print what was left out and why, and how to see what waits, as the log of the task has it."""
    from msgspec import convert

    from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport
    from openmetadata_ol_provider.openmetadata.publishing.core.report_text import problem_lines

    for kind, text in problem_lines(convert(report, PublishReport)):
        _print(f"    {kind}: {text}")
    if report["parked"]:
        _print(f"    parked: {report['parked']} items wait until the catalogue has their datasets, and are tried again")


def _summarise(directory: Path, catalogue: CatalogueServer, state: str) -> int:
    """Print what the catalogue now contains, write the lineage picture, and return the exit code."""
    from openmetadata_ol_provider.sandbox.picture import as_html, as_text, column_pairs

    edges = catalogue.edges()
    page = directory / "lineage.html"
    page.write_text(as_html(edges, "Lineage in the catalogue"), encoding="utf-8")
    _print(as_text(edges))
    _print("")
    if state == "nothing new":
        _print("nothing new: no message after the checkpoint")
    pairs = sum(len(column_pairs(details)) for details in edges.values())
    pipelines = catalogue.entities("pipeline")
    tasks = sum(len(pipeline.get("tasks") or ()) for pipeline in pipelines)
    statuses = sum(len(catalogue.statuses(pipeline["fullyQualifiedName"])) for pipeline in pipelines)
    _print(
        f"in the catalogue: {len(edges)} edges with {pairs} column pairs; {len(pipelines)} pipelines with {tasks} tasks"
    )
    _print(f"                  and {statuses} run statuses; write calls of this run: {len(catalogue.writes())}")
    _print(f"lineage picture:  {page}")
    return 0 if state in ("success", "nothing new") else 1


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


@contextmanager
def stdout_redirected_to(descriptor: int) -> Iterator[None]:
    """Redirect everything that this process and its children print to another open file.

    :param descriptor: file descriptor of that file
    """
    sys.stdout.flush()
    saved = os.dup(1)
    os.dup2(descriptor, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(saved, 1)
        os.close(saved)
