"""A dataset gets one patch, before its edges, which keep every column pair whatever the server makes of the patches."""

from __future__ import annotations

import time
from typing import Any

import pytest

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.lineage.plan import Dataset, Field, LineagePlan
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import PG, config, dataset, edge, job, orders, pair, plan
from tests.openmetadata.histories import KeptHistory
from tests.openmetadata.people import catalogue, column, owner_names, owners, stored, tag_names, tags

VERSIONS = pytest.mark.parametrize("version", ["1.8.0", "1.13.0", "2.0.2", "2.1.0"])
NEW = "pg.shop.crm.new"
TEXT = 'Bob\'s `new` = "orders" & <more> @ home'
OPEN = config(write={"create_datasets": True, "create_tags": True})


def new(*fields: str, **facts: Any) -> Dataset:
    """Return the table that only events know, with columns."""
    base = dataset(PG, "shop.crm.new")
    return Dataset(
        base.namespace, base.name, base.identities, fields=tuple(Field(name, "int") for name in fields), **facts
    )


def loading(target: Dataset, *columns: str, by: str = "etl") -> LineagePlan:
    """Return orders -> new, with columns that are called alike at both ends or come from the amount."""
    pairs = [pair(orders(), "id" if name == "id" else "amount", name) for name in columns]
    return plan(edge(orders(), target, *pairs, job=by), datasets=(orders(), target), jobs=[job(by)])


def targets(server: CatalogueServer) -> set[str]:
    details = server.edges()["pg.shop.public.orders", NEW]
    return {entry["toColumn"].rpartition(".")[2] for entry in details.get("columnsLineage") or ()}


def table_writes(server: CatalogueServer) -> list[str]:
    return [request.method for request in server.writes() if "/tables" in request.path]


def nothing_is_left_to_do(
    server: CatalogueServer, client: OpenMetadataClient, made: LineagePlan, rules: Config = OPEN
) -> bool:
    server.reset_requests()
    publish_plan(made, client, rules)
    return server.writes() == []


@pytest.mark.promise("C82")
@VERSIONS
def test_columns_tags_owners_and_descriptions_are_one_patch_before_the_edges(version: str) -> None:
    with catalogue(version=version) as (server, client):
        publish_plan(loading(new("id"), "id"), client, OPEN)
        server.reset_requests()
        facts = {"description": TEXT, "owners": owners("ada"), "tags": (*tags("gold"), *tags("gold", field="total"))}
        made = loading(new("id", "total", **facts), "id", "total")
        report = publish_plan(made, client, OPEN).report
        writes = [request for request in server.writes() if "/tables" in request.path or "/lineage" in request.path]
        assert [("tables" in request.path, request.method) for request in writes] == [(True, "PATCH"), (False, "PATCH")]
        assert (report.stubs.updated, report.facts.published, report.problems) == (1, 1, ())
        table = stored(server, "table", NEW)
        assert (table["description"], owner_names(table)) == (TEXT, ["ada"])
        assert "OpenLineage.gold" in tag_names(table)
        assert tag_names(column(server, "total", NEW)) == ["OpenLineage.gold"]
        assert targets(server) == {"id", "total"}
        assert nothing_is_left_to_do(server, client, made)


@pytest.mark.promise("C82")
@VERSIONS
def test_completion_followed_by_facts_in_another_run_keeps_every_column_pair(version: str) -> None:
    history = KeptHistory()
    with catalogue(version=version) as (server, client):
        history.publish(loading(new("id"), "id"), client, OPEN)
        history.publish(loading(new("id", "total"), "id", "total"), client, OPEN)
        assert targets(server) == {"id", "total"}
        for number in range(3):
            made = loading(new("id", "total", tags=tags(f"t{number}")), "id", "total")
            history.publish(made, client, OPEN)
            assert targets(server) == {"id", "total"}
        assert nothing_is_left_to_do(server, client, made)


@VERSIONS
def test_edges_that_are_not_in_the_run_are_compared_when_they_come_again(version: str) -> None:
    history = KeptHistory()
    with catalogue(version=version) as (server, client):
        history.publish(loading(new("id"), "id"), client, OPEN)
        full = loading(new("id", "total"), "id", "total")
        history.publish(full, client, OPEN)
        history.publish(plan(datasets=[new("id", "total", tags=tags("gold"))], jobs=[]), client, OPEN)
        history.publish(full, client, OPEN, now=time.time() + 3600)
        assert targets(server) == {"id", "total"}


@VERSIONS
def test_a_patch_of_another_lane_is_noticed(version: str) -> None:
    ours, others = KeptHistory(), KeptHistory()
    with catalogue(version=version) as (server, client):
        ours.publish(loading(new("id"), "id"), client, OPEN)
        full = loading(new("id", "total"), "id", "total")
        ours.publish(full, client, OPEN)
        others.publish(plan(datasets=[new("id", "total", tags=tags("gold"))], jobs=[]), client, OPEN)
        ours.publish(full, client, OPEN, now=time.time() + 60)
        assert targets(server) == {"id", "total"}


def test_once_a_table_has_been_left_alone_its_edges_are_trusted_again() -> None:
    history, now = KeptHistory(), time.time()
    with catalogue() as (server, client):
        history.publish(loading(new("id"), "id"), client, OPEN, now=now)
        full = loading(new("id", "total"), "id", "total")
        history.publish(full, client, OPEN, now=now)
        for minutes, is_asked in ((5, True), (20, True), (25, False)):
            server.reset_requests()
            history.publish(full, client, OPEN, now=now + minutes * 60)
            assert any("getLineageEdge" in request.path for request in server.requests) is is_asked, minutes
            assert server.writes() == []


def test_a_table_of_others_costs_no_further_comparison() -> None:
    history = KeptHistory()
    with catalogue() as (server, client):
        base = orders()
        told = Dataset(base.namespace, base.name, base.identities, description="d")
        made = plan(edge(told, new("id"), job="etl"), datasets=(told, new("id")))
        history.publish(made, client, OPEN)
        server.reset_requests()
        history.publish(made, client, OPEN)
        assert server.requests == []


@pytest.mark.promise("C82")
@pytest.mark.parametrize("status", [400, 403, 500])
def test_a_patch_that_is_refused_costs_its_facts_and_never_its_edges(status: int) -> None:
    with catalogue() as (server, client):
        made = loading(new("id", description="d", owners=owners("ada")), "id")
        publish_plan(loading(new("id"), "id"), client, config(write={"create_datasets": True, "stale_edges": "never"}))
        server.fail("PATCH", "v1/tables", status, times=1000, message="no")
        more = plan(*made.edges, edge(orders(), dataset(PG, "shop.public.totals")), datasets=made.datasets)
        report = publish_plan(more, client, OPEN).report
        assert (report.edges.published, report.edges.unchanged, report.edges.failed) == (1, 1, 0)
        assert (report.facts.failed, report.parked) == (1, 1)


def test_columns_that_were_written_are_in_edges_although_a_tag_was_refused() -> None:
    with catalogue(deny=["EditTags"]) as (server, client):
        publish_plan(loading(new("id"), "id"), client, config(write={"create_datasets": True, "tags": "never"}))
        report = publish_plan(loading(new("id", "total", tags=tags("gold")), "id", "total"), client, OPEN).report
        assert [problem.kind for problem in report.problems] == ["failed"]
        assert (report.facts.failed, targets(server)) == (1, {"id", "total"})


@pytest.mark.promise("C84")
@VERSIONS
def test_descriptions_of_a_new_stub_read_as_they_were_written(version: str) -> None:
    with catalogue(version=version) as (server, client):
        base = new(description=TEXT)
        made = loading(
            Dataset(base.namespace, base.name, base.identities, fields=(Field("id", "int", TEXT),), description=TEXT),
            "id",
        )
        publish_plan(made, client, OPEN)
        assert stored(server, "table", NEW)["description"] == TEXT
        assert column(server, "id", NEW)["description"] == TEXT
        assert nothing_is_left_to_do(server, client, made)


@pytest.mark.promise("C81")
@VERSIONS
def test_a_steward_s_change_between_read_and_patch_survives_and_our_facts_follow(version: str) -> None:
    class Overtaken(OpenMetadataClient):
        """Is overtaken right before its first patch of a table."""

        overtaken = False

        def request(self, method: str, path: str, **options: Any) -> Any:
            if method == "PATCH" and path.startswith("v1/tables") and not self.overtaken:
                self.overtaken = True
                client.patch(f"v1/tables/name/{NEW}", [{"op": "add", "path": "/description", "value": "By hand"}])
            return super().request(method, path, **options)

    with catalogue(version=version) as (server, client):
        publish_plan(loading(new("id"), "id"), client, OPEN)
        made = loading(new("id", "total", description="Ours", owners=owners("ada")), "id", "total")
        with Overtaken(server.url, "a.jwt.token-of-the-tests") as ours:
            report = publish_plan(made, ours, OPEN).report
        table = stored(server, "table", NEW)
        assert (table["description"], owner_names(table), report.problems) == ("By hand", ["ada"], ())
        assert targets(server) == {"id", "total"}
        assert nothing_is_left_to_do(server, client, made)
