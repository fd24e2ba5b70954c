"""Numbers that are not those of the table stay out of its profile: impossible ones, and those of a part of it."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import PG
from tests.openmetadata.publishing.measured_events import (
    ORDERS,
    ORDERS_TABLE,
    START,
    TOTALS_TABLE,
    measured,
    plan,
    profiling,
    write_of,
)
from tests.support import dataset, run_event

PARTITIONS = {"type": "partition", "partitions": [{"dimensions": {"day": "2026-11-23"}}]}


@pytest.mark.parametrize("number", [-1, 2**63])
def test_what_cannot_be_a_count_is_left_out(server: CatalogueServer, client: OpenMetadataClient, number: int) -> None:
    columns = {"id": {"count": number, "nullCount": number, "distinctCount": 2, "min": -7, "sum": -9}}
    event = measured(rowCount=number, bytes=number, columnMetrics=columns)
    publish_plan(plan(event, write_of(5, change="OVERWRITE")), client, profiling())
    assert server.profiles("table", ORDERS_TABLE) == []
    (row,) = server.profiles("column", f"{ORDERS_TABLE}.id")
    assert row == {"name": "id", "timestamp": START, "distinctCount": 2, "min": -7, "sum": -9}


@pytest.mark.parametrize("number", [-1, 2**63])
def test_rows_and_bytes_that_a_run_cannot_have_written_are_left_out(
    server: CatalogueServer, client: OpenMetadataClient, number: int
) -> None:
    sized, counted = write_of(5, change="OVERWRITE"), write_of(number, seconds=9, change="OVERWRITE")
    sized["outputs"][0]["outputFacets"]["outputStatistics"]["size"] = number
    publish_plan(plan(sized, counted), client, profiling())
    assert server.profiles("table", TOTALS_TABLE) == [{"timestamp": START, "rowCount": 5}]
    assert [row["rowsAffected"] for row in server.profiles("system", TOTALS_TABLE)] == [5]


def part_by_facet() -> dict[str, Any]:
    return dataset(ORDERS, PG, dataQualityMetrics=METRICS, subset={"inputCondition": PARTITIONS})


def part_by_path(path: str) -> dict[str, Any]:
    table = {"identifiers": [{"namespace": PG, "name": ORDERS, "type": "TABLE"}]}
    return dataset(path, "s3://lake", symlinks=table, dataQualityMetrics=METRICS)


METRICS = {"rowCount": 3, "columnMetrics": {"id": {"nullCount": 1}}}
PARTS = [
    part_by_facet(),
    *map(part_by_path, ("orders/day=2026-11-23", "orders/2026-11-23", "orders/part-0001.parquet")),
]


@pytest.mark.parametrize("part", PARTS, ids=["subset", "hive partition", "date", "file"])
def test_metrics_of_a_part_are_not_those_of_the_table(
    server: CatalogueServer, client: OpenMetadataClient, part: dict[str, Any]
) -> None:
    publish_plan(plan(run_event("COMPLETE", inputs=[part])), client, profiling())
    assert server.profiles("table", ORDERS_TABLE) == []
    assert server.profiles("column", f"{ORDERS_TABLE}.id") == []


def test_metrics_of_the_directory_of_a_table_are_its_own(server: CatalogueServer, client: OpenMetadataClient) -> None:
    publish_plan(plan(run_event("COMPLETE", inputs=[part_by_path("lake/orders/")])), client, profiling())
    assert [row["rowCount"] for row in server.profiles("table", ORDERS_TABLE)] == [3]


def test_an_overwritten_part_is_rows_written_but_not_the_size_of_the_table(
    server: CatalogueServer, client: OpenMetadataClient
) -> None:
    event = write_of(9, change="OVERWRITE")
    event["outputs"][0]["outputFacets"]["subset"] = {"outputCondition": PARTITIONS}
    publish_plan(plan(event), client, profiling())
    assert [row["rowsAffected"] for row in server.profiles("system", TOTALS_TABLE)] == [9]
    assert server.profiles("table", TOTALS_TABLE) == []


def test_runs_that_end_at_the_same_time_with_the_same_number_of_rows_are_all_written(
    server: CatalogueServer, client: OpenMetadataClient
) -> None:
    events = [write_of(5, run_id=f"r{number}", job=f"j{number}") for number in range(3)]
    for _ in range(2):
        publish_plan(plan(*events), client, profiling())
    rows = server.profiles("system", TOTALS_TABLE)
    assert [(row["timestamp"] - START, row["rowsAffected"]) for row in rows] == [(0, 5), (1, 5), (2, 5)]
