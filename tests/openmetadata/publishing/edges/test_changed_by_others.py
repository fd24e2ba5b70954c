"""Columns that a person, or another ingestion, has added to an edge of ours stay, also when our columns change."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.lineage.plan import LineagePlan
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import FAST, TOKEN, config, edge, job, orders, pair, plan, totals
from tests.openmetadata.people import TAGGED, catalogue

ENDS = ("pg.shop.public.orders", "pg.shop.public.totals")
VERSIONS = pytest.mark.parametrize("version", ["1.8.0", "2.0.2"])
ID, AMOUNT, THEIRS = pair(orders(), "id", "id"), pair(orders(), "amount", "total"), ("Customer", "total")
BOTS = {**TAGGED, "users": [*TAGGED["users"], {"name": "old-bot", "email": "old@corp.com", "isBot": True}]}


def moving(*pairs: Any, by: str = "etl", sql: str | None = None) -> LineagePlan:
    return plan(edge(orders(), totals(), *pairs, job=by), datasets=(orders(), totals()), jobs=[job(by, sql=sql)])


def publish(client: OpenMetadataClient, made: LineagePlan) -> PublishReport:
    return publish_plan(made, client, config()).report


def details(server: CatalogueServer) -> dict[str, Any]:
    return server.edges()[ENDS]


def pairs(server: CatalogueServer) -> set[tuple[str, str]]:
    return {
        (start.rpartition(".")[2], entry["toColumn"].rpartition(".")[2])
        for entry in details(server).get("columnsLineage") or ()
        for start in entry["fromColumns"]
    }


def _reference(client: OpenMetadataClient, fqn: str) -> dict[str, str]:
    return {"id": (client.get(f"v1/tables/name/{fqn}") or {})["id"], "type": "table"}


def _with_theirs(server: CatalogueServer) -> list[dict[str, Any]]:
    theirs = {"fromColumns": [f"{ENDS[0]}.{THEIRS[0]}"], "toColumn": f"{ENDS[1]}.{THEIRS[1]}"}
    return [*(details(server).get("columnsLineage") or ()), theirs]


def put_as(client: OpenMetadataClient, server: CatalogueServer, user: str, **more: Any) -> None:
    """Add a column as the web interface does: the whole edge, with source and description as they are."""
    stored = details(server)
    pipeline = {"id": stored["pipeline"]["id"], "type": "pipeline"}
    same = {"source": stored["source"], "description": stored["description"], "pipeline": pipeline}
    body = {**same, "columnsLineage": _with_theirs(server), **more}
    source, target = (_reference(client, fqn) for fqn in ENDS)
    made = {"edge": {"fromEntity": source, "toEntity": target, "lineageDetails": body}}
    client.request("PUT", "v1/lineage", json=made, headers={"X-Sandbox-User": user})


def patch_as(client: OpenMetadataClient, server: CatalogueServer, user: str) -> None:
    """Add a column as OpenMetadata's own connectors do: a patch of columns of an edge that is there."""
    source, target = (_reference(client, fqn)["id"] for fqn in ENDS)
    operations = [{"op": "add", "path": "/columnsLineage", "value": _with_theirs(server)}]
    headers = {"X-Sandbox-User": user, "Content-Type": "application/json-patch+json"}
    client.request("PATCH", f"v1/lineage/table/{source}/table/{target}", json=operations, headers=headers)


@pytest.mark.promise("C85")
@VERSIONS
@pytest.mark.parametrize("change", [put_as, patch_as])
def test_columns_of_others_stay_on_our_edge_when_ours_change(version: str, change: Any) -> None:
    with catalogue(version=version) as (server, client):
        publish(client, moving(ID))
        change(client, server, "ada")
        reports = []
        for made in (moving(AMOUNT, sql="SELECT 1"), moving(ID, AMOUNT, sql="SELECT 2"), moving(ID, sql="SELECT 3")):
            reports.append(publish(client, made))
            assert reports[-1].edges.published == 1
            assert THEIRS in pairs(server)
        # Only the first of our changes finds theirs; after it we are the last who have changed the edge.
        [problem] = [problem for report in reports for problem in report.problems]
        assert (problem.kind, problem.where) == ("edge_of_others", " -> ".join(ENDS))
        assert problem.detail.startswith("ada has changed it, so from now on columns are only added")
        assert details(server)["sqlQuery"] == "SELECT 3"
        assert details(server)["description"] == (
            "Written by OpenLineage jobs: openlineage.prod:etl; also changed by ada"
        )
        server.reset_requests()
        assert publish(client, moving(ID, sql="SELECT 3")).edges.unchanged == 1
        assert server.writes() == []


@VERSIONS
def test_what_others_changed_is_not_written_to_say_so(version: str) -> None:
    with catalogue(version=version) as (server, client):
        publish(client, moving(ID))
        patch_as(client, server, "ada")
        server.reset_requests()
        assert publish(client, moving(ID)).edges.unchanged == 1
        assert server.writes() == []


@VERSIONS
def test_columns_of_others_stay_below_a_description_by_hand(version: str) -> None:
    with catalogue(version=version) as (server, client):
        publish(client, moving(ID))
        put_as(client, server, "ada", description="By hand")
        publish(client, moving(AMOUNT))
        assert (details(server)["description"], THEIRS in pairs(server)) == ("By hand", True)


@VERSIONS
def test_a_second_job_joins_an_edge_that_others_have_changed(version: str) -> None:
    with catalogue(version=version) as (server, client):
        publish(client, moving(ID))
        patch_as(client, server, "ada")
        publish(client, moving(AMOUNT, by="other"))
        assert pairs(server) == {("id", "id"), ("amount", "total"), THEIRS}
        assert details(server)["description"] == (
            "Written by OpenLineage jobs: openlineage.prod:etl; openlineage.prod:other; also changed by ada"
        )


@VERSIONS
def test_an_edge_of_an_earlier_bot_of_ours_is_ours(version: str) -> None:
    with catalogue(BOTS, version=version) as (server, client):
        publish(client, moving(ID))
        put_as(client, server, "old-bot", columnsLineage=details(server)["columnsLineage"])
        publish(client, moving(AMOUNT))
        assert pairs(server) == {("amount", "total")}
        assert details(server)["description"] == "Written by OpenLineage jobs: openlineage.prod:etl"


@VERSIONS
def test_who_changed_an_edge_is_not_asked_where_it_is_our_own(version: str) -> None:
    with catalogue(version=version) as (server, client):
        publish(client, moving(ID))
        server.reset_requests()
        publish(client, moving(AMOUNT))
        publish(client, moving(ID))
        asked = [request.path for request in server.requests if "/users/" in request.path]
        assert asked == ["/api/v1/users/loggedInUser"]


@VERSIONS
def test_an_edge_drawn_by_hand_keeps_its_author_and_gets_no_pipeline(version: str) -> None:
    with catalogue(version=version) as (server, client):
        ends = {name: _reference(client, fqn) for name, fqn in zip(("fromEntity", "toEntity"), ENDS, strict=True)}
        theirs = {"fromColumns": [f"{ENDS[0]}.{THEIRS[0]}"], "toColumn": f"{ENDS[1]}.{THEIRS[1]}"}
        drawn = {"edge": {**ends, "lineageDetails": {"source": "Manual", "columnsLineage": [theirs]}}}
        client.request("PUT", "v1/lineage", json=drawn, headers={"X-Sandbox-User": "ada"})
        before = details(server)
        [problem] = publish(client, moving(ID)).problems
        assert (problem.kind, problem.where) == ("edge_of_others", " -> ".join(ENDS))
        assert problem.detail.startswith("it was drawn by hand without a pipeline")
        after = details(server)
        assert pairs(server) == {("id", "id"), THEIRS}
        assert (after["source"], after["createdBy"], after["createdAt"]) == ("Manual", "ada", before["createdAt"])
        assert "pipeline" not in after
        assert publish(client, moving(ID)).problems == ()


@VERSIONS
def test_who_cannot_be_looked_up_is_nobody_else(version: str) -> None:
    with catalogue(version=version) as (server, client):
        publish(client, moving(ID))
        server.fail("GET", "v1/users/loggedInUser", 403, times=9)
        publish(client, moving(AMOUNT))
        assert pairs(server) == {("amount", "total")}
        assert details(server)["description"] == "Written by OpenLineage jobs: openlineage.prod:etl"


@VERSIONS
@pytest.mark.parametrize("status", [500, 503, 0])
def test_as_long_as_nobody_is_looked_up_the_edge_waits(version: str, status: int) -> None:
    with catalogue(version=version) as (server, client):
        publish(client, moving(ID))
        server.fail("GET", "v1/users/", status, times=99)
        report = publish(client, moving(AMOUNT))
        assert (report.edges.published, report.edges.failed, pairs(server)) == (0, 1, {("id", "id")})
        server.clear_faults()
        publish(client, moving(AMOUNT))
        assert pairs(server) == {("amount", "total")}
        assert details(server)["description"] == "Written by OpenLineage jobs: openlineage.prod:etl"


def test_with_one_connection_others_are_asked_for_while_edges_are_published() -> None:
    with catalogue() as (server, client):
        publish(client, moving(ID))
        patch_as(client, server, "ada")
        impatient = FAST._replace(budget=1.0)
        with OpenMetadataClient(server.url, TOKEN, retries=impatient, timeout=2.0, max_connections=1) as narrow:
            report = publish(narrow, moving(AMOUNT))
        assert (report.edges.published, [problem.kind for problem in report.problems]) == (1, ["edge_of_others"])
        assert pairs(server) == {("id", "id"), ("amount", "total"), THEIRS}


def test_a_line_promises_no_description_that_is_not_written() -> None:
    with catalogue() as (server, client):
        publish(client, moving(ID, AMOUNT))
        patch_as(client, server, "ada")
        server.reset_requests()
        # Without ada's change, one pair would be removed; so there is nothing to write.
        unchanged = publish(client, moving(ID))
        assert (unchanged.edges.unchanged, server.writes()) == (1, [])
        put_as(client, server, "ada", description="By hand")
        by_hand = publish(client, moving(ID, sql="SELECT 1"))
        assert details(server)["description"] == "By hand"
        for report in (unchanged, by_hand):
            [problem] = report.problems
            assert problem.detail.startswith("ada has changed it")
            assert "description" not in problem.detail


def test_columns_of_others_stay_on_an_edge_that_the_server_has_described() -> None:
    with catalogue() as (server, client):
        publish(client, moving(ID))
        put_as(client, server, "ada", description="Lineage from OpenLineage event for job: ns/x (run: 1)")
        for made in (moving(AMOUNT), moving(ID)):
            publish(client, made)
            assert THEIRS in pairs(server)
        assert details(server)["description"] == (
            "Written by OpenLineage jobs: openlineage.prod:etl; also changed by ada"
        )


def test_names_that_contain_what_separates_names_are_one_name_each() -> None:
    users = [*TAGGED["users"], {"name": "ada; eve", "email": "both@corp.com"}]
    with catalogue({**TAGGED, "users": users}) as (server, client):
        publish(client, moving(ID, by="a; b"))
        publish(client, moving(AMOUNT, by="a; b"))
        assert pairs(server) == {("amount", "total")}
        patch_as(client, server, "ada; eve")
        publish(client, moving(ID, by="a; b", sql="SELECT 1"))
        publish(client, moving(ID, by="a; b", sql="SELECT 2"))
        assert details(server)["sqlQuery"] == "SELECT 2"
        assert details(server)["description"] == (
            "Written by OpenLineage jobs: openlineage.prod:a;b; also changed by ada;eve"
        )
