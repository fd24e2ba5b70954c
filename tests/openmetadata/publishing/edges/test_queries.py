"""SQL as queries of its tables: each text once, used in all its tables, written once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from openmetadata_ol_provider.lineage.plan import DatasetId, JobId
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.edges.queries import QueryUse, QueryWriter, query_uses
from openmetadata_ol_provider.openmetadata.publishing.pipelines.request import MAX_SQL
from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution, Resolver
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import PG, SEED, TOKEN, config, dataset, edge, job, orders, totals

SQL = "INSERT INTO totals SELECT * FROM orders"


@pytest.fixture(params=["1.8.0", "1.12.0", "2.0.2"])
def server(request: pytest.FixtureRequest) -> Iterator[CatalogueServer]:
    with CatalogueServer(SEED, version=request.param, token=TOKEN) as catalogue:
        yield catalogue


@pytest.fixture
def writer(client: OpenMetadataClient) -> QueryWriter:
    return QueryWriter(client, dry_run=False)


def ids(server: CatalogueServer, *names: str) -> tuple[str, ...]:
    found = {item["fullyQualifiedName"]: item["id"] for item in server.entities("table")}
    return tuple(found[name] for name in names)


def used_in(server: CatalogueServer) -> list[str]:
    (query,) = server.entities("query")
    return sorted(item["fullyQualifiedName"] for item in query["queryUsedIn"])


def test_sql_becomes_a_query_of_its_tables(server: CatalogueServer, writer: QueryWriter) -> None:
    tables = ids(server, "pg.shop.public.orders", "pg.shop.public.totals")
    use = QueryUse(SQL, "pg", tables)
    assert writer.publish(use)
    (query,) = server.entities("query")
    assert (query["query"], query["processedLineage"]) == (SQL, True)
    assert query["fullyQualifiedName"] == use.fqn == f"pg.{query['name']}"
    assert used_in(server) == ["pg.shop.public.orders", "pg.shop.public.totals"]


def test_the_same_query_is_not_written_twice(server: CatalogueServer, writer: QueryWriter) -> None:
    use = QueryUse(SQL, "pg", ids(server, "pg.shop.public.orders"))
    writer.publish(use)
    server.reset_requests()
    assert not writer.publish(use)
    assert server.writes() == []


def test_more_tables_are_added_and_those_of_others_stay(
    server: CatalogueServer, client: OpenMetadataClient, writer: QueryWriter
) -> None:
    orders_id, totals_id, accounts = ids(
        server, "pg.shop.public.orders", "pg.shop.public.totals", "pg.shop.crm.accounts"
    )
    writer.publish(QueryUse(SQL, "pg", (orders_id,)))
    query = server.entities("query")[0]
    client.patch(f"v1/queries/{query['id']}", [{"op": "add", "path": "/description", "value": "a steward's"}])
    client.put(f"v1/queries/{query['id']}/usage", [{"id": accounts, "type": "table"}])
    assert writer.publish(QueryUse(SQL, "pg", (orders_id, totals_id)))
    assert used_in(server) == ["pg.shop.crm.accounts", "pg.shop.public.orders", "pg.shop.public.totals"]
    assert server.entities("query")[0]["description"] == "a steward's"


def test_a_text_that_is_there_under_another_service_stays_there(server: CatalogueServer, writer: QueryWriter) -> None:
    assert writer.publish(QueryUse(SQL, "pg", ids(server, "pg.shop.public.orders")))
    assert not writer.publish(QueryUse(SQL, "hive", ids(server, "hive.default.sales.orders")))
    assert used_in(server) == ["pg.shop.public.orders"]


def test_a_dry_run_only_reads(server: CatalogueServer, client: OpenMetadataClient) -> None:
    writer = QueryWriter(client, dry_run=True)
    assert writer.publish(QueryUse(SQL, "pg", ids(server, "pg.shop.public.orders")))
    assert server.writes() == []


def test_sql_without_tables_or_too_long_is_left_out(server: CatalogueServer, writer: QueryWriter) -> None:
    assert not writer.publish(QueryUse(SQL, "pg", ()))
    assert not writer.publish(QueryUse("x" * (MAX_SQL + 1), "pg", ids(server, "pg.shop.public.orders")))
    assert server.requests == []


def test_the_name_is_the_server_s_own_digest_of_the_text() -> None:
    assert QueryUse("select 1", "pg", ()).name == "95adb6e77a0884d9e50232cb8c5c969d"


def test_sql_of_edges_is_used_in_the_tables_at_both_ends(client: OpenMetadataClient) -> None:
    other = dataset(PG, "shop.crm.accounts")
    topic = dataset("kafka://b1:9092", "shop.orders", kind="topic")
    edges = [
        edge(orders(), totals()),
        edge(other, totals()),
        edge(topic, totals(), job=None),
        edge(orders(), other, job="etl.b"),
    ]
    jobs = {JobId("prod", "etl"): job(sql=SQL), JobId("prod", "etl.b"): job("etl.b", sql="x" * (MAX_SQL + 1))}
    resolutions = Resolver(client, config()).resolve_all([orders(), totals(), other, topic])
    (use,) = query_uses(edges, jobs, resolutions)
    entities = {resolutions[DatasetId(PG, item.name)].entity for item in (orders(), totals(), other)}
    assert (use.sql, use.service) == (SQL, "pg")
    assert set(use.tables) == {entity.id for entity in entities if entity}


def test_what_is_not_in_the_catalogue_uses_no_query() -> None:
    unresolved = {DatasetId(PG, item.name): Resolution("unresolved") for item in (orders(), totals())}
    assert query_uses([edge(orders(), totals())], {JobId("prod", "etl"): job(sql=SQL)}, unresolved) == []
