"""Edges that exist are patched and keep their age; what another has deleted or changed meanwhile costs them nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from openmetadata_ol_provider.lineage.plan import LineagePlan
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.client.document import Document
from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import FAST, TOKEN, config, edge, job, orders, pair, plan, totals
from tests.openmetadata.people import catalogue

ENDS = ("pg.shop.public.orders", "pg.shop.public.totals")
VERSIONS = pytest.mark.parametrize("version", ["1.8.0", "1.13.0", "2.0.2", "2.1.0"])
BOTH = "Written by OpenLineage jobs: openlineage.prod:etl; theirs.sync"
ID, AMOUNT = pair(orders(), "id", "id"), pair(orders(), "amount", "total")


def moving(*pairs: Any, by: str | None = "etl") -> LineagePlan:
    return plan(edge(orders(), totals(), *pairs, job=by), datasets=(orders(), totals()), jobs=[job(by or "etl")])


def publish(client: OpenMetadataClient, made: LineagePlan) -> PublishReport:
    return publish_plan(made, client, config()).report


def details(server: CatalogueServer) -> dict[str, Any]:
    return server.edges()[ENDS]


def targets(server: CatalogueServer) -> set[str]:
    return {entry["toColumn"].rpartition(".")[2] for entry in details(server).get("columnsLineage") or ()}


def edge_writes(server: CatalogueServer) -> list[str]:
    return [request.method for request in server.writes() if "/lineage" in request.path]


def store(client: OpenMetadataClient, **lineage_details: Any) -> None:
    """Put an edge between the two tables as somebody else."""
    ends = [client.get(f"v1/tables/name/{fqn}") or {} for fqn in ENDS]
    source, target = ({"id": end["id"], "type": "table"} for end in ends)
    client.put("v1/lineage", {"edge": {"fromEntity": source, "toEntity": target, "lineageDetails": lineage_details}})


def theirs(client: OpenMetadataClient) -> dict[str, str]:
    """Create a pipeline of somebody else, and return a reference to it."""
    client.put("v1/services/pipelineServices", {"name": "theirs", "serviceType": "Fivetran"})
    made = client.put("v1/pipelines", {"name": "sync", "service": "theirs"})
    return {"id": made["id"], "type": "pipeline"}


class Overtaken(OpenMetadataClient):
    """Is overtaken right before its first patch of an edge."""

    def __init__(self, url: str, overtake: Callable[[], object]) -> None:
        super().__init__(url, TOKEN, retries=FAST)
        self.overtake: Callable[[], object] | None = overtake

    def request(self, method: str, path: str, **options: Any) -> Document | None:
        if method == "PATCH" and path.startswith("v1/lineage") and self.overtake is not None:
            overtake, self.overtake = self.overtake, None
            overtake()
        return super().request(method, path, **options)


@pytest.mark.promise("C83")
@VERSIONS
def test_an_edge_that_changes_is_patched_and_stays_as_old_as_it_is(version: str) -> None:
    with catalogue(version=version) as (server, client):
        publish(client, moving(ID))
        created = details(server)["createdAt"]
        server.reset_requests()
        assert publish(client, moving(ID, AMOUNT)).edges.published == 1
        assert (edge_writes(server), details(server)["createdAt"]) == (["PATCH"], created)
        assert targets(server) == {"id", "total"}
        server.reset_requests()
        assert publish(client, moving(ID, AMOUNT)).edges.unchanged == 1
        assert server.writes() == []


@VERSIONS
def test_an_edge_whose_pipeline_changes_is_put(version: str) -> None:
    with catalogue(version=version) as (server, client):
        publish(client, moving(ID))
        server.reset_requests()
        publish(client, moving(AMOUNT, by="other"))
        assert edge_writes(server) == ["PUT"]
        assert details(server)["pipeline"]["fullyQualifiedName"] == "openlineage.prod:other"
        assert targets(server) == {"id", "total"}


@pytest.mark.promise("C81")
@VERSIONS
def test_a_change_between_read_and_patch_survives_and_our_columns_follow(version: str) -> None:
    with catalogue(version=version) as (server, client):
        publish(client, moving(ID))
        ends = [client.get(f"v1/tables/name/{fqn}") or {} for fqn in ENDS]
        url = f"v1/lineage/table/{ends[0]['id']}/table/{ends[1]['id']}"

        def by_steward() -> None:
            client.patch(url, [{"op": "add", "path": "/description", "value": "By hand"}])

        with Overtaken(server.url, by_steward) as ours:
            report = publish(ours, moving(ID, AMOUNT))
        assert (report.edges.published, report.problems) == (1, ())
        assert (details(server)["description"], targets(server)) == ("By hand", {"id", "total"})


@pytest.mark.promise("C83")
@VERSIONS
@pytest.mark.parametrize(("source", "text"), [("Manual", "By hand"), ("OpenLineage", BOTH)])
def test_an_edge_whose_pipeline_was_deleted_gets_its_columns_and_a_line(version: str, source: str, text: str) -> None:
    with catalogue(version=version) as (server, client):
        pipeline = theirs(client)
        line = {"fromColumns": [f"{ENDS[0]}.id"], "toColumn": f"{ENDS[1]}.id"}
        store(client, source=source, pipeline=pipeline, description=text, columnsLineage=[line])
        client.delete(f"v1/pipelines/{pipeline['id']}")
        report = publish(client, moving(AMOUNT))
        [problem] = report.problems
        assert (problem.kind, problem.where) == ("deleted_pipeline", " -> ".join(ENDS))
        assert problem.detail.startswith("pipeline theirs.sync was deleted in OpenMetadata")
        assert (report.edges.published, targets(server)) == (1, {"id", "total"})
        assert (details(server)["description"], details(server)["source"]) == (text, source)
        assert details(server)["pipeline"]["fullyQualifiedName"] == "openlineage.prod:etl"
        server.reset_requests()
        again = publish(client, moving(AMOUNT))
        assert (again.edges.unchanged, again.problems, server.writes()) == (1, (), [])


@VERSIONS
def test_without_a_pipeline_of_ours_it_gets_none(version: str) -> None:
    with catalogue(version=version) as (server, client):
        pipeline = theirs(client)
        store(client, source="Manual", pipeline=pipeline, sqlQuery="SELECT 1")
        client.delete(f"v1/pipelines/{pipeline['id']}")
        [problem] = publish(client, moving(ID, by=None)).problems
        assert "written without a pipeline" in problem.detail
        assert (targets(server), details(server)["sqlQuery"]) == ({"id"}, "SELECT 1")
        assert "pipeline" not in details(server)
        server.reset_requests()
        assert publish(client, moving(ID, by=None)).edges.unchanged == 1
        assert edge_writes(server) == []


@pytest.mark.parametrize("status", [400, 403, 405, 412, 500])
@VERSIONS
def test_an_edge_whose_patch_is_always_refused_is_put_and_a_line_says_that_it_looks_new(
    version: str, status: int
) -> None:
    with catalogue(version=version) as (server, client):
        publish(client, moving(ID))
        server.reset_requests()
        server.fail("PATCH", "v1/lineage", status, times=100, message="no")
        report = publish(client, moving(ID, AMOUNT))
        assert report.edges.published == 1
        [problem] = report.problems
        assert (problem.kind, problem.where) == ("renewed_edge", " -> ".join(ENDS))
        assert problem.detail.startswith("the patch was refused (")
        assert (edge_writes(server), targets(server)) == (["PATCH", "PUT"], {"id", "total"})


def test_an_edge_that_is_always_refused_is_parked_with_its_reason_and_stops_nothing() -> None:
    with catalogue(version="1.13.0") as (server, client):
        publish(client, moving(ID))
        server.fail("PATCH", "v1/lineage", 500, times=100, message="no")
        server.fail("PUT", "v1/lineage", 400, times=100, message="nor that")
        report = publish(client, moving(ID, AMOUNT))
        assert (report.edges.failed, report.parked) == (1, 1)
        assert "nor that" in report.problems[0].detail


def test_an_edge_that_others_change_each_time_is_parked_and_keeps_theirs() -> None:
    with catalogue(version="1.13.0") as (server, client):
        publish(client, moving(ID))
        ends = [client.get(f"v1/tables/name/{fqn}") or {} for fqn in ENDS]
        url = f"v1/lineage/table/{ends[0]['id']}/table/{ends[1]['id']}"
        texts = iter("abc")

        def by_steward() -> None:
            client.patch(url, [{"op": "add", "path": "/description", "value": next(texts)}])
            ours.overtake = by_steward

        with Overtaken(server.url, by_steward) as ours:
            report = publish(ours, moving(ID, AMOUNT))
        assert (report.edges.failed, report.parked) == (1, 1)
        assert "(tried 3 times)" in report.problems[0].detail
        assert (details(server)["description"], targets(server)) == ("c", {"id"})


def test_a_patch_that_fails_after_its_effect_is_repeated_for_the_sake_of_search() -> None:
    with catalogue() as (server, client):
        publish(client, moving(ID))
        server.reset_requests()
        server.fail("PATCH", "v1/lineage", 500, after_effect=True, message="version_conflict_engine_exception")
        assert publish(client, moving(ID, AMOUNT)).edges.published == 1
        assert (edge_writes(server), targets(server)) == (["PATCH", "PUT"], {"id", "total"})
