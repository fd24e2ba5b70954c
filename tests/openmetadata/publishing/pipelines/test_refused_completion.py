"""A pipeline that cannot be completed costs what it lacks, but neither the edges that name it nor its statuses."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import FAST, SEED, TOKEN, config, edge, job, orders, pair, plan, run, totals
from tests.openmetadata.histories import KeptHistory

ENDS = ("pg.shop.public.orders", "pg.shop.public.totals")
ETL = "openlineage.prod:etl"
TEXT = 'It\'s a "text".'
VERSIONS = pytest.mark.parametrize("version", ["1.8.0", "1.13.0", "2.0.2", "2.1.0"])


def pipeline(server: CatalogueServer) -> dict[str, object]:
    [found] = server.entities("pipeline")
    return found


@pytest.mark.parametrize("status", [403, 500])
@VERSIONS
def test_a_description_that_cannot_be_corrected_costs_itself(version: str, status: int) -> None:
    what = plan(
        edge(orders(), totals(), pair(orders(), "id", "id")),
        datasets=(orders(), totals()),
        jobs=(job(description=TEXT),),
        runs=(run("COMPLETE"),),
    )
    history = KeptHistory()
    with (
        CatalogueServer(SEED, version=version, token=TOKEN) as server,
        OpenMetadataClient(server.url, TOKEN, retries=FAST) as client,
    ):
        server.fail("PATCH", "v1/pipelines", status, times=1000)
        report = history.publish(what, client, config())
        assert (report.pipelines.created, report.failure_ratio) == (1, 0)
        assert server.edges()[ENDS]["pipeline"]["id"] == pipeline(server)["id"]
        assert [one["executionStatus"] for one in server.statuses(ETL)] == ["Successful"]
        server.reset_requests()
        history.publish(what, client, config())
        assert [request for request in server.writes() if request.status < 300] == []
        server.clear_faults()
        server.reset_requests()
        last = history.publish(what, client, config(), now=history.all_due_at)
        assert (last.parked, pipeline(server)["description"]) == (0, TEXT)
        assert {request.method for request in server.writes()} <= {"PATCH"}


@pytest.mark.parametrize("status", [403, 500])
@VERSIONS
def test_a_task_that_cannot_be_added_costs_itself_and_is_made_up_for(version: str, status: int) -> None:
    load = job("etl.load", task="load", pipeline="etl")
    what = plan(
        edge(orders(), totals(), pair(orders(), "id", "id"), job="etl.load"),
        datasets=(orders(), totals()),
        jobs=(job(), load),
        runs=(run("COMPLETE"), run("COMPLETE", task="load")),
    )
    history = KeptHistory()
    with (
        CatalogueServer(SEED, version=version, token=TOKEN) as server,
        OpenMetadataClient(server.url, TOKEN, retries=FAST) as client,
    ):
        history.publish(plan(jobs=(job(),)), client, config())
        server.fail("PATCH", "v1/pipelines", status, times=1000)
        report = history.publish(what, client, config())
        assert (report.pipelines.failed, report.edges.published) == (1, 1)
        assert [problem.kind for problem in report.problems] == ["failed", "unknown_task"]
        details = server.edges()[ENDS]
        assert details["pipeline"]["id"] == pipeline(server)["id"]
        assert [one["executionStatus"] for one in server.statuses(ETL)] == ["Successful"]
        server.clear_faults()
        last = history.publish(what, client, config(), now=history.all_due_at)
        assert (last.parked, last.failed) == (0, 0)
        [status_of_run] = server.statuses(ETL)
        assert [task["name"] for task in status_of_run["taskStatus"]] == ["load"]
        assert server.edges()[ENDS]["createdAt"] == details["createdAt"]
        server.reset_requests()
        history.publish(what, client, config())
        assert server.writes() == []
