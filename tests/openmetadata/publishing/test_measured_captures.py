"""What captured events say of rows and tests lands with the right numbers, those of the code that ran."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from openmetadata_ol_provider.lineage.plan import LineagePlan
from openmetadata_ol_provider.lineage.translate import translate
from openmetadata_ol_provider.openlineage.decode import decode_event
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import FAST, columns, config, service
from tests.support import PACKAGED, captured

SETTINGS = config(write={"profile": True, "tests": "create"})
BUILD = "jaffle.postgres.public"


@pytest.fixture(params=["1.8.0", "1.10.0", "2.0.7"])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def plan_of(lines: list[bytes]) -> LineagePlan:
    events = [event for line in lines if (event := decode_event(line).event)]
    return translate(events, SETTINGS, final=True).plan


def published(lines: list[bytes], version: str, seed: Path | dict[str, Any]) -> Iterator[CatalogueServer]:
    plan = plan_of(lines)
    with (
        CatalogueServer(seed, version=version) as server,
        OpenMetadataClient(server.url, retries=FAST) as client,
    ):
        report = publish_plan(plan, client, SETTINGS).report
        assert report.failed == 0, report.problems
        yield server
        server.reset_requests()
        publish_plan(plan, client, SETTINGS)
        assert server.writes() == []


def operations(server: CatalogueServer, fqn: str) -> list[tuple[str, int]]:
    return [(row["operation"], row["rowsAffected"]) for row in server.profiles("system", fqn)]


def row_counts(server: CatalogueServer, fqn: str) -> list[float]:
    return [row["rowCount"] for row in server.profiles("table", fqn)]


def test_rows_that_spark_wrote(version: str) -> None:
    single = version != "1.8.0"
    write = "WRITE" if single else "INSERT"
    for server in published(captured("spark-1.53.0"), version, PACKAGED / "catalogue.json"):
        orders = "lakehouse.default.sales.orders"
        # The table is created with 100 rows, which Spark reports twice, and 37 are added; then files are rewritten.
        assert operations(server, orders) == [(write, 100), ("INSERT", 37)][: 1 + single]
        assert row_counts(server, orders) == [100]
        assert operations(server, "hive.default.ice.order_facts") == [(write, 63), (write, 133)]
        assert row_counts(server, "hive.default.ice.order_facts") == [63, 133]
        assert row_counts(server, "hive.default.default.status_counts") == [3]


def test_older_spark_counts_nothing_that_is_sure(version: str) -> None:
    for server in published(captured("spark-1.12.0"), version, PACKAGED / "catalogue.json"):
        assert not server.store.profiles


def test_rows_and_tests_of_dbt(version: str) -> None:
    single = version != "1.8.0"
    write = "WRITE" if single else "INSERT"
    for server in published(captured("dbt-postgres"), version, PACKAGED / "catalogue.json"):
        marts = "warehouse.shop.analytics_marts"
        assert operations(server, f"{marts}.big_orders") == [(write, 60), (write, 60)]
        assert row_counts(server, f"{marts}.customer_revenue") == [20, 20]
        assert operations(server, f"{marts}.orders_incremental") == [(write, 100)][: int(single)]
        assert row_counts(server, f"{marts}.orders_incremental") == []
        results = {fqn: [item["testCaseStatus"] for item in items] for fqn, items in server.test_results().items()}
        # The relationships test is of customer_revenue, but reported for the table that it refers to: it is left out.
        assert results == {
            f"{marts}.customer_revenue.no_negative_revenue": ["Success"],
            **{
                f"warehouse.shop.analytics_stg.stg_orders.{name}": ["Success"]
                for name in (
                    "order_id.not_null_stg_orders_order_id",
                    "order_id.unique_stg_orders_order_id",
                    "status.accepted_values_stg_orders_status__COMPLETE__CANCELLED",
                )
            },
            **{
                f"warehouse.shop.public.customers.customer_id.source_{kind}_shop_customers_customer_id": ["Success"]
                for kind in ("not_null", "unique")
            },
        }


def test_the_failed_test_of_a_dbt_build(version: str) -> None:
    lines = gzip.decompress((PACKAGED / "dbt-tests.ndjson.gz").read_bytes()).splitlines()
    for server in published(lines, version, PACKAGED / "catalogue.json"):
        results = {fqn: item for fqn, (item,) in server.test_results().items()}
        assert Counter(item["testCaseStatus"] for item in results.values()) == {"Success": 11, "Failed": 1}
        failed = results[f"{BUILD}.customers.first_name.accepted_values_customers_first_name__Jane"]
        assert (failed["testCaseStatus"], failed["result"]) == ("Failed", "expected: 0; actual: 78; severity: error")
        assert {(item["name"], item["entityType"]) for item in server.entities("testDefinition")} == {
            (f"dbt-column-{kind}", "COLUMN") for kind in ("accepted_values", "not_null", "relationships", "unique")
        }


def test_the_checks_of_airflow(version: str) -> None:
    for server in published(captured("airflow-scheduler"), version, PACKAGED / "catalogue.json"):
        results = {
            fqn: [(item["testCaseStatus"], item["result"]) for item in items]
            for fqn, items in server.test_results().items()
        }
        table = "warehouse.dwh.mart.order_facts.amount"
        assert results[f'{table}."amount.min"'] == [("Success", "expected: >=0; actual: 12.50; severity: error")] * 2
        assert results[f'{table}."amount.null_check"'] == [("Success", "expected: 0; actual: 0; severity: error")] * 2


def test_metrics_and_expectations_of_great_expectations(version: str) -> None:
    seed = {
        "databaseServices": [service("pg", "Postgres", hostPort="warehouse.acme.example:5432", database="dwh")],
        "tables": [
            {"fqn": "pg.dwh.mart.orders", "columns": columns("order_id", "amount", "country")},
            {"fqn": "pg.dwh.mart.customers", "columns": columns("email")},
        ],
    }
    for server in published(captured("great-expectations"), version, seed):
        assert row_counts(server, "pg.dwh.mart.orders") == [1204, 1207]
        amounts = server.profiles("column", "pg.dwh.mart.orders.amount")
        assert [(row["median"], row["distinctCount"], row["max"]) for row in amounts] == [(40.25, 977, 990.0)] * 2
        nulls = server.test_results()["pg.dwh.mart.orders.country.expect_column_values_to_not_be_null"]
        assert [item["testCaseStatus"] for item in nulls] == ["Failed", "Success"]
