"""Jobs of a warehouse: each reads two tables and writes one, with columns; numbers of jobs, tables and runs are exact.

What :mod:`bench.traffic` plays is what producers send, and how many facts there are in it depends on the producers.
Here that is known, so that calls can be held against it.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Iterator
from typing import Any

from bench.traffic import Message

NAMESPACE = "postgres://warehouse:5432"
_SCHEMAS = 20
_COLUMNS = ("id", "amount", "customer")
BEGIN = dt.datetime(2026, 11, 24, tzinfo=dt.timezone.utc)
_PRODUCER = "https://github.com/OpenLineage/OpenLineage/tree/1.53.0/integration/spark"
_FACET = {"_producer": _PRODUCER, "_schemaURL": "https://openlineage.io/spec/facets/1-1-1/Facet.json"}
_RUN_EVENT = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"


def seed(tables: int) -> dict[str, Any]:
    """Return a catalogue with a number of tables."""
    columns = [{"name": name, "dataType": "STRING"} for name in _COLUMNS]
    connection = {"type": "Postgres", "hostPort": "warehouse:5432", "database": "shop"}
    return {
        "databaseServices": [{"name": "pg", "serviceType": "Postgres", "connection": {"config": connection}}],
        "tables": [{"fqn": fqn(number), "columns": columns} for number in range(tables)],
    }


def tables(jobs: int) -> int:
    """Return the number of tables that jobs need so that each table has one that writes it."""
    return 2 * jobs + 1


def fqn(table: int) -> str:
    """Return the FQN of a table in the catalogue."""
    return f"pg.{_table(table)}"


def stream(events: int, jobs: int, tables: int, first_run: int = 0) -> Iterator[Message]:
    """Yield a number of events: START and COMPLETE of each run, the jobs taking turns.

    :param first_run: number of the first run; runs of other numbers are others, and later
    """
    for number in range(first_run, first_run + events // 2):
        job = number % jobs
        began = BEGIN + dt.timedelta(seconds=number)
        for state, at in (("START", began), ("COMPLETE", began + dt.timedelta(seconds=30))):
            yield Message(f"run:team-{job % 6}/job_{job}".encode(), event(job, tables, number, state, at))


def event(job: int, tables: int, run: int, state: str, at: dt.datetime) -> bytes:
    """Return an event of a run; every event of the run names its datasets.

    :param job: number of the job
    :param run: number of the run
    """
    read, written = (2 * job % tables, (2 * job + 7) % tables), (2 * job + 1) % tables
    fields = {
        column: {"inputFields": [{"namespace": NAMESPACE, "name": _table(table), "field": column} for table in read]}
        for column in _COLUMNS
    }
    kind = {**_FACET, "processingType": "BATCH", "integration": "SPARK", "jobType": "JOB"}
    document = {
        "eventTime": at.isoformat().replace("+00:00", "Z"),
        "eventType": state,
        "producer": _PRODUCER,
        "schemaURL": _RUN_EVENT,
        "run": {"runId": str(uuid.uuid5(uuid.NAMESPACE_URL, str(run))), "facets": {}},
        "job": {"namespace": f"team-{job % 6}", "name": f"job_{job}", "facets": {"jobType": kind}},
        "inputs": [_dataset(table) for table in read],
        "outputs": [_dataset(written, columnLineage={**_FACET, "fields": fields})],
    }
    return json.dumps(document, separators=(",", ":")).encode()


def _dataset(table: int, **facets: Any) -> dict[str, Any]:
    schema = {**_FACET, "fields": [{"name": name, "type": "varchar"} for name in _COLUMNS]}
    return {"namespace": NAMESPACE, "name": _table(table), "facets": {"schema": schema, **facets}}


def _table(number: int) -> str:
    return f"shop.s{number % _SCHEMAS}.t{number}"
