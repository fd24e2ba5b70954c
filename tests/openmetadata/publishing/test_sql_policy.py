"""``write.sql`` holds for what was planned or parked under another policy, too: nothing else reaches the catalogue."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from openmetadata_ol_provider.lineage.plan import LineagePlan, Transformation
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import PG, columns, config, dataset, edge, job, orders, pair, plan, totals
from tests.openmetadata.histories import KeptHistory

NOW = 1_770_000_000
SQL = "insert into t select 'secret' from s"
NEW = dataset(PG, "shop.public.new_table")
EXPRESSION = Transformation("DIRECT", "TRANSFORMATION", "id || 'secret'")
#: One edge whose datasets exist, with SQL of its own, and one that is parked.
PLAN = plan(
    msgspec.structs.replace(edge(orders(), totals(), pair(orders(), "id", "id", EXPRESSION)), sql=f"{SQL} where 1 = 2"),
    edge(orders(), NEW, pair(orders(), "id", "id", EXPRESSION)),
    datasets=(orders(), totals(), NEW),
    jobs=[job(sql=SQL), job("etl.load", task="load", pipeline="etl", sql=SQL)],
)
POLICIES = [("redacted", ("secret",)), ("never", ("secret", "insert", "||"))]


def publish(client: OpenMetadataClient, history: KeptHistory, what: LineagePlan, policy: str) -> Any:
    write = {"sql": policy, "queries": True}
    return history.publish(what, client, config(write=write), now=NOW)


def sent(server: CatalogueServer) -> str:
    return json.dumps(server.bodies, default=str)


def parked(history: KeptHistory) -> str:
    return msgspec.json.encode(dict(history.parking.items)).decode()


@pytest.mark.parametrize(("policy", "words"), POLICIES)
def test_sql_of_an_older_plan_is_neither_sent_nor_parked(
    client: OpenMetadataClient, server: CatalogueServer, policy: str, words: tuple[str, ...]
) -> None:
    history = KeptHistory()
    report = publish(client, history, PLAN, policy)
    assert (report.edges.published, report.parked) == (1, 1)
    assert "id" in sent(server)
    assert not [word for word in words if word in sent(server) + parked(history)]


@pytest.mark.parametrize(("policy", "words"), POLICIES)
def test_parked_sql_is_not_sent_once_its_dataset_exists(
    client: OpenMetadataClient, server: CatalogueServer, policy: str, words: tuple[str, ...]
) -> None:
    history = KeptHistory()
    publish(client, history, PLAN, "always")
    assert "secret" in sent(server)
    assert "secret" in parked(history)
    client.put("v1/tables", {"name": "new_table", "databaseSchema": "pg.shop.public", "columns": columns("id")})
    server.reset_requests()
    assert publish(client, history, LineagePlan(), policy).edges.published == 1
    assert "id" in sent(server)
    assert not [word for word in words if word in sent(server) + parked(history)]
