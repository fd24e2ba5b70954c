"""A dbt model leads to the dashboard that its exposure names, if the catalogue has that dashboard."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from openmetadata_ol_provider.lineage.plan import LineagePlan
from openmetadata_ol_provider.lineage.plan_datasets import Exposure
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.core.report import Written
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import FAST, SEED, TOKEN, config, edge, job, orders, plan, run, totals
from tests.openmetadata.histories import KeptHistory

URL = "https://bi.acme.example/d/1"
TOTALS, BOARD = "pg.shop.public.totals", "bi.board"
BOARDS: dict[str, Any] = {
    **SEED,
    "dashboardServices": [{"name": "bi", "serviceType": "Superset"}],
    "dashboards": [
        {"name": "board", "service": "bi", "sourceUrl": URL},
        {"name": "other", "service": "bi", "sourceUrl": "https://bi.acme.example/D/1"},
        {"name": "twice", "service": "bi", "sourceUrl": "https://bi.acme.example/d/2"},
        {"name": "two times", "service": "bi", "sourceUrl": "https://bi.acme.example/d/2/"},
    ],
}


@pytest.fixture
def server() -> Iterator[CatalogueServer]:
    with CatalogueServer(BOARDS, token=TOKEN) as catalogue:
        yield catalogue


def used(*urls: str | None) -> LineagePlan:
    """Return a plan in which the totals have exposures with some URLs."""
    exposures = tuple(
        Exposure(f"use {number}", "dashboard", url, f"exposure.shop.use{number}") for number, url in enumerate(urls)
    )
    model = msgspec.structs.replace(totals(), exposures=exposures)
    return plan(edge(orders(), totals()), datasets=(orders(), model))


@pytest.mark.parametrize("url", [URL, f"{URL}/"])
def test_a_model_leads_to_its_dashboard(server: CatalogueServer, client: OpenMetadataClient, url: str) -> None:
    report = publish_plan(used(url), client, config()).report
    assert (report.exposures, report.problems) == (Written(published=1), ())
    details = server.edges()[TOTALS, BOARD]
    assert details["source"] == "OpenLineage"
    assert details["description"] == 'Written by OpenLineage jobs: "dbt exposure exposure.shop.use0"'
    assert len(server.entities("dashboard")) == 4


@pytest.mark.parametrize("keeps_ledger", [True, False], ids=["ledger", "no ledger"])
def test_the_second_publication_writes_nothing(
    server: CatalogueServer, client: OpenMetadataClient, keeps_ledger: bool
) -> None:
    kept = KeptHistory()
    kept.publish(used(URL), client, config())
    server.reset_requests()
    (kept if keeps_ledger else KeptHistory()).publish(used(URL), client, config())
    assert server.writes() == []
    assert bool(server.requests) != keeps_ledger


def test_an_exposure_that_is_new_on_a_model_of_before_is_published(
    server: CatalogueServer, client: OpenMetadataClient
) -> None:
    kept = KeptHistory()
    kept.publish(used(), client, config())
    assert kept.publish(used(URL), client, config()).exposures == Written(published=1)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://bi.acme.example/d/9", "no dashboard has the source URL"),
        ("https://bi.acme.example/d/2", "several dashboards have the source URL"),
        ("https://bi.acme.example/d/*", "no dashboard has the source URL"),
        (None, "has no URL"),
    ],
)
def test_without_one_dashboard_there_is_one_line_and_no_edge(
    server: CatalogueServer, client: OpenMetadataClient, url: str | None, said: str
) -> None:
    kept = KeptHistory()
    first = kept.publish(used(url), client, config())
    (problem,) = first.problems
    assert (problem.kind, problem.where) == ("no_dashboard", f"exposure exposure.shop.use0 of {TOTALS}")
    assert said in problem.detail
    assert (first.exposures, first.parked) == (Written(unchanged=1), 0)
    assert len(server.edges()) == 1
    again = kept.publish(used(url, URL), client, config())
    assert (again.problems, again.exposures.published) == ((), 1)


def test_an_edge_of_another_tool_stays_what_it_is(server: CatalogueServer, client: OpenMetadataClient) -> None:
    ids = {
        kind: next(one["id"] for one in server.entities(kind) if one["fullyQualifiedName"] == fqn)
        for kind, fqn in (("table", TOTALS), ("dashboard", BOARD))
    }
    ends = {
        "fromEntity": {"id": ids["table"], "type": "table"},
        "toEntity": {"id": ids["dashboard"], "type": "dashboard"},
    }
    details = {"source": "DashboardLineage", "description": "by a connector"}
    client.put("v1/lineage", {"edge": {**ends, "lineageDetails": details}})
    assert publish_plan(used(URL), client, config()).report.exposures == Written(unchanged=1)
    assert server.edges()[TOTALS, BOARD]["source"] == "DashboardLineage"


def test_it_can_be_switched_off(server: CatalogueServer, client: OpenMetadataClient) -> None:
    report = publish_plan(used(URL), client, config(write={"exposures": False})).report
    assert (report.exposures, len(server.edges())) == (Written(), 1)


def test_a_dry_run_counts_and_writes_nothing(server: CatalogueServer, client: OpenMetadataClient) -> None:
    assert publish_plan(used(URL), client, config(), dry_run=True).report.exposures == Written(published=1)
    assert server.writes() == []


def test_a_refusal_costs_only_the_exposure_and_is_tried_again(
    server: CatalogueServer, client: OpenMetadataClient
) -> None:
    kept = KeptHistory()
    server.fail("GET", "dashboard_search_index", 500, times=10)
    first = kept.publish(used(URL), client, config())
    assert (first.exposures, first.edges.published, first.parked) == (Written(failed=1), 1, 1)
    server.clear_faults()
    again = kept.publish(LineagePlan(), client, config())
    assert (again.exposures, again.parked) == (Written(published=1), 0)
    assert (TOTALS, BOARD) in server.edges()


def test_a_missing_permission_on_dashboards_costs_no_lineage() -> None:
    with (
        CatalogueServer(BOARDS, token=TOKEN, deny=["EditLineage:dashboard"]) as server,
        OpenMetadataClient(server.url, TOKEN, retries=FAST) as client,
    ):
        report = publish_plan(used(URL), client, config()).report
        assert (report.exposures, report.edges.published) == (Written(failed=1), 1)
        assert ["EditLineage" in problem.detail for problem in report.problems] == [True]


OTHER = "https://bi.acme.example/D/1"


@pytest.mark.parametrize(
    ("later", "said"), [((OTHER,), "dbt no longer names it"), ((OTHER, OTHER), "dbt names another URL for it")]
)
def test_an_exposure_that_disappears_is_a_line_because_its_edge_stays(
    server: CatalogueServer, client: OpenMetadataClient, later: tuple[str, ...], said: str
) -> None:
    kept = KeptHistory()
    assert kept.publish(used(OTHER, URL), client, config()).problems == ()
    assert (TOTALS, BOARD) in server.edges()
    [problem] = kept.publish(used(*later), client, config()).problems
    assert (problem.kind, problem.where) == ("stale_edge", f"exposure exposure.shop.use1 of {TOTALS}")
    assert problem.detail.startswith(f"{said}: ")
    assert "Delete the edge" in problem.detail
    assert kept.publish(used(*later), client, config()).problems == ()


def built(integration: str | None, *urls: str, state: str = "COMPLETE", second: int = 0) -> LineagePlan:
    """Return a plan in which a run of an integration has built the totals."""
    ran = run(state, started=f"2026-01-01T00:00:{second:02d}Z", ended_at=f"2026-01-01T00:01:{second:02d}Z")
    ran = msgspec.structs.replace(ran, writes=(totals().id,))
    return msgspec.structs.replace(used(*urls), jobs=(job(integration=integration),), runs=(ran,))


@pytest.mark.parametrize(
    ("later", "is_told"),
    [
        (built("DBT", second=1), True),
        (built("dbt:1.9", second=1), True),
        (built("DBT", second=1, state="FAIL"), False),
        (built("SPARK", second=1), False),
        (used(), False),
    ],
    ids=["dbt", "with its version", "failed", "another integration", "no run"],
)
def test_the_last_exposure_of_a_model_that_disappears_is_a_line(
    server: CatalogueServer, client: OpenMetadataClient, later: LineagePlan, is_told: bool
) -> None:
    kept = KeptHistory()
    kept.publish(built("DBT", URL), client, config())
    lines = [
        problem.where for problem in kept.publish(later, client, config()).problems if problem.kind == "stale_edge"
    ]
    assert lines == ([f"exposure exposure.shop.use0 of {TOTALS}"] if is_told else [])
    assert not any(problem.kind == "stale_edge" for problem in kept.publish(later, client, config()).problems)
