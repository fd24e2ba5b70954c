"""Makes what the page shows: receipts, states and parked lineage in Airflow's Variables."""

from __future__ import annotations

import time
from typing import Any

from msgspec.structs import replace

from openmetadata_ol_provider.lineage.plan import DatasetId, Edge, JobId
from openmetadata_ol_provider.openlineage.problems import Rule
from openmetadata_ol_provider.openlineage.run_state import RunState
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import EdgeFact, Ledger
from openmetadata_ol_provider.openmetadata.publishing.core.parked import Parked
from openmetadata_ol_provider.receipts.receipt import (
    BatchReceipt,
    EdgeCounts,
    Lag,
    LetterNote,
    PendingEdge,
    Receipt,
    TaskRef,
    TopicLag,
)
from openmetadata_ol_provider.receipts.record import Delivery, DeliveryRecord
from openmetadata_ol_provider.state.document import StoredState
from openmetadata_ol_provider.state.receipts import ReceiptStore
from openmetadata_ol_provider.state.store import StateStore

KEY = "openmetadata_ol.reader.openlineage.events"
READER = TaskRef("reader", "scheduled__2026-05-01", "publish")
NOW = int(time.time())
#: Names as an attacker, or a careless user, would choose them.
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'; alert(1); //",
    "javascript:alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "\u202eredrum\u0000\n\t",
    "x" * 300,
)


def receipt(number: int, **more: Any) -> Receipt:
    """Return the receipt of a run of one of some jobs; every seventh has failed, every fifth has edges that wait."""
    made = Receipt(
        run_id=f"0196f2c4-7a1b-7000-8000-{number:012x}",
        namespace="airflow-prod",
        name=f"dwh_{number % 23}.load_{number % 9}",
        state="FAIL" if number % 7 == 3 else "COMPLETE",
        at=NOW - 60 * number,
        batch=0,
        events=2,
        pipeline=f"dwh_{number % 23}",
        pipeline_fqn=f"openlineage.dwh_{number % 23}",
        dag_run=f"scheduled__2026-05-01T{number % 24:02d}:00:00+00:00",
        log_url=f"https://airflow.example.com/dags/dwh_{number % 23}/runs/{number}/tasks/load",
        error="Disk full on worker-3" if number % 7 == 3 else "",
        edges=EdgeCounts() if number % 7 == 3 else EdgeCounts(published=3),
    )
    if number % 5 == 1 and number % 7 != 3:
        reason = "postgres://dwh:5432 mart.orders: no service has this address; tried by its type"
        made = replace(
            made, edges=EdgeCounts(published=2, parked=1), pending=(PendingEdge(number, "parked"),), reasons=(reason,)
        )
    return replace(made, **more)


def record(*receipts: Receipt, task: TaskRef = READER, **more: Any) -> DeliveryRecord:
    """Return a record with one batch that has these receipts."""
    batch = BatchReceipt(
        0, NOW - 120, 4.25, 40, len(receipts), 3, 1, 0, 1, 1, 17, {"unresolved": 2, "malformed": 1}, task
    )
    delivery = Delivery(
        batch,
        receipts,
        letters=(LetterNote("openlineage.events[0]@17", "not JSON: line 1 column 1", NOW - 300),),
        datasets={
            ("postgres://dwh:5432", "mart.orders"): "unresolved",
            ("postgres://dwh:5432", "mart.customers"): "resolved",
            ("s3://landing", "orders"): "resolved",
            ("file", "/data/scratch"): "ignored",
        },
        rules={
            "postgres://dwh:5432": (
                Rule("namespaces", '{namespace: "postgres://dwh:5432", service: NAME}', "name its service"),
            )
        },
        site="https://openmetadata.example.com",
    )
    return DeliveryRecord().updated([delivery._replace(**more)], 10_000)


def lag(messages: int = 12, at: int = NOW - 90) -> Lag:
    """Return a measurement of one topic."""
    return Lag(at, "sensor", (TopicLag("openlineage.events", messages, 75.0 if messages else 0.0),))


def store(made: DeliveryRecord, key: str = KEY, *, waiting: Lag | None = None, owner: str = "", lanes: int = 1) -> None:
    """Store receipts."""
    ReceiptStore(key, owner, lanes).write(made, waiting or lag())


def store_state(key: str = KEY) -> None:
    """Store a checkpoint, a ledger with two edges, and one edge that is parked."""
    states = StateStore(key)
    states.write_state(StoredState({"openlineage.events": {"0": 41, "1": 7}}, RunState(), {}), None)
    job = "airflow-prod\x1fdwh_1.load_1"
    orders, mart, report = "pg.shop.public.orders", "pg.shop.mart.orders", "kafka.report"
    states.write_ledger(
        Ledger(
            edges={
                1: EdgeFact(1, 1.0, job, "table:1", "table:2", f"{orders} -> {mart}", "dwh_1"),
                2: EdgeFact(1, 1.0, job, "table:2", "topic:3", f"{mart} -> {report}", "dwh_1"),
            }
        )
    )
    source, target = DatasetId("postgres://dwh:5432", "raw.orders"), DatasetId("postgres://dwh:5432", "mart.orders")
    edge = Edge(source, target, JobId("airflow-prod", "dwh_1.load_1"), "product")
    item = Parked(
        "edge:1",
        "unresolved",
        f"{source.namespace} {source.name} -> {target.namespace} {target.name}",
        "postgres://dwh:5432 mart.orders: no service has this address",
        missing=(target,),
        edges=(edge,),
        first_seen=NOW - 7200,
        next_try=NOW + 60,
        tries=4,
    )
    states.write_parked({"edge:1": item})
