"""Pipelines as nodes of lineage: only when asked for, and only while a job's other side is not known."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.lineage.plan import JobId, LineagePlan, OneSided
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import config, edge, job, orders, plan, totals
from tests.openmetadata.histories import KeptHistory
from tests.support import plan_of, run_event

ETL = JobId("prod", "etl")
PIPELINE = "openlineage.prod:etl"
READS = LineagePlan(jobs=(job(),), datasets=(orders(),), one_sided=(OneSided(ETL, reads=(orders().id,)),))
WRITES = LineagePlan(jobs=(job(),), datasets=(totals(),), one_sided=(OneSided(ETL, writes=(totals().id,)),))
BOTH = plan(edge(orders(), totals()), datasets=(orders(), totals()))
ON = {"pipeline_nodes": True}


def publish(client: OpenMetadataClient, what: LineagePlan, history: KeptHistory | None = None, **rules: Any) -> Any:
    return (history or KeptHistory()).publish(what, client, config(lineage=rules))


def test_nothing_is_drawn_of_one_side_unless_asked_for(client: OpenMetadataClient, server: CatalogueServer) -> None:
    publish(client, READS)
    assert server.edges() == {}


@pytest.mark.promise("A136")
@pytest.mark.parametrize(
    ("what", "ends"),
    [(READS, ("pg.shop.public.orders", PIPELINE)), (WRITES, (PIPELINE, "pg.shop.public.totals"))],
    ids=["reads only", "writes only"],
)
def test_one_side_is_an_edge_with_the_pipeline(
    what: LineagePlan, ends: tuple[str, str], client: OpenMetadataClient, server: CatalogueServer
) -> None:
    history = KeptHistory()
    assert publish(client, what, history, **ON).edges.published == 1
    assert server.edges().keys() == {ends}
    server.reset_requests()
    publish(client, what, history, **ON)
    assert server.requests == []
    publish(client, what, **ON)
    assert server.writes() == []


@pytest.mark.promise("A136")
@pytest.mark.parametrize("first", [READS, WRITES], ids=["reads first", "writes first"])
def test_it_goes_when_the_other_side_is_known(
    first: LineagePlan, client: OpenMetadataClient, server: CatalogueServer
) -> None:
    publish(client, first, **ON)
    publish(client, BOTH, **ON)
    assert server.edges().keys() == {("pg.shop.public.orders", "pg.shop.public.totals")}


def test_it_stays_if_somebody_has_changed_it(client: OpenMetadataClient, server: CatalogueServer) -> None:
    publish(client, READS, **ON)
    (ends,) = server.edges()
    ids = [entity["id"] for kind in ("table", "pipeline") for entity in server.entities(kind)
           if entity["fullyQualifiedName"] in ends]  # fmt: skip
    operations = [{"op": "add", "path": "/sqlQuery", "value": "SELECT by hand"}]
    headers = {"X-Sandbox-User": "ada", "Content-Type": "application/json-patch+json"}
    client.request("PATCH", f"v1/lineage/table/{ids[0]}/pipeline/{ids[1]}", json=operations, headers=headers)
    publish(client, BOTH, **ON)
    assert server.edges()[ends]["sqlQuery"] == "SELECT by hand"


def test_an_edge_that_somebody_else_drew_to_the_pipeline_stays(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    publish(client, BOTH, **ON)
    table = next(table for table in server.entities("table") if table["fullyQualifiedName"] == "pg.shop.public.orders")
    (pipeline,) = server.entities("pipeline")
    ends = {
        "fromEntity": {"id": table["id"], "type": "table"},
        "toEntity": {"id": pipeline["id"], "type": "pipeline"},
    }
    client.put("v1/lineage", {"edge": {**ends, "lineageDetails": {"source": "Manual"}}})
    publish(client, BOTH, **ON)
    assert ("pg.shop.public.orders", PIPELINE) in server.edges()


def test_a_pipeline_that_waits_for_another_follows_it(client: OpenMetadataClient, server: CatalogueServer) -> None:
    first, second = job("first"), job("second", upstream=(JobId("prod", "first"),))
    publish(client, LineagePlan(jobs=(first, second)), **ON)
    assert server.edges().keys() == {("openlineage.prod:first", "openlineage.prod:second")}


def test_tasks_of_one_pipeline_do_not_make_it_follow_itself(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    a = job("etl.a", task="a", pipeline="etl")
    b = job("etl.b", task="b", pipeline="etl", upstream=(JobId("prod", "etl.a"),))
    publish(client, LineagePlan(jobs=(job(), a, b)), **ON)
    assert server.edges() == {}


def test_the_plan_tells_jobs_of_which_one_side_is_known() -> None:
    one, two = run_event(job="one", inputs=["a", "b"]), run_event(job="two", run_id="2", outputs=["c"])
    both = run_event(job="both", run_id="3", inputs=["a"], outputs=["c"])
    found = {
        (item.job.name, *(id_.name for id_ in (*item.reads, *item.writes)))
        for item in plan_of(one, two, both).one_sided
    }
    assert found == {("one", "a", "b"), ("two", "c")}


def test_a_job_whose_sides_come_in_two_runs_is_not_one_sided() -> None:
    assert plan_of(run_event(inputs=["a"]), run_event(run_id="2", outputs=["c"])).one_sided == ()


def test_a_failed_run_says_nothing_of_sides() -> None:
    assert plan_of(run_event("FAIL", inputs=["a"])).one_sided == ()
