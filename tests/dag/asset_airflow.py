"""An Airflow of its own whose DAGs give and wait for asset events, each task in a process that may be killed."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.dag.runs import RUNS

TOPIC = "openlineage.events"
#: The table that run_event of the operators' tests writes, as Airflow's providers write its URI.
STAGED = "postgres://localhost:5433/shop/analytics_stg/stg_customers"
LAKE = "s3a://lake/gold/orders"

DAGS = f"""
import datetime as dt
import os
import signal
from airflow.sdk import DAG, Asset, task
from openmetadata_ol_provider import (
    ConsumeOpenLineageOperator, IngestOpenLineageOperator, PublishLineageOperator, TranslateOpenLineageOperator,
)

START = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)
STAGED, LAKE = Asset("{STAGED}"), Asset(name="orders of the lake", uri="{LAKE}")
INGEST = {{"task_id": "ingest", "topics": "{TOPIC}", "state_key": "shared"}}


def die(context, result=None):
    # The checkpoint has moved, and Airflow has not yet heard of the task's success.
    if os.environ.get("DIE"):
        os.kill(os.getpid(), signal.SIGKILL)


def dag(dag_id, **options):
    return DAG(dag_id, start_date=START, schedule=options.pop("schedule", None), **options)


for asset, dag_id in ((STAGED, "after_staging"), (LAKE, "after_the_lake")):
    with dag(dag_id, schedule=[asset]):
        @task
        def start():
            pass
        start()

with dag("ingest") as ingest:
    IngestOpenLineageOperator(**INGEST, emit_assets=True, post_execute=die)
with dag("silent") as silent:
    IngestOpenLineageOperator(**INGEST)
with dag("lake_only") as lake_only:
    IngestOpenLineageOperator(**INGEST, emit_assets=["s3a://*", "/kafka:.*/"])
with dag("dry") as dry:
    IngestOpenLineageOperator(**INGEST, emit_assets=True, dry_run=True)
with dag("window") as window:
    IngestOpenLineageOperator(
        **{{**INGEST, "state_key": None}}, emit_assets=True, start="2020-01-01T00:00:00Z", end="2099-01-01T00:00:00Z"
    )
with dag("replay") as replay:
    IngestOpenLineageOperator(**INGEST, emit_assets=True, replay_from="earliest")
with dag("asked") as asked:
    IngestOpenLineageOperator(**INGEST, emit_assets=True, replay_from="earliest", emit_replayed="{{{{ 1 == 1 }}}}")
with dag("mapped") as mapped:
    IngestOpenLineageOperator.partial(**INGEST, emit_assets=True, lanes=2).expand(lane=[0, 1])
with dag("steps") as steps:
    consume = ConsumeOpenLineageOperator(task_id="consume", topics="{TOPIC}", state_key="shared")
    translate = TranslateOpenLineageOperator(task_id="translate", batch=consume.output)
    PublishLineageOperator(task_id="publish", plan=translate.output, emit_assets=True, post_execute=die)
with dag("own") as own:
    @task(outlets=[STAGED])
    def load():
        pass
    load()
"""


class AssetAirflow:
    """Runs DAGs in a process, and in another one after it was killed.

    :param home: a folder for it
    :param database: tables of Airflow, of which it takes a copy
    """

    def __init__(self, home: Path, database: Path) -> None:
        self._home = home
        (home / "dags").mkdir()
        (home / "dags" / "assets.py").write_text(DAGS, encoding="utf-8")
        shutil.copy(database, home / "airflow.db")
        self._process: subprocess.Popen[str] | None = None

    def run(self, name: str, *, dies: bool = False, state: str = "success") -> str | None:
        """Run a DAG, and return its run id, ``None`` if it dies as it should."""
        answer = self._ask(name, {"DIE": "1"} if dies else {})
        if dies:
            assert answer == "", answer
            self.close()
            return None
        assert answer, self._tail()
        outcome = json.loads(answer)
        assert outcome["state"] == state, self._tail()
        return str(outcome["run_id"])

    def _ask(self, name: str, environment: dict[str, str]) -> str:
        if self._process is None:
            self._process = self._start()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        here = {key: value for key, value in os.environ.items() if key.startswith("AIRFLOW_CONN_")}
        asked = {"name": name, "file": str(self._home / "dags" / "assets.py"), "environment": {**here, **environment}}
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline()

    def _start(self) -> subprocess.Popen[str]:
        environment = {
            **os.environ,
            "AIRFLOW_HOME": str(self._home),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{self._home}/airflow.db",
            "AIRFLOW__CORE__DAGS_FOLDER": str(self._home / "dags"),
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "INFO",
            "AIRFLOW__CORE__FERNET_KEY": "",
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        }
        with (self._home / "said.log").open("a", encoding="utf-8") as said:
            return subprocess.Popen(
                [sys.executable, "-c", RUNS],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                text=True,
                env=environment,
            )

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            process.communicate()

    def events(self) -> list[tuple[str, dict[str, Any]]]:
        """Return URI and extra of all asset events, in the order in which they were recorded."""
        found = self._select(
            "select asset.uri, asset_event.extra from asset_event join asset on asset.id = asset_event.asset_id "
            "order by asset_event.id"
        )
        return [(uri, json.loads(extra)) for uri, extra in found]

    def checkpoint(self, state_key: str) -> int:
        """Return how many messages are done."""
        ((text,),) = self._select(f"select val from variable where key = '{state_key}'")  # noqa: S608 - not from outside
        return sum(sum(partitions.values()) for partitions in json.loads(text)["checkpoint"].values())

    def queued(self) -> set[str]:
        """Return the DAGs that the scheduler would start because of asset events."""
        return {dag_id for (dag_id,) in self._select("select target_dag_id from asset_dag_run_queue")}

    def forget(self) -> None:
        """Delete what earlier tests have left."""
        with closing(sqlite3.connect(self._home / "airflow.db", timeout=30)) as database:
            for table in ("asset_alias_asset_event", "asset_dag_run_queue", "asset_event", "variable"):
                database.execute(f"delete from {table}")  # noqa: S608 - not from outside
            database.commit()

    def _select(self, query: str) -> list[Any]:
        with closing(sqlite3.connect(self._home / "airflow.db")) as database:
            return database.execute(query).fetchall()

    def _tail(self) -> str:
        return (self._home / "said.log").read_text(encoding="utf-8")[-6000:]
