"""Edges that a plan takes back: removed with a line, as far as they were published and are only ours."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from openmetadata_ol_provider.lineage.plan import Dataset, LineagePlan, Retraction
from openmetadata_ol_provider.openlineage.times import iso_of
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import PG, config, dataset, edge, job, orders, plan, totals
from tests.openmetadata.histories import KeptHistory

ACCOUNTS = dataset(PG, "shop.crm.accounts")
KEPT = ("pg.shop.public.orders", "pg.shop.public.totals")
FALSE = ("pg.shop.crm.accounts", "pg.shop.public.totals")


NOW = 1_800_000_000.0
#: Ten minutes before and after.
BEFORE, AFTER = iso_of((int(NOW) - 600) * 1_000_000), iso_of((int(NOW) + 600) * 1_000_000)


def plan_of(
    *sources: Dataset, retracted: Dataset | None = None, name: str = "etl", began_at: str | None = None
) -> LineagePlan:
    """Return the plan of a run that makes the totals of some sources, and takes back that they come of another one."""
    edges = [edge(source, totals(), job=name) for source in sources]
    made = plan(*edges, datasets=[*sources, totals()], jobs=[job(name)])
    taken_back = [Retraction(one.id, totals().id, job(name).id, began_at) for one in (retracted,) if one]
    return replace(made, retracted=tuple(taken_back))


@pytest.fixture
def history(client: OpenMetadataClient, server: CatalogueServer) -> KeptHistory:
    history = KeptHistory()
    history.publish(plan_of(orders(), ACCOUNTS), client, config())
    assert server.edges().keys() == {KEPT, FALSE}
    return history


def test_it_is_removed_with_a_line(client: OpenMetadataClient, server: CatalogueServer, history: KeptHistory) -> None:
    report = history.publish(plan_of(orders(), retracted=ACCOUNTS), client, config())
    assert server.edges().keys() == {KEPT}
    assert report.stale.removed == 1
    (problem,) = (problem for problem in report.problems if problem.kind == "retracted_edge")
    assert problem.where == "pg.shop.crm.accounts -> pg.shop.public.totals"
    assert "prod etl" in problem.detail
    assert problem.detail.endswith("false: removed")
    again = history.publish(plan_of(orders(), retracted=ACCOUNTS), client, config())
    assert not any(problem.kind == "retracted_edge" for problem in again.problems)


def test_a_dry_run_removes_nothing(client: OpenMetadataClient, server: CatalogueServer, history: KeptHistory) -> None:
    report = history.publish(plan_of(orders(), retracted=ACCOUNTS), client, config(), dry_run=True)
    assert server.edges().keys() == {KEPT, FALSE}
    assert any(problem.detail.endswith("would be removed") for problem in report.problems)


def test_what_another_job_writes_stays(
    client: OpenMetadataClient, server: CatalogueServer, history: KeptHistory
) -> None:
    history.publish(plan_of(ACCOUNTS, name="other"), client, config())
    history.publish(plan_of(orders(), retracted=ACCOUNTS), client, config())
    assert server.edges().keys() == {KEPT, FALSE}
    assert "etl" not in server.edges()[FALSE]["description"]


def test_an_edge_that_waits_for_a_dataset_is_not_tried_again(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    history, later = KeptHistory(), dataset(PG, "shop.public.later")
    history.publish(plan_of(orders(), later), client, config())
    assert len(history.parking) == 1
    history.publish(plan_of(orders(), retracted=later), client, config())
    assert len(history.parking) == 0
    assert server.edges().keys() == {KEPT}


def test_what_was_published_before_its_runs_began_stays_with_a_line(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    history = KeptHistory()
    history.publish(plan_of(orders(), ACCOUNTS), client, config(), now=NOW)
    # The run shows the edge, too, at first.
    history.publish(plan_of(orders(), ACCOUNTS), client, config(), now=NOW + 900, full_refresh=True)
    report = history.publish(plan_of(orders(), retracted=ACCOUNTS, began_at=AFTER), client, config(), now=NOW + 1200)
    assert server.edges().keys() == {KEPT, FALSE}
    (problem,) = (problem for problem in report.problems if problem.kind == "retracted_edge")
    assert "stays: runs of the job that are not remembered any more" in problem.detail
    history.publish(plan_of(orders(), retracted=ACCOUNTS, began_at=BEFORE), client, config(), now=NOW + 1200)
    assert server.edges().keys() == {KEPT}


def test_what_was_parked_before_its_runs_began_is_tried_again(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    history, later = KeptHistory(), dataset(PG, "shop.public.later")
    history.publish(plan_of(orders(), later), client, config(), now=NOW)
    history.publish(plan_of(orders(), retracted=later, began_at=AFTER), client, config(), now=NOW + 1200)
    (item,) = history.parking.items.values()
    assert [edge.source.name for edge in item.edges] == ["shop.public.later"]
    history.publish(plan_of(orders(), retracted=later, began_at=BEFORE), client, config(), now=NOW + 2400)
    assert len(history.parking) == 0
