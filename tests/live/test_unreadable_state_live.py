"""The API server of a real Airflow cannot decrypt the state: tasks fail, and go on where they were once it can."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import airflow as installed
import pytest
from cryptography.fernet import Fernet

from openmetadata_ol_provider.sandbox.broker import KafkaBroker
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.live.deployment import Airflow
from tests.operators.steps_support import EDGE, SEED, Sender, run_event

pytestmark = [
    pytest.mark.skipif(not os.environ.get("LIVE"), reason="runs all of Airflow's components: make test-live"),
    pytest.mark.skipif(
        tuple(int(part) for part in installed.__version__.split(".")[:2]) < (3, 3),
        reason="API servers list the names of Variables from 3.3 on",
    ),
    pytest.mark.timeout(1800),
]

TOPIC = "openlineage.events"
KEY = f"openmetadata_ol.ingest.{TOPIC}"
DAG = f"""
import datetime as dt
from airflow.sdk import DAG
from openmetadata_ol_provider import IngestOpenLineageOperator

with DAG("ingest", schedule=None, start_date=dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc), max_active_runs=1):
    IngestOpenLineageOperator(task_id="ingest", topics="{TOPIC}")
"""


@contextmanager
def another_key(airflow: Airflow) -> Iterator[None]:
    """Let the API server work with a Fernet key that nothing was encrypted with."""
    server = airflow.parts["api-server"]
    server.stop()
    server.start({"AIRFLOW__CORE__FERNET_KEY": Fernet.generate_key().decode()})
    airflow.wait(airflow.is_well, "the API server works with another key", 180)
    yield
    server.stop()
    server.start()
    airflow.wait(airflow.is_well, "the API server works with its own key", 180)


def test_a_state_that_the_api_server_cannot_decrypt_is_not_begun_again() -> None:
    folder = Path(tempfile.mkdtemp(prefix="live-fernet-"))
    with KafkaBroker({TOPIC: 3}) as broker, CatalogueServer(seed=SEED, token="live-token") as catalogue:
        kafka = {"bootstrap.servers": broker.bootstrap, "group.id": "live", "auto.offset.reset": "earliest"}
        openmetadata = {"conn_type": "openmetadata", "host": catalogue.url, "password": "live-token"}
        environment = {
            "AIRFLOW_CONN_KAFKA_DEFAULT": json.dumps({"conn_type": "kafka", "extra": kafka}),
            "AIRFLOW_CONN_OPENMETADATA_DEFAULT": json.dumps(openmetadata),
            "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",
        }
        airflow = Airflow(folder, f"sqlite:///{folder / 'airflow.db'}", DAG, environment)
        send = Sender(broker.bootstrap).events

        def ingest() -> str:
            run = airflow.trigger("ingest")
            done = ("success", "failed")
            return str(
                airflow.wait(lambda: (state := airflow.run_state("ingest", run)) in done and state, "a run ends", 300)
            )

        try:
            airflow.start()
            # What the run reads comes with its START only, so it must be remembered.
            send(run_event("run-1", "START", outputs=()))
            assert ingest() == "success"
            kept = airflow.variables()[KEY]
            send(run_event("run-1", minute=1, inputs=()))
            with another_key(airflow):
                assert ingest() == "failed"
            assert airflow.variables()[KEY] == kept
            assert ingest() == "success"
            assert list(catalogue.edges()) == [EDGE]
        finally:
            airflow.stop()
    logs = "".join(path.read_text(encoding="utf-8") for path in (folder / "logs").rglob("*.log"))
    assert f"Variable '{KEY}' exists, but Airflow's API server does not return it" in logs
    if not os.environ.get("LIVE_KEEP"):
        shutil.rmtree(folder)
