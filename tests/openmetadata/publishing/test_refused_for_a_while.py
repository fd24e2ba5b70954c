"""Whatever the catalogue refuses for a while is written by a later publication, as if it had never been refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from openmetadata_ol_provider.lineage.plan import JobId, LineagePlan, OneSided, Tag
from openmetadata_ol_provider.openlineage.serialization import pack, unpack
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.core.parked import Parked
from openmetadata_ol_provider.openmetadata.publishing.core.parked_items import ParkedItems
from openmetadata_ol_provider.openmetadata.publishing.core.parking import Parking
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import config, edge, job, orders, plan, run, totals
from tests.openmetadata.histories import KeptHistory

ETL = JobId("prod", "etl")
PIPELINE = "openlineage.prod:etl"
BOTH = plan(edge(orders(), totals()), datasets=(orders(), totals()), jobs=[job(sql="select 1")])
READS = LineagePlan(jobs=(job(),), datasets=(orders(),), one_sided=(OneSided(ETL, reads=(orders().id,)),))
TODAY = dt.datetime.now(dt.timezone.utc).date().isoformat()


def runs(*numbers: int, new: bool = True) -> LineagePlan:
    """Return a plan of runs of today, each a run of its own of a pipeline without tasks."""
    at = [f"{TODAY}T00:{number:02d}:00Z" for number in numbers]
    return plan(
        jobs=[job()],
        runs=[run("COMPLETE", started=time, pipeline_started_at=time, pipeline_run_id=time, new=new) for time in at],
    )


@pytest.fixture
def publish(client: OpenMetadataClient) -> Callable[..., Any]:
    """Return ``publish(plan)``: publications that share one history, which is stored in between."""
    history = KeptHistory()
    rules = config(write={"queries": True, "max_failure_ratio": 1.0}, lineage={"pipeline_nodes": True})

    def once(what: LineagePlan = LineagePlan()) -> Any:  # noqa: B008 - a frozen value
        history.replace(parking=Parking(ParkedItems(unpack(pack(dict(history.parking.items)), dict[str, Parked]))))
        return history.publish(what, client, rules)

    return once


def counts(server: CatalogueServer) -> dict[str, int]:
    (found,) = server.store.usage.values() or ({},)
    return found


def nothing_is_left(server: CatalogueServer, publish: Callable[..., Any]) -> None:
    server.reset_requests()
    assert publish().parked == 0
    assert server.requests == []


def test_a_query(server: CatalogueServer, publish: Callable[..., Any]) -> None:
    server.fail("PUT", "v1/queries$", 400)
    first = publish(BOTH)
    assert (first.edges.published, first.queries.failed, first.parked) == (1, 1, 1)
    assert publish().queries.published == 1
    (query,) = server.entities("query")
    assert query["query"] == "select 1"
    nothing_is_left(server, publish)


def test_an_edge_with_a_pipeline_at_one_end(server: CatalogueServer, publish: Callable[..., Any]) -> None:
    server.fail("PUT", "v1/lineage$", 400)
    assert publish(READS).parked == 1
    assert server.edges() == {}
    publish()
    assert server.edges().keys() == {("pg.shop.public.orders", PIPELINE)}
    nothing_is_left(server, publish)


def test_such_an_edge_of_a_pipeline_that_is_refused(server: CatalogueServer, publish: Callable[..., Any]) -> None:
    server.fail("POST", "v1/pipelines$", 400)
    assert publish(READS).parked == 1
    publish()
    assert server.edges().keys() == {("pg.shop.public.orders", PIPELINE)}
    nothing_is_left(server, publish)


@pytest.mark.parametrize("refused", [0, 1], ids=["the first", "the second"])
def test_an_edge_between_two_pipelines_of_which_one_is_refused(
    refused: int, server: CatalogueServer, publish: Callable[..., Any]
) -> None:
    first, second = job("first"), job("second", upstream=(JobId("prod", "first"),))
    server.fail("POST", "v1/pipelines$", None, times=refused)
    server.fail("POST", "v1/pipelines$", 400)
    publish(LineagePlan(jobs=(first, second)))
    assert server.edges() == {}
    publish()
    assert server.edges().keys() == {("openlineage.prod:first", "openlineage.prod:second")}
    nothing_is_left(server, publish)


def test_an_edge_with_a_pipeline_is_not_drawn_any_more_once_the_other_side_is_known(
    server: CatalogueServer, publish: Callable[..., Any]
) -> None:
    server.fail("PUT", "v1/lineage$", 400)
    publish(READS)
    publish(BOTH)
    assert server.edges().keys() == {("pg.shop.public.orders", "pg.shop.public.totals")}
    nothing_is_left(server, publish)


def test_that_such_an_edge_is_taken_back(server: CatalogueServer, publish: Callable[..., Any]) -> None:
    publish(READS)
    server.fail("DELETE", "v1/lineage", 400)
    assert publish(BOTH).parked == 1
    assert len(server.edges()) == 2
    publish()
    assert server.edges().keys() == {("pg.shop.public.orders", "pg.shop.public.totals")}
    nothing_is_left(server, publish)


@pytest.mark.parametrize("path", ["usage/pipeline/", "percentile"])
def test_a_count_of_runs_and_its_ranks(path: str, server: CatalogueServer, publish: Callable[..., Any]) -> None:
    publish(runs(1, 2))
    server.fail("POST", path, 400)
    assert publish(runs(3)).parked == 1
    server.reset_requests()
    publish()
    assert counts(server) == {TODAY: 3}
    assert [write.path for write in server.writes()][-1].endswith(f"compute.percentile/pipeline/{TODAY}")
    nothing_is_left(server, publish)


def test_counts_of_runs_that_were_refused_one_after_the_other(
    server: CatalogueServer, publish: Callable[..., Any]
) -> None:
    server.fail("POST", "usage/pipeline/", 400, times=5)
    for number in range(1, 6):
        publish(runs(number))
    publish(runs(5, new=False))
    publish()
    assert counts(server) == {TODAY: 5}
    nothing_is_left(server, publish)


def test_a_part_of_a_pipeline_does_not_count_its_runs_twice(
    server: CatalogueServer, client: OpenMetadataClient
) -> None:
    tagged = msgspec.structs.replace(runs(1), jobs=(job(tags=(Tag("gold"),)),))
    history = KeptHistory()
    rules = config(write={"max_failure_ratio": 1.0, "create_tags": True})
    server.fail("PUT", "v1/tags$", 500, times=4)
    assert history.publish(tagged, client, rules).parked == 1
    # Whatever the ledger holds.
    history.replace(ledger=history.ledger.invalidated())
    history.publish(LineagePlan(), client, rules)
    assert counts(server) == {TODAY: 1}
    (pipeline,) = server.entities("pipeline")
    assert [tag["tagFQN"] for tag in pipeline["tags"]] == ["OpenLineage.gold"]


def test_an_edge_that_is_parked_for_two_reasons_is_one_edge(
    server: CatalogueServer, publish: Callable[..., Any]
) -> None:
    unknown = msgspec.structs.replace(totals(), name="shop.public.unknown", identities=())
    server.fail("POST", "v1/pipelines$", 400)
    first = publish(plan(edge(orders(), unknown), datasets=(orders(), unknown), jobs=[job()]))
    assert first.parked == 2
    assert publish().parked == 1
    assert publish().parked == 1
