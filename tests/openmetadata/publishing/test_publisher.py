"""The whole publication: the report tells everything, failures stay where they belong, and a dry run writes nothing."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from openmetadata_ol_provider.exceptions import CatalogueAuthError, CatalogueUnavailableError
from openmetadata_ol_provider.lineage.plan import LineagePlan
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.core.report import (
    Datasets,
    Pipelines,
    PublishReport,
    Stubs,
    Written,
)
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from openmetadata_ol_provider.state.store import apply
from tests.openmetadata.builders import (
    FAST,
    PG,
    SEED,
    TOKEN,
    config,
    dataset,
    edge,
    job,
    orders,
    orders_plan,
    plan,
    run,
    totals,
)
from tests.openmetadata.histories import KeptHistory

NOW = 1_770_000_000
ENDED_AT = "2026-01-01T00:00:30Z"
FULL = orders_plan(jobs=[job(sql="SELECT 1")], runs=[run("COMPLETE")])


def many(number: int) -> LineagePlan:
    """Return a plan with edges from one table to many."""
    targets = [dataset(PG, f"shop.public.t{n}") for n in range(number)]
    return plan(*(edge(orders(), one) for one in targets), datasets=(orders(), *targets))


def many_seed(number: int) -> dict[str, Any]:
    return {
        **SEED,
        "tables": [*SEED["tables"], *({"fqn": f"pg.shop.public.t{n}", "columns": []} for n in range(number))],
    }


def test_nothing_that_is_given_is_changed(client: OpenMetadataClient) -> None:
    """Not by a publication that writes, releases and counts, and not by one that fails half way."""
    kept = KeptHistory()
    new = dataset(PG, "shop.public.new_table")
    missing = plan(edge(orders(), new), datasets=(orders(), new), runs=[run("RUNNING", task="a", new=True)])
    kept.publish(missing, client, config(), now=NOW)
    history, full = kept.value, orders_plan(jobs=[job(sql="SELECT 2")], runs=[run("COMPLETE", ended_at=ENDED_AT)])
    given = copy.deepcopy((history, full))
    client.put("v1/tables", {"name": "new_table", "databaseSchema": "pg.shop.public", "columns": []})
    publication = publish_plan(full, client, config(write={"stale_edges": "remove"}), history, now=NOW)
    assert publication.report.edges.published == 2
    assert None in publication.parking.values()
    assert apply(history, publication) != history
    with pytest.raises(CatalogueAuthError), OpenMetadataClient(client.base_url, "another", retries=FAST) as stranger:
        publish_plan(full, stranger, config(), history, now=NOW)
    assert (history, full) == given


def test_the_report_counts_everything(client: OpenMetadataClient, server: CatalogueServer) -> None:
    report = publish_plan(FULL, client, config()).report
    assert report.to_dict() == {
        "events": 1,
        "runs": 1,
        "edges": {"published": 1, "unchanged": 0, "failed": 0},
        "datasets": {"resolved": 2, "unresolved": 0, "ambiguous": 0, "ignored": 0},
        "pipelines": {"created": 1, "updated": 0, "unchanged": 0, "failed": 0},
        "statuses": {"published": 1, "unchanged": 0, "failed": 0},
        "facts": {"published": 0, "unchanged": 0, "failed": 0},
        "usage": {"published": 0, "unchanged": 0, "failed": 0},
        "asset_events": 0,
        "profiles": {"published": 0, "unchanged": 0, "failed": 0},
        "tests": {"published": 0, "unchanged": 0, "failed": 0},
        "exposures": {"published": 0, "unchanged": 0, "failed": 0},
        "observability": {"published": 0, "unchanged": 0, "failed": 0},
        "queries": {"published": 0, "unchanged": 0, "failed": 0},
        "stubs": {"created": 0, "updated": 0, "failed": 0},
        "deleted": 0,
        "stale": {"removed": 0, "kept": 0, "failed": 0},
        "expired": {"removed": 0, "kept": 0, "failed": 0},
        "namespaces": {PG: {"resolved": 2, "total": 2}},
        "requests": server.calls(),
        "parked": 0,
        "dead_letters": 0,
        "dry_run": False,
        "links": {
            "pipelines": [f"{server.url}/pipeline/openlineage.prod%3Aetl"],
            "edges": [f"{server.url}/table/pg.shop.public.totals/lineage"],
        },
        "problems": [],
    }
    assert report.failure_ratio == 0
    json.dumps(report.to_dict())


@pytest.mark.parametrize("version", ["1.8.0", "1.9.0", "1.10.0", "1.12.0", "2.0.7"])
def test_every_supported_version_takes_our_requests(version: str) -> None:
    with CatalogueServer(SEED, version=version, token=TOKEN) as server, OpenMetadataClient(server.url, TOKEN) as client:
        report = publish_plan(FULL, client, config()).report
        assert (report.edges.published, report.statuses.published, report.problems) == (1, 1, ())
        server.reset_requests()
        publish_plan(FULL, client, config())
        assert server.writes() == []


def test_a_dry_run_counts_what_it_would_write_and_writes_nothing(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    dry = publish_plan(FULL, client, config(), dry_run=True).report
    assert server.writes() == []
    assert dry.dry_run
    real = publish_plan(FULL, client, config()).report
    assert (dry.edges, dry.pipelines, dry.statuses, dry.datasets) == (
        real.edges,
        real.pipelines,
        real.statuses,
        real.datasets,
    )
    again = publish_plan(FULL, client, config(), dry_run=True).report
    assert (again.edges, again.pipelines, again.statuses) == (
        Written(unchanged=1),
        Pipelines(unchanged=1),
        Written(unchanged=1),
    )


@pytest.mark.promise("A55")
def test_what_does_not_resolve_is_reported_once_and_is_no_failure(client: OpenMetadataClient) -> None:
    missing, twice = dataset(PG, "shop.public.missing"), dataset("postgres://10.0.0.7", "shop.public.orders")
    made = plan(
        edge(orders(), missing),
        edge(missing, totals()),
        edge(twice, totals()),
        datasets=(orders(), totals(), missing, twice),
    )
    report = publish_plan(made, client, config()).report
    assert report.datasets == Datasets(resolved=2, unresolved=1, ambiguous=1)
    assert [(problem.kind, problem.where) for problem in report.problems] == [
        ("unresolved", f"{PG} shop.public.missing"),
        ("ambiguous", "postgres://10.0.0.7 shop.public.orders"),
    ]
    assert report.failure_ratio == 0


def test_a_dataset_without_an_edge_is_counted_but_no_problem(client: OpenMetadataClient) -> None:
    report = publish_plan(plan(datasets=[dataset(PG, "shop.public.missing")]), client, config()).report
    assert report.datasets == Datasets(unresolved=1)
    assert report.problems == ()


@pytest.mark.promise("A65")
def test_nothing_is_created_for_a_missing_dataset(client: OpenMetadataClient, server: CatalogueServer) -> None:
    before = len(server.entities("table"))
    made = plan(edge(orders(), dataset(PG, "shop.public.new")), datasets=(orders(),))
    report = publish_plan(made, client, config()).report
    assert len(server.entities("table")) == before
    assert (report.datasets.unresolved, report.stubs) == (1, Stubs())


def test_the_plan_s_own_problems_come_first(client: OpenMetadataClient) -> None:
    lost = Problem("bad_facet", "event 1", "no number")
    report = publish_plan(LineagePlan(events=3, problems=(lost,)), client, config()).report
    assert report.problems == (lost,)
    assert report.events == 3


def test_a_refused_edge_does_not_stop_the_others() -> None:
    with CatalogueServer(many_seed(20)) as server, OpenMetadataClient(server.url, retries=FAST) as client:
        server.fail("PUT", "v1/lineage$", 400, times=3, message="no good")
        report = publish_plan(many(20), client, config()).report
        assert report.edges == Written(published=17, failed=3)
        assert report.failed == 3
        assert report.failure_ratio == pytest.approx(3 / 21)
        assert {(problem.kind, "no good" in problem.detail) for problem in report.problems} == {("failed", True)}


def test_a_refused_pipeline_leaves_its_edges_without_one(client: OpenMetadataClient, server: CatalogueServer) -> None:
    server.fail("POST", "v1/pipelines$", 400)
    report = publish_plan(FULL, client, config()).report
    assert (report.pipelines, report.edges) == (Pipelines(failed=1), Written(published=1))
    assert report.failed == 1
    assert publish_plan(FULL, client, config()).report.edges == Written(published=1)


def test_an_edge_that_conflicts_in_the_search_index_is_written_again(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    server.fail("PUT", "v1/lineage$", 500, message="version_conflict_engine_exception", after_effect=True, times=2)
    assert publish_plan(FULL, client, config()).report.edges == Written(published=1)


def test_an_edge_that_always_ends_in_500_is_that_edge_s_failure() -> None:
    with CatalogueServer(many_seed(3)) as server, OpenMetadataClient(server.url, retries=FAST) as client:
        server.fail("PUT", "v1/lineage$", 500, times=FAST.attempts)
        client.max_connections = 1
        assert publish_plan(many(3), client, config()).report.edges == Written(published=2, failed=1)


def test_item_after_item_ending_in_500_is_a_catalogue_that_does_not_work() -> None:
    with CatalogueServer(many_seed(30)) as server, OpenMetadataClient(server.url, retries=FAST) as client:
        server.fail("PUT", "v1/lineage$", 500, times=10_000)
        with pytest.raises(CatalogueUnavailableError):
            publish_plan(many(30), client, config())


@pytest.mark.parametrize(
    ("status", "error"), [(401, CatalogueAuthError), (403, CatalogueAuthError), (503, CatalogueUnavailableError)]
)
@pytest.mark.parametrize("place", ["databaseServices", "v1/pipelines$", "v1/pipelines/name", "lineage"])
def test_a_refused_token_or_a_dead_catalogue_stops_the_publication_anywhere(
    client: OpenMetadataClient, server: CatalogueServer, place: str, status: int, error: type[Exception]
) -> None:
    # Without their service, pipelines are not looked up.
    client.put("v1/services/pipelineServices", {"name": "openlineage", "serviceType": "OpenLineage"})
    server.fail("*", place, status, times=10_000)
    with pytest.raises(error) as caught:
        publish_plan(FULL, client, config())
    assert TOKEN not in str(caught.value)


def test_a_forbidden_edge_stops_before_all_edges_were_tried() -> None:
    with CatalogueServer(many_seed(60), token=TOKEN, deny=["EditLineage"]) as server:
        client = OpenMetadataClient(server.url, TOKEN, max_connections=2)
        with client, pytest.raises(CatalogueAuthError, match="EditLineage"):
            publish_plan(many(60), client, config())
        assert client.calls["PUT"] < 60


def test_what_was_interrupted_is_completed_by_the_next_publication() -> None:
    with CatalogueServer(many_seed(10)) as server, OpenMetadataClient(server.url, retries=FAST) as client:
        server.fail("PUT", "v1/lineage$", 503, times=10_000)
        with pytest.raises(CatalogueUnavailableError):
            publish_plan(many(10), client, config())
        server.clear_faults()
        publish_plan(many(10), client, config())
        assert len(server.edges()) == 10


def test_reports_of_batches_add_up() -> None:
    lost = Problem("unresolved", "a", "b")
    one = PublishReport(events=2, edges=Written(1, 2, 3), datasets=Datasets(1), requests={"GET": 1}, problems=(lost,))
    other = PublishReport(events=3, edges=Written(1), requests={"GET": 2, "PUT": 1}, dead_letters=4, problems=(lost,))
    both = one + other
    assert (both.events, both.edges, both.requests) == (5, Written(2, 2, 3), {"GET": 3, "PUT": 1})
    assert (both.datasets, both.dead_letters, both.problems) == (Datasets(1), 4, (lost,))
