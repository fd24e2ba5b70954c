"""Removals that the catalogue refuses are lines, are tried again, and hold back no other lineage."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.lineage.plan import LineagePlan
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import Ledger
from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import PG, config, dataset, edge, job, orders, plan, totals
from tests.openmetadata.histories import KeptHistory
from tests.openmetadata.publishing.edges.test_retracted import ACCOUNTS, FALSE, KEPT, NOW, plan_of

RETRACTING = plan_of(orders(), retracted=ACCOUNTS)
DAY = 86_400


@pytest.fixture
def history(client: OpenMetadataClient, server: CatalogueServer) -> KeptHistory:
    history = KeptHistory()
    history.publish(plan_of(orders(), ACCOUNTS), client, config(), now=NOW)
    assert server.edges().keys() == {KEPT, FALSE}
    return history


def retry(
    history: KeptHistory, client: OpenMetadataClient, what: LineagePlan | None = None, after: float = 10, **write: Any
) -> PublishReport:
    return history.publish(what or LineagePlan(), client, config(write=write), now=NOW + after)


def refuse_five_times(history: KeptHistory, client: OpenMetadataClient, server: CatalogueServer) -> None:
    server.fail("DELETE", "v1/lineage", 403, times=100)
    for after in range(5):
        retry(history, client, RETRACTING if not after else None, after=after)
    server.clear_faults()


def lines(report: PublishReport, kind: str = "retracted_edge") -> list[str]:
    return [problem.detail for problem in report.problems if problem.kind == kind]


ANSWERS: dict[str, dict[str, Any]] = {
    "not allowed": {"status": 403},
    "refused": {"status": 400},
    "server error": {"status": 500},
    "overloaded": {"status": 503},
    "rate limit": {"status": 429},
    "no answer": {"status": 0},
    "not a response of OpenMetadata": {"status": 302},
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_it_is_tried_again_until_the_edge_is_gone(
    client: OpenMetadataClient, server: CatalogueServer, history: KeptHistory, answer: dict[str, Any]
) -> None:
    server.fail("DELETE", "v1/lineage", answer["status"], times=100)
    report = retry(history, client, RETRACTING)
    assert (report.stale.failed, report.parked) == (1, 1)
    assert {problem.kind for problem in report.problems} <= {"failed", "endpoint_failing"}
    assert report.problems
    assert retry(history, client).parked == 1
    server.clear_faults()
    report = retry(history, client, after=7200)
    assert server.edges().keys() == {KEPT}
    assert (report.stale.removed, report.parked) == (1, 0)
    assert lines(report) == ["no longer lineage of prod etl, but its removal was refused; now: removed"]
    assert retry(history, client, after=7300).problems == ()


def test_edges_that_all_fail_do_not_stop_the_publication(client: OpenMetadataClient, server: CatalogueServer) -> None:
    history, names = KeptHistory(), [f"etl{number}" for number in range(8)]
    sources = [orders(), ACCOUNTS]
    targets = [totals(), ACCOUNTS, orders()]
    edges = [edge(one, two, job=name) for name in names for one in sources for two in targets if one != two]
    jobs = [job(name) for name in names]
    history.publish(plan(*edges, datasets=targets, jobs=jobs), client, config(), now=NOW)
    before = server.edges().keys()
    server.fail("DELETE", "v1/lineage", 500, times=100)
    server.fail("PATCH", "v1/lineage", 403, times=100)
    server.fail("PUT", "v1/lineage", 403, times=100)
    declared = [job(name, declared=True) for name in names]
    report = retry(history, client, plan(datasets=targets, jobs=declared), stale_edges="remove")
    assert report.stale.failed == len(edges)
    server.clear_faults()
    retry(history, client, after=7200, stale_edges="remove")
    assert before
    assert server.edges() == {}


def test_an_edge_that_is_gone_meanwhile_is_a_line(
    client: OpenMetadataClient, server: CatalogueServer, history: KeptHistory
) -> None:
    server.fail("DELETE", "v1/lineage", 500, times=100, after_effect=True)
    retry(history, client, RETRACTING)
    server.clear_faults()
    report = retry(history, client)
    assert (report.stale.failed, report.parked) == (0, 0)
    assert lines(report)[0].endswith("refused; now: stays: it is gone, or no longer only ours")


@pytest.mark.parametrize("is_due", [False, True])
def test_an_edge_that_a_run_shows_again_is_not_removed(
    client: OpenMetadataClient, server: CatalogueServer, history: KeptHistory, is_due: bool
) -> None:
    refuse_five_times(history, client, server)
    report = retry(history, client, plan_of(orders(), ACCOUNTS), after=7200 if is_due else 6)
    assert report.parked == 0
    retry(history, client, after=9000)
    assert server.edges().keys() == {KEPT, FALSE}


@pytest.mark.parametrize("is_due", [False, True])
def test_an_edge_that_is_shown_again_under_another_name_is_not_removed(
    client: OpenMetadataClient, server: CatalogueServer, history: KeptHistory, is_due: bool
) -> None:
    refuse_five_times(history, client, server)
    same = dataset(PG, "shop.crm.ACCOUNTS")
    retry(history, client, plan_of(orders(), same), after=7200 if is_due else 6)
    assert retry(history, client, after=9000).parked == 0
    assert server.edges().keys() == {KEPT, FALSE}


def test_it_is_given_up_with_a_line(client: OpenMetadataClient, server: CatalogueServer, history: KeptHistory) -> None:
    server.fail("DELETE", "v1/lineage", 403, times=1000)
    retry(history, client, RETRACTING)
    report = retry(history, client, after=config().parking.max_days * DAY + 20)
    assert report.parked == 0
    assert "to be removed, but refused" in lines(report, "parking_given_up")[0]


def test_a_ledger_that_is_lost_meanwhile_is_a_line(
    client: OpenMetadataClient, server: CatalogueServer, history: KeptHistory
) -> None:
    server.fail("DELETE", "v1/lineage", 403)
    retry(history, client, RETRACTING)
    history.replace(ledger=Ledger())
    report = retry(history, client)
    assert report.parked == 0
    assert lines(report) == [
        "its removal was refused 1 time, and the ledger has lost it; if it is in OpenMetadata, remove it by hand"
    ]


def test_a_stale_edge_stays_if_stale_edges_are_not_to_be_removed_any_more(
    client: OpenMetadataClient, server: CatalogueServer, history: KeptHistory
) -> None:
    declared = plan(edge(orders(), totals()), datasets=[orders(), totals()], jobs=[job(declared=True)])
    server.fail("DELETE", "v1/lineage", 403)
    assert retry(history, client, declared, stale_edges="remove").parked == 1
    report = retry(history, client, stale_edges="report")
    assert (report.parked, len(lines(report, "stale_edge"))) == (0, 1)
    assert server.edges().keys() == {KEPT, FALSE}
