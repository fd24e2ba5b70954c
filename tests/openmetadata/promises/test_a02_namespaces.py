"""Services and containers that namespaces and paths lead to; letter case."""

from __future__ import annotations

import pytest

from tests.openmetadata.promises.told import PG_SERVICE, container, service, table, told
from tests.support import Json, column_arrows, columns, dataset, plan_of, run_event

WORLD: Json = {
    "databaseServices": [
        PG_SERVICE,
        service("snow", "Snowflake", account="ORG-Acct"),
        service("trino", "Trino", hostPort="trino:8080"),
        service("mssql", "Mssql", hostPort="ms:1433"),
        service("synapse", "Synapse", hostPort="syn:1433"),
    ],
    "messagingServices": [service("events", "Kafka", bootstrapServers="Broker-1:9092,b2:9092")],
    "storageServices": [service("s3", "S3")],
    "tables": [
        table("pg.d.s.x"),
        table("snow.DB.S.ORDERS", "ID", "AMOUNT"),
        table("snow.DB.S.FACTS", "ID", "TOTAL"),
        table("trino.ice.s.orders", "id"),
        table("mssql.d.dbo.T"),
        table('pg.d."my.schema".t'),
        table("pg.my-db.s.t-1"),
    ],
    "topics": [{"name": "orders", "service": "events", "partitions": 1}],
    "containers": [
        container("lake", "s3://lake"),
        container("raw", "s3://lake/raw", "s3.lake"),
        container("orders", "s3://lake/raw/orders", "s3.lake.raw"),
    ],
}


def source(namespace: str, name: str, config: Json | None = None) -> str | None:
    """Return the FQN of the entity that a dataset is found to be."""
    event = run_event(inputs=[dataset(name, namespace)], outputs=["d.s.x"])
    found = told(WORLD, [event], config=config).arrows
    return found[0].partition(" -> ")[0] if found else None


@pytest.mark.promise("A25", "A35", "C38")
@pytest.mark.parametrize("brokers", ["b2:9092", "Broker-1:9092", "broker-1:9092,b2:9092", "b9:9092,b2:9092"])
def test_any_broker_of_a_list_leads_to_the_service(brokers: str) -> None:
    assert source(f"kafka://{brokers}", "orders") == "events.orders"
    assert source(brokers, "orders") == "events.orders"


@pytest.mark.promise("A26")
def test_a_wildcard_gives_many_buckets_to_a_service() -> None:
    rules = {"namespaces": [{"namespace": "s3://*", "service": "s3"}]}
    assert source("s3://lake", "raw/orders", rules) == "s3.lake.raw.orders"


@pytest.mark.promise("A30")
@pytest.mark.parametrize("account", ["org-acct", "ORG-ACCT.snowflakecomputing.com", "org_acct"])
def test_a_snowflake_account_is_found_in_every_form(account: str) -> None:
    assert source(f"snowflake://{account}", "DB.S.ORDERS") == "snow.DB.S.ORDERS"


@pytest.mark.promise("A36")
def test_an_unmapped_namespace_is_listed_with_the_line_to_write() -> None:
    event = run_event(inputs=[dataset("d.s.a", "airbyte-source")], outputs=["d.s.x"])
    (problem,) = told(WORLD, [event]).report.problems
    assert problem.kind == "unresolved"
    assert '{namespace: "airbyte-source", service: ' in problem.detail
    assert "<its service>" not in problem.detail


@pytest.mark.promise("A43", "A175")
@pytest.mark.parametrize(
    "path",
    ["raw/orders", "/raw/orders/", "raw/orders/eu/2026/11/x.csv", "raw/orders/dt=1/part-0.parquet", "raw/orders/a/b/c"],
)
def test_a_path_is_the_deepest_container_above_it(path: str) -> None:
    assert source("s3a://lake", path) == "s3.lake.raw.orders"


@pytest.mark.promise("A46", "C40")
def test_tables_are_found_in_any_letter_case_and_keep_the_stored_one() -> None:
    assert source("trino://trino:8080", "ICE.S.ORDERS") == "trino.ice.s.orders"
    assert source("snowflake://org-acct", "db.s.orders") == "snow.DB.S.ORDERS"


@pytest.mark.promise("A54")
def test_letter_case_can_be_made_to_count() -> None:
    exact = {"datasets": {"case": "exact"}}
    assert source("trino://trino:8080", "ICE.S.ORDERS", exact) is None
    assert source("trino://trino:8080", "ice.s.orders", exact) == "trino.ice.s.orders"


@pytest.mark.promise("A47", "A157", "C40")
def test_columns_are_spelled_as_they_are_stored() -> None:
    snow = "snowflake://org-acct"
    sources = [{"namespace": snow, "name": "db.s.orders", "field": "amount"}]
    target = dataset("db.s.facts", snow, columnLineage={"fields": {"total": {"inputFields": sources}}})
    result = told(WORLD, [run_event(inputs=[dataset("db.s.orders", snow)], outputs=[target])])
    assert result.columns("snow.DB.S.ORDERS -> snow.DB.S.FACTS") == {("AMOUNT", "TOTAL")}


@pytest.mark.promise("A49", "A50", "A51")
@pytest.mark.parametrize(
    ("name", "fqn"),
    [
        ('d."my.schema".t', 'pg.d."my.schema".t'),
        ("d.my.schema.t", 'pg.d."my.schema".t'),
        ("my-db.s.t-1", "pg.my-db.s.t-1"),
        ("`my-db`.s.`t-1`", "pg.my-db.s.t-1"),
    ],
)
def test_names_with_dots_and_hyphens_are_found(name: str, fqn: str) -> None:
    assert source("postgres://db:5432", name) == fqn


@pytest.mark.promise("C34")
@pytest.mark.parametrize("name", ["d.dbo.T", "[d].[dbo].[T]"])
def test_a_sql_server_is_no_synapse(name: str) -> None:
    assert source("sqlserver://ms:1433", name) == "mssql.d.dbo.T"
    assert source("mssql://ms", name) == "mssql.d.dbo.T"


@pytest.mark.promise("C33")
def test_without_any_configuration_services_are_found_by_their_address() -> None:
    event = run_event(inputs=[dataset("orders", "kafka://b2:9092")], outputs=["d.s.x"])
    assert told(WORLD, [event]).arrows == ["events.orders -> pg.d.s.x"]


@pytest.mark.promise("C35")
def test_a_host_that_begins_like_another_is_another() -> None:
    rules = {"namespaces": [{"namespace": "mysql://host-a1", "service": "pg"}]}
    assert source("mysql://host-a10:3306", "d.s.x", rules) is None


@pytest.mark.promise("C36")
def test_a_file_is_a_container_and_never_a_table() -> None:
    assert source("s3://lake", "raw/orders/file.parquet") == "s3.lake.raw.orders"
    assert source("s3://lake", "elsewhere/file.parquet") is None


@pytest.mark.promise("C45")
def test_a_source_that_no_entity_is_found_for_leaves_columns_of_others() -> None:
    event = run_event(inputs=["d.s.none"], outputs=[dataset("d.s.x", columnLineage=columns(id=[("d.s.none", "a")]))])
    assert column_arrows(plan_of(event).edges) == ["d.s.none.a -> d.s.x.id"]
    assert told(WORLD, [event]).arrows == []
