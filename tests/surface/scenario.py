"""Six situations whose stored state is pinned: their events, and the operators that take these through the sandbox."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest

from openmetadata_ol_provider.sandbox.broker import KafkaBroker
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.operators.steps_support import (
    DAG_ID,
    PARTITIONS,
    SEED,
    TOPIC,
    Sender,
    consume,
    publish,
    run_event,
    translate,
)
from tests.support import captured

KEY = f"openmetadata_ol.{DAG_ID}.{TOPIC}"
TOKEN = "test-token"
#: No limit of time may make a golden file expire: what is pinned is how it is read, whenever that is.
OPTIONS = {"OPEN_RUN_TTL": "10000000000", "CLOSED_RUN_TTL": "10000000000"}
CONFIG: dict[str, Any] = {
    "lineage": {"pipeline_nodes": True},
    "ledger": {"trust_hours": 10_000_000},
    "parking": {"max_days": 1_000_000},
    "write": {"max_failure_ratio": 1},
}
#: A dataset that exists between two jobs only.
BETWEEN = {"namespace": "inmemory://", "name": "staged_customers"}
NEW = "shop.analytics_stg.stg_new"


# -- events ------------------------------------------------------------------------------------------------------------


def _through_memory(run_id: str, minute: int, *, writes: bool) -> bytes:
    event = json.loads(run_event(run_id, minute=minute, job=f"memory.{run_id}"))
    event["outputs" if writes else "inputs"] = [BETWEEN]
    return json.dumps(event).encode()


def first_half() -> list[bytes]:
    """Return events that leave open runs, ended runs, other names, declarations and a temporary dataset behind."""
    return [
        *captured("dbt-postgres")[:22],
        *captured("spark-1.12.0")[:122],
        *captured("static")[:14],
        _through_memory("stage", 1, writes=True),
    ]


def second_half() -> list[bytes]:
    """Return the events that only make sense together with the first half."""
    return [
        *captured("dbt-postgres")[22:],
        *captured("spark-1.12.0")[122:],
        *captured("static")[14:],
        _through_memory("load", 2, writes=False),
    ]


def to_park(day: str) -> list[bytes]:
    """Return events of which each makes something that the catalogue does not take: see :data:`REFUSALS`.

    :param day: day of the run that is counted, ISO 8601; the catalogue is sent no counts that are older than a month
    """
    described = json.loads(run_event("described", job="park.described", outputs=["shop.analytics_stg.stg_orders"]))
    described["outputs"][0]["facets"] = {"documentation": {"description": "Staged orders."}}
    return [
        run_event("unresolved", job="park.unresolved", outputs=[NEW]),
        run_event("first", job="park.first", outputs=["shop.analytics_marts.big_orders"]),
        run_event("second", job="park.second", outputs=["shop.analytics_marts.customer_revenue"]),
        run_event("reads", job="park.reads", outputs=()),
        json.dumps(described).encode(),
        on_day(day, run_event("counted", job="park.counted", outputs=["shop.snapshots.customers_snapshot"])),
    ]


#: Requests that are refused: method, path, how often. One job's pipeline is refused, and one pipeline's status.
REFUSALS = [
    ("PUT", "v1/pipelines$", 1),
    ("PUT", "/status", 1),
    ("PUT", "v1/lineage$", 100),
    ("POST", "usage/pipeline/", 100),
    ("PATCH", "v1/tables", 100),
]


def on_day(day: str, event: bytes) -> bytes:
    """Return an event that happened on another day.

    :param day: ISO 8601
    """
    document = json.loads(event)
    return json.dumps({**document, "eventTime": day + document["eventTime"][10:]}).encode()


def narrower(number: int) -> bytes:
    """Return a run of a job that writes two tables the first time, and from then on only one of them."""
    outputs = ["shop.analytics_stg.stg_customers", *(["shop.analytics_stg.stg_orders"] if number == 0 else [])]
    return run_event(f"narrower-{number}", minute=number, job="nightly.narrower", outputs=outputs)


def runs(event_type: str, minute: int) -> list[bytes]:
    """Return an event of each of eight runs, which lie in all partitions."""
    return [run_event(f"run-{number}", event_type, minute=minute, job=f"lanes.{number}") for number in range(8)]


# -- the sandbox -------------------------------------------------------------------------------------------------------


class World(NamedTuple):
    """A broker and a catalogue to which Airflow's default connections lead, and a producer."""

    broker: KafkaBroker
    catalogue: CatalogueServer
    send: Sender


@contextmanager
def world() -> Iterator[World]:
    """Start a broker and a catalogue, without any Variables."""
    with (
        pytest.MonkeyPatch.context() as patch,
        KafkaBroker({TOPIC: PARTITIONS}) as broker,
        CatalogueServer(seed=SEED, token=TOKEN) as catalogue,
    ):
        kafka = {"conn_type": "kafka", "extra": {"bootstrap.servers": broker.bootstrap, "group.id": "tests"}}
        openmetadata = {"conn_type": "openmetadata", "host": catalogue.url, "password": TOKEN}
        patch.setenv("AIRFLOW_CONN_KAFKA_DEFAULT", json.dumps(kafka))
        patch.setenv("AIRFLOW_CONN_OPENMETADATA_DEFAULT", json.dumps(openmetadata))
        for name, value in OPTIONS.items():
            patch.setenv(f"AIRFLOW__OPENMETADATA_OL__{name}", value)
        write_variables({})
        yield World(broker, catalogue, Sender(broker.bootstrap))


def call(here: World, method: str, path: str, body: Any, kind: str = "application/json") -> None:
    """Do what somebody else does in the catalogue.

    :param path: behind ``api/v1/``
    :param kind: content type
    """
    import requests

    url, headers = f"{here.catalogue.url}/api/v1/{path}", {"Authorization": f"Bearer {TOKEN}", "Content-Type": kind}
    requests.request(method, url, data=json.dumps(body), headers=headers, timeout=10).raise_for_status()


def work(**lane: Any) -> tuple[Any, Any, Any]:
    """Execute the three tasks of one DAG run and return what each has handed on: batch, plan, report."""
    batch = consume(**lane)
    plan = translate(batch, config=CONFIG)
    return batch, plan, publish(plan, config=CONFIG)


# -- Variables ---------------------------------------------------------------------------------------------------------


def read_variables() -> dict[str, str]:
    """Return the texts of all Variables of the state, by what their keys have behind :data:`KEY`."""
    from airflow.models.variable import Variable
    from airflow.utils.session import create_session

    with create_session() as session:
        texts = {variable.key: variable.get_val() for variable in session.query(Variable)}
    return {key.removeprefix(KEY): text for key, text in sorted(texts.items()) if key.startswith(KEY)}


def write_variables(texts: Mapping[str, str]) -> None:
    """Write the Variables of the state in place of all that there are."""
    from airflow.models.variable import Variable
    from airflow.utils.session import create_session

    with create_session() as session:
        session.query(Variable).delete()
    for suffix, text in texts.items():
        Variable.set(f"{KEY}{suffix}", text)
