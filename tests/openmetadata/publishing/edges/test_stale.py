"""Edges that a job no longer produces: reported, or taken back, after several runs, and only if they are ours alone."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.lineage.plan import Dataset, Edge, LineagePlan
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import PG, config, dataset, edge, job, orders, pair, plan, run, totals
from tests.openmetadata.histories import KeptHistory

OLD = dataset(PG, "shop.crm.accounts")
KEPT = ("pg.shop.public.orders", "pg.shop.public.totals")
GONE = ("pg.shop.crm.accounts", "pg.shop.public.totals")
DATASETS = (orders(), totals(), OLD)


def result(*sources: Dataset, minute: int = 0, name: str = "etl", state: Any = "COMPLETE", **facts: Any) -> LineagePlan:
    """Return the plan of one run that makes the totals of some sources."""
    edges: list[Edge] = [edge(source, totals(), job=name) for source in sources]
    ran = run(state, ended_at=f"2026-01-01T00:{minute:02d}:30Z", **facts)
    return plan(*edges, datasets=DATASETS, jobs=[job(name)], runs=[ran] if name == "etl" else [])


def publish(
    client: OpenMetadataClient, history: KeptHistory, what: LineagePlan, policy: str = "remove", **rules: Any
) -> Any:
    return history.publish(what, client, config(write={"stale_edges": policy}, lineage=rules))


@pytest.fixture
def history(client: OpenMetadataClient, server: CatalogueServer) -> KeptHistory:
    """Return the history of a job that has made the totals of orders and accounts."""
    left = KeptHistory()
    publish(client, left, result(orders(), OLD))
    assert server.edges().keys() == {KEPT, GONE}
    return left


def without_it(
    client: OpenMetadataClient, history: KeptHistory, runs: int, first: int = 1, **options: Any
) -> list[Any]:
    """Publish runs that no longer read the accounts."""
    return [publish(client, history, result(orders(), minute=first + number), **options) for number in range(runs)]


@pytest.mark.promise("A164", "A165", "A170")
def test_an_edge_is_taken_back_after_several_runs_without_it(
    client: OpenMetadataClient, server: CatalogueServer, history: KeptHistory
) -> None:
    reports = without_it(client, history, 5)
    assert [report.stale.removed for report in reports] == [0, 0, 0, 0, 1]
    assert server.edges().keys() == {KEPT}
    assert without_it(client, history, 3, first=20)[-1].stale.removed == 0


@pytest.mark.promise("A164")
def test_by_default_it_is_reported_once_and_stays(
    client: OpenMetadataClient, server: CatalogueServer, history: KeptHistory
) -> None:
    reports = without_it(client, history, 8, policy="report")
    problems = [problem for report in reports for problem in report.problems if problem.kind == "stale_edge"]
    assert [problem.where for problem in problems] == [" -> ".join(GONE)]
    assert "prod etl" in problems[0].detail
    assert sum(report.stale.kept for report in reports) == 1
    assert server.edges().keys() == {KEPT, GONE}


def test_it_is_not_looked_for_when_nobody_wants_to_know(client: OpenMetadataClient, history: KeptHistory) -> None:
    assert not any(report.stale.kept for report in without_it(client, history, 8, policy="never"))


def test_one_run_with_it_restarts_the_count(
    client: OpenMetadataClient, server: CatalogueServer, history: KeptHistory
) -> None:
    without_it(client, history, 4)
    publish(client, history, result(orders(), OLD, minute=10))
    without_it(client, history, 4, first=11)
    assert server.edges().keys() == {KEPT, GONE}
    without_it(client, history, 1, first=20)
    assert server.edges().keys() == {KEPT}


def test_the_same_run_read_again_counts_once(
    client: OpenMetadataClient, server: CatalogueServer, history: KeptHistory
) -> None:
    for _ in range(8):
        publish(client, history, result(orders(), minute=1))
    assert GONE in server.edges()


@pytest.mark.parametrize(
    "what",
    [
        pytest.param(lambda minute: result(orders(), minute=minute, state="FAIL"), id="failed"),
        pytest.param(lambda minute: result(orders(), minute=minute, partial=True), id="partial"),
        pytest.param(lambda minute: result(orders(), minute=minute, presumed=True), id="presumed"),
        pytest.param(lambda minute: result(orders(), minute=minute, skipped=True), id="skipped"),
        pytest.param(lambda minute: result(minute=minute), id="without any lineage"),
        pytest.param(lambda minute: result(orders(), minute=minute, name="another"), id="of another job"),
    ],
)
def test_runs_that_say_nothing_do_not_count(
    what: Any, client: OpenMetadataClient, server: CatalogueServer, history: KeptHistory
) -> None:
    for minute in range(1, 9):
        publish(client, history, what(minute))
    assert GONE in server.edges()


def test_the_number_of_runs_is_configured(client: OpenMetadataClient, server: CatalogueServer) -> None:
    history = KeptHistory()
    publish(client, history, result(orders(), OLD), stale_after=2)
    without_it(client, history, 2, stale_after=2)
    assert GONE not in server.edges()


@pytest.mark.promise("A169")
def test_an_edge_that_another_job_still_writes_stays_without_this_one(
    client: OpenMetadataClient, server: CatalogueServer, history: KeptHistory
) -> None:
    publish(client, history, result(OLD, name="another"))
    assert "prod:etl" in server.edges()[GONE]["description"]
    without_it(client, history, 5)
    details = server.edges()[GONE]
    assert details["description"] == "Written by OpenLineage jobs: openlineage.prod:another"
    assert details["pipeline"]["fullyQualifiedName"] == "openlineage.prod:another"


def _change_as_ada(client: OpenMetadataClient, server: CatalogueServer) -> None:
    ids = {table["fullyQualifiedName"]: table["id"] for table in server.entities("table")}
    url = f"v1/lineage/table/{ids[GONE[0]]}/table/{ids[GONE[1]]}"
    headers = {"X-Sandbox-User": "ada", "Content-Type": "application/json-patch+json"}
    client.request("PATCH", url, json=[{"op": "add", "path": "/sqlQuery", "value": "ada's"}], headers=headers)


def test_who_else_has_changed_an_edge_is_named_when_one_of_its_jobs_leaves(
    client: OpenMetadataClient, server: CatalogueServer, history: KeptHistory
) -> None:
    publish(client, history, result(OLD, name="another"))
    _change_as_ada(client, server)
    without_it(client, history, 5)
    assert server.edges()[GONE]["description"] == (
        "Written by OpenLineage jobs: openlineage.prod:another; also changed by ada"
    )


def test_an_edge_that_others_had_changed_before_our_last_change_stays(
    client: OpenMetadataClient, server: CatalogueServer, history: KeptHistory
) -> None:
    _change_as_ada(client, server)
    publish(client, history, plan(edge(OLD, totals(), pair(OLD, "id", "id")), datasets=DATASETS, jobs=[job()]))
    assert server.edges()[GONE]["description"].endswith("openlineage.prod:etl; also changed by ada")
    assert without_it(client, history, 5)[-1].stale.kept == 1
    assert GONE in server.edges()


@pytest.mark.parametrize(
    "change",
    [{"source": "Manual"}, {"source": "QueryLineage"}, {"description": "a steward's words"}],
    ids=["made by hand", "of another tool", "described by a steward"],
)
def test_an_edge_that_is_no_longer_ours_alone_stays(
    change: dict[str, str], client: OpenMetadataClient, server: CatalogueServer, history: KeptHistory
) -> None:
    ids = {table["fullyQualifiedName"]: table["id"] for table in server.entities("table")}
    source, target = ({"id": ids[name], "type": "table"} for name in GONE)
    details = {**server.edges()[GONE], **change}
    details["pipeline"] = {key: details["pipeline"][key] for key in ("id", "type")}
    client.put("v1/lineage", {"edge": {"fromEntity": source, "toEntity": target, "lineageDetails": details}})
    report = without_it(client, history, 5)[-1]
    assert (report.stale.removed, report.stale.kept) == (0, 1)
    assert server.edges()[GONE].items() >= change.items()
    (line,) = (problem.detail for problem in report.problems if problem.kind == "stale_edge")
    assert line.endswith("of prod etl: stays: it is gone, or no longer only ours")


@pytest.mark.promise("A167")
def test_an_edge_that_is_gone_already_is_no_failure(
    client: OpenMetadataClient, server: CatalogueServer, history: KeptHistory
) -> None:
    ids = {table["fullyQualifiedName"]: table["id"] for table in server.entities("table")}
    client.delete(f"v1/lineage/table/{ids[GONE[0]]}/table/{ids[GONE[1]]}")
    report = without_it(client, history, 5)[-1]
    assert report.stale.failed == 0
    assert server.edges().keys() == {KEPT}


def test_what_a_job_declares_holds_until_it_declares_otherwise(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    history = KeptHistory()

    def declare(*sources: Dataset) -> None:
        edges = [edge(source, totals()) for source in sources]
        publish(client, history, plan(*edges, datasets=DATASETS, jobs=[job(declared=True)]))

    declare(orders(), OLD)
    declare(orders())
    assert server.edges().keys() == {KEPT}
    declare()
    assert server.edges() == {}


def test_a_dry_run_takes_nothing_back(
    client: OpenMetadataClient, server: CatalogueServer, history: KeptHistory
) -> None:
    without_it(client, history, 4)
    rules = config(write={"stale_edges": "remove"})
    report = history.publish(result(orders(), minute=9), client, rules, dry_run=True)
    assert report.stale.removed == 1
    assert GONE in server.edges()
