"""Shows in the demo that a DAG starts because a Spark job has written the dataset that it is scheduled on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

_DAG_ID = "after_country_orders"
_URI = "s3://acme-curated/marts/country_orders"
_TIMEOUT = 300
# Tasks that do nothing are completed by the scheduler itself: there is no executor in the demo.
_DAG = f'''"""Starts whenever a job, of whatever tool, has written the dataset."""

import datetime as dt

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, Asset

with DAG("{_DAG_ID}", schedule=[Asset("{_URI}")], start_date=dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)):
    EmptyOperator(task_id="work")
'''


def is_possible() -> bool:
    """Return whether this Airflow has assets; Airflow is not imported for it."""
    return not version("apache-airflow").startswith("2.")


def prepare_dag(dags: Path) -> dict[str, str]:
    """Write the DAG into a folder, and return the environment that it needs; nothing for Airflow 2."""
    if not is_possible():
        return {}
    (dags / f"{_DAG_ID}.py").write_text(_DAG, encoding="utf-8")
    return {
        # With a pattern, Airflow would log an error for each dataset that is not an asset.
        "AIRFLOW__OPENMETADATA_OL__EMIT_ASSETS": _URI,
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.1",
    }


def started_dags(log: Path, paused: str) -> Iterator[str]:
    """Run Airflow's scheduler for two rounds, and yield a line for each DAG run that it has started, and why.

    :param log: file for the output of the scheduler
    :param paused: id of the DAG that the scheduler must leave alone
    """
    if not is_possible():
        yield f"DAG scheduled on a dataset             needs Airflow 3, this is {version('apache-airflow')}"
        return
    from airflow.models.dag import DagModel
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session

    with create_session() as session:
        session.query(DagModel).filter(DagModel.dag_id == paused).update({"is_paused": True})
    with log.open("w", encoding="utf-8") as output:
        command = [sys.executable, "-m", "airflow", "scheduler", "--num-runs", "2"]
        subprocess.run(command, stdout=output, stderr=output, env=dict(os.environ), timeout=_TIMEOUT, check=True)
    yield f"DAG {_DAG_ID}               scheduled on {_URI}"
    with create_session() as session:
        for run in session.query(DagRun).filter(DagRun.dag_id == _DAG_ID).order_by(DagRun.id):
            for event in run.consumed_asset_events:
                yield f"  {run.state}: started because {event.extra['job_name']} completed"
