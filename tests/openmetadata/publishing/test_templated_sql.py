"""A job whose SQL has the date of its run changes nothing from run to run: neither requests nor versions."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.lineage.plan import LineagePlan
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import config, edge, job, orders, pair, plan, totals
from tests.openmetadata.histories import KeptHistory
from tests.openmetadata.people import catalogue

VERSIONS = pytest.mark.parametrize("version", ["1.8.0", "2.0.2"])
TEMPLATE = "INSERT INTO totals SELECT * FROM orders WHERE ds = '{}' AND kind = {}"


def load_of(day: str, kind: int = 1) -> LineagePlan:
    load = job("dag.load", task="load", pipeline="dag", sql=TEMPLATE.format(day, kind))
    moved = edge(orders(), totals(), pair(orders(), "id", "id"), job="dag.load")
    return plan(moved, datasets=(orders(), totals()), jobs=[job("dag"), load])


def stored(server: CatalogueServer) -> tuple[str, str]:
    [pipeline] = server.entities("pipeline")
    [details] = server.edges().values()
    return pipeline["tasks"][0]["taskSQL"], details["sqlQuery"]


@VERSIONS
def test_the_date_of_a_run_costs_no_request_and_no_version(version: str) -> None:
    history = KeptHistory()
    with catalogue(version=version) as (server, client):
        history.publish(load_of("2026-11-01"), client, config())
        [before] = server.entities("pipeline")
        server.reset_requests()
        for day in range(2, 11):
            history.publish(load_of(f"2026-11-{day:02}"), client, config())
        assert server.requests == []
        assert server.entities("pipeline") == [before]


@VERSIONS
@pytest.mark.parametrize("options", [{}, {"full_refresh": True}])
def test_any_other_change_is_published_with_the_dates_of_its_run(version: str, options: dict[str, Any]) -> None:
    history = KeptHistory()
    with catalogue(version=version) as (server, client):
        history.publish(load_of("2026-11-01"), client, config())
        assert history.publish(load_of("2026-11-02"), client, config(), **options).edges.unchanged == 1
        assert stored(server) == (TEMPLATE.format("2026-11-01", 1),) * 2
        assert history.publish(load_of("2026-11-03", kind=2), client, config(), **options).edges.published == 1
        assert stored(server) == (TEMPLATE.format("2026-11-03", 2),) * 2
