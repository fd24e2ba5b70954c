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

from openmetadata_ol_provider.cli.demo_assets import prepare_dag, started_dags
from openmetadata_ol_provider.cli.demo_measurements import config_file
from openmetadata_ol_provider.cli.demo_texts import TASKS, catalogue_lines, task_lines, waiting_lines
from openmetadata_ol_provider.exceptions import ConfigError

if TYPE_CHECKING:
    from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer

TOPIC = "openlineage.events"
PARTITIONS = 3
_DAG_FILE = "openlineage_to_openmetadata.py"


def demo_command(arguments: Any) -> int:
    """Run the demo and return its exit code, which is 0 if the DAG succeeded or there was nothing new."""
    directory = Path(arguments.directory or ".demo").absolute()
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"--directory {str(directory)!r} cannot be created: {error.strerror}; give another") from None
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
        state, report = _run_dag(directory / "dags" / _DAG_FILE, verbose=arguments.verbose)
        if state == "success":
            for line in started_dags(directory / "scheduler.log", _DAG_FILE.removesuffix(".py")):
                _print(line)
        _print("")
        return _summarise(directory, catalogue, state, report, verbose=arguments.verbose)


def _prepare_airflow(directory: Path, bootstrap: str, url: str) -> None:
    """Point Airflow at a home in the demo's directory; it reads its settings when it is first imported."""
    home = directory / "airflow"
    dags = directory / "dags"
    # Airflow 3.0 opens its database without creating its home.
    home.mkdir(exist_ok=True)
    dags.mkdir(exist_ok=True)
    (dags / _DAG_FILE).write_text(_bundled_dag().read_text(encoding="utf-8"), encoding="utf-8")
    os.environ |= {
        **prepare_dag(dags),
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "AIRFLOW__OPENMETADATA_OL__TOPICS": TOPIC,
        "AIRFLOW__OPENMETADATA_OL__CONFIG": str(config_file(directory)),
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


def _run_dag(dag_file: Path, *, verbose: bool) -> tuple[str, dict[str, Any]]:
    """Run the bundled DAG with ``dag.test()``, and return the DAG's state and the report of its publication.

    :param verbose: ``True`` to print what each task returned
    """
    _print("Airflow is starting ...")
    from airflow.utils.db import initdb

    # Airflow prints to stderr instead, so that the demo's own lines remain readable.
    with stdout_redirected_to(2):
        initdb()
        run = runpy.run_path(str(dag_file))["dag"].test()
    results = {}
    for task_id in TASKS:
        task = run.get_task_instance(task_id)
        results[task_id] = (task.state, task.xcom_pull(task_ids=task_id) if task.state == "success" else None)
    for line in task_lines(str(run.state.value), results, verbose=verbose):
        _print(line)
    state = "nothing new" if results["wait"][0] == "skipped" else str(run.state.value)
    return state, results["publish"][1] or {}


def _summarise(
    directory: Path, catalogue: CatalogueServer, state: str, report: dict[str, Any], *, verbose: bool
) -> int:
    """Print what the catalogue now contains, write the lineage picture, and return the exit code."""
    from openmetadata_ol_provider.picture.page import as_page
    from openmetadata_ol_provider.sandbox.picture import as_text, graph

    page = directory / "lineage.html"
    page.write_text(as_page(graph(catalogue), "Lineage in the catalogue"), encoding="utf-8")
    if verbose:
        _print(f"{as_text(catalogue.edges())}\n")
    if state == "nothing new":
        _print("nothing new: no message after the checkpoint")
    for line in (*catalogue_lines(catalogue), *waiting_lines(report)):
        _print(line)
    _print(f"lineage picture:  {page}")
    if not verbose:
        _print("                  --verbose prints the lineage, each task and each problem")
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
