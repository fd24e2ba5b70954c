"""Captured runs show on the tables that they wrote, however their events are cut into batches."""

from __future__ import annotations

import json
from typing import Any

import pytest

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.lineage.translate import translate
from openmetadata_ol_provider.openlineage.decode import decode_event
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.histories import KeptHistory
from tests.support import BASE, PACKAGED, captured

Rows = dict[tuple[str, str], dict[str, Any]]


def shown(name: str, size: int) -> tuple[Rows, int]:
    """Publish a capture in batches, twice; return all rows, and the number of rows written the second time."""
    events = [event for line in captured(name) if (event := decode_event(line).event) is not None]
    seed = json.loads((PACKAGED / "catalogue.json").read_text(encoding="utf-8"))
    with CatalogueServer(seed) as server, OpenMetadataClient(server.url) as client:
        for _ in range(2):
            kept, state, written = KeptHistory(), None, 0
            for start in range(0, len(events), size):
                translated = translate(events[start : start + size], Config(), state, now=BASE)
                state = translated.state
                written += kept.publish(translated.plan, client, Config()).observability.published
        rows = {
            (table["fullyQualifiedName"], row["pipeline"]["name"]): {**row, "pipeline": ""}
            for table in server.entities("table")
            for row in server.observability(table["fullyQualifiedName"])
        }
        return rows, written


@pytest.mark.parametrize("name", ["airflow-scheduler", "dbt-postgres", "spark-1.12.0", "spark-1.53.0"])
def test_batches_of_any_size_end_in_the_same_rows(name: str) -> None:
    (whole, again), (cut, cut_again) = shown(name, 10_000), shown(name, 7)
    assert whole
    assert (again, cut_again) == (0, 0)
    assert cut == whole


def test_the_runs_of_airflow_show_how_they_went() -> None:
    rows, _ = shown("airflow-scheduler", 25)
    statuses = {key: row["lastRunStatus"] for key, row in rows.items()}
    facts = "warehouse.dwh.mart.order_facts"
    assert statuses[facts, "prod.airflow:shop_dwh"] == "Successful"
    assert statuses[facts, "prod.airflow:shop_broken"] == "Failed"
    mart = rows[facts, "prod.airflow:shop_dwh"]
    assert (mart["startTime"], mart["endTime"]) == (1795391130518, 1795391158134)


def test_a_model_that_failed_shows_as_failed() -> None:
    rows, _ = shown("dbt-postgres", 9)
    assert rows["warehouse.shop.analytics_marts.broken", "prod.dbt:dbt-run-shop_dbt"]["lastRunStatus"] == "Failed"
    assert rows["warehouse.shop.analytics_stg.stg_orders", "prod.dbt:dbt-run-shop_dbt"]["lastRunStatus"] == "Successful"
