"""A DAG starts in a real Airflow because a job of another tool completed, though the task that tells it is killed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import airflow as installed
import pytest

from openmetadata_ol_provider.sandbox.broker import KafkaBroker
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.live.deployment import Airflow
from tests.operators.steps_support import SEED, Sender, run_event

pytestmark = [
    pytest.mark.skipif(not os.environ.get("LIVE"), reason="runs all of Airflow's components: make test-live"),
    pytest.mark.skipif(installed.__version__.startswith("2."), reason="assets came with Airflow 3"),
    pytest.mark.timeout(1200),
]

TOPIC = "openlineage.events"
ORDERS = "postgres://localhost:5433/shop/analytics_stg/stg_customers"

DAGS = f"""
import datetime as dt
import os
import time
from pathlib import Path
from airflow.sdk import DAG, Asset, task
from openmetadata_ol_provider import IngestOpenLineageOperator

ORDERS = Asset("{ORDERS}")
START = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)


def be_held(context, result=None):
    # The checkpoint has moved, and Airflow has not heard of the task's success.
    folder = Path(os.environ["HELD"])
    if (folder / "hold").exists():
        (folder / "pid").write_text(str(os.getpid()))
        time.sleep(600)


with DAG(
    "ingest", schedule=None, start_date=START, max_active_runs=1,
    default_args={{"retries": 10, "retry_delay": dt.timedelta(seconds=2)}},
):
    IngestOpenLineageOperator(task_id="ingest", topics="{TOPIC}", emit_assets=True, post_execute=be_held)

with DAG("after_orders", schedule=[ORDERS], start_date=START):

    @task
    def show(triggering_asset_events=None):
        (event,) = triggering_asset_events[ORDERS]
        return event.extra

    show()
"""


class Deployment:
    """Everything that runs, and what Airflow's database has."""

    def __init__(self, folder: Path, broker: KafkaBroker, catalogue: CatalogueServer) -> None:
        self.folder = folder
        self._database = folder / "airflow.db"
        environment = {
            "HELD": str(folder),
            "AIRFLOW_CONN_KAFKA_DEFAULT": json.dumps(
                {"conn_type": "kafka", "extra": {"bootstrap.servers": broker.bootstrap, "group.id": "live"}}
            ),
            "AIRFLOW_CONN_OPENMETADATA_DEFAULT": json.dumps(
                {"conn_type": "openmetadata", "host": catalogue.url, "password": "live-token"}
            ),
            "AIRFLOW__OPENMETADATA_OL__START_FROM": "earliest",
            # A busy machine is not what is tried here.
            "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",
        }
        self.airflow = Airflow(folder, f"sqlite:///{self._database}", DAGS, environment)
        self.send = Sender(broker.bootstrap).events

    def asset_events(self) -> list[dict[str, Any]]:
        return [json.loads(extra) for (extra,) in self._select("select extra from asset_event order by id")]

    def started(self) -> list[tuple[str, str]]:
        """Return run id and state of the DAG runs that the asset has started."""
        return self._select("select run_id, state from dag_run where dag_id = 'after_orders' order by id")

    def ingest(self) -> None:
        run = self.airflow.trigger("ingest")
        self.airflow.wait(lambda: self.airflow.run_state("ingest", run) == "success", "events are ingested", 240)

    def _select(self, query: str) -> list[Any]:
        with closing(sqlite3.connect(self._database, timeout=30)) as database:
            return database.execute(query).fetchall()


@pytest.fixture
def deployment() -> Iterator[Deployment]:
    folder = Path(tempfile.mkdtemp(prefix="live-assets-"))
    with KafkaBroker({TOPIC: 3}) as broker, CatalogueServer(seed=SEED, token="live-token") as catalogue:
        running = Deployment(folder, broker, catalogue)
        try:
            running.airflow.start()
            yield running
        finally:
            running.airflow.stop()
    if not os.environ.get("LIVE_KEEP"):
        shutil.rmtree(folder)


def test_a_dag_starts_once_for_a_run_though_the_publishing_task_is_killed(deployment: Deployment) -> None:
    airflow, folder = deployment.airflow, deployment.folder
    (folder / "hold").touch()
    deployment.send(run_event("first", "START"), run_event("first", minute=1))
    run = airflow.trigger("ingest")
    pid = folder / "pid"
    airflow.wait(lambda: pid.exists() and pid.read_text(), "the task has moved the checkpoint", 240)
    key = f"openmetadata_ol.ingest.{TOPIC}"
    assert sum(json.loads(airflow.variables()[key])["checkpoint"][TOPIC].values()) == 2
    (folder / "hold").unlink()
    os.kill(int(pid.read_text()), signal.SIGKILL)
    airflow.wait(lambda: airflow.run_state("ingest", run) == "success", "the task is tried again", 240)
    assert airflow.tasks("ingest", run)[0]["try_number"] > 1

    airflow.wait(lambda: [state for _, state in deployment.started()] == ["success"], "the DAG has started", 120)
    assert [extra["run_id"] for extra in deployment.asset_events()] == ["first"]
    ((run_id, _),) = deployment.started()
    extra = airflow.result("after_orders", run_id, "show", -1)
    assert (extra["job_namespace"], extra["job_name"], extra["run_id"]) == ("scheduler", "nightly.load", "first")

    # Nothing is given again, neither by a run without events nor together with the next event.
    deployment.ingest()
    deployment.send(run_event("second"), run_event("third", "FAIL"))
    deployment.ingest()
    airflow.wait(lambda: len(deployment.started()) == 2, "the DAG has started again", 120)
    assert [extra["run_id"] for extra in deployment.asset_events()] == ["first", "second"]
