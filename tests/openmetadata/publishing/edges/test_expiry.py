"""Edges that no run has confirmed for ``lineage.expire_after`` days with events."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import msgspec
import pytest

from openmetadata_ol_provider.lineage.plan import Dataset, Edge, LineagePlan
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import EdgeFact, Ledger
from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import PG, config, dataset, edge, job, orders, plan, run, totals
from tests.openmetadata.histories import KeptHistory

OLD = dataset(PG, "shop.crm.accounts")
KEPT = ("pg.shop.public.orders", "pg.shop.public.totals")
GONE = ("pg.shop.crm.accounts", "pg.shop.public.totals")
DAYS = 3


def date(day: int) -> str:
    return (dt.date(2026, 1, 1) + dt.timedelta(days=day)).isoformat()


def batch(*edges: Edge, days: Iterable[int] = (), jobs: Iterable[Any] = ()) -> LineagePlan:
    """Return the plan of complete runs with these edges, read from events of some days."""
    made = plan(*edges, datasets=(orders(), totals(), OLD), jobs=jobs or (job(), job("old")), runs=[run("COMPLETE")])
    return msgspec.structs.replace(made, event_days=tuple(map(date, days)))


def living(*days: int) -> LineagePlan:
    """Return the plan of a job that goes on."""
    return batch(edge(orders(), totals()), days=days)


def both(*days: int) -> LineagePlan:
    """Return the plan of the job that goes on, and of the one that is about to end."""
    return batch(edge(orders(), totals()), edge(OLD, totals(), job="old"), days=days)


class Reading:
    """Publishes batches, as a task does that has read all that is waiting."""

    def __init__(self, client: OpenMetadataClient, lasting: LineagePlan | None = None) -> None:
        self.kept = KeptHistory()
        self.client = client
        self.lasting = lasting or LineagePlan()

    def __call__(self, what: LineagePlan, expire_after: int | None = DAYS, **options: Any) -> PublishReport:
        rules = config(lineage={"expire_after": expire_after}, write={"stale_edges": options.pop("stale", "never")})
        options.setdefault("lasting", lambda: self.lasting)
        return self.kept.publish(what, self.client, rules, **options)


@pytest.fixture
def read(client: OpenMetadataClient) -> Reading:
    return Reading(client)


def outcome(report: PublishReport) -> tuple[int, int, int]:
    return report.expired.removed, report.expired.kept, report.expired.failed


@pytest.mark.promise("A166")
@pytest.mark.parametrize("stale", ["never", "report", "remove"])
def test_an_edge_expires_when_enough_days_with_events_have_passed(
    read: Reading, server: CatalogueServer, stale: str
) -> None:
    read(both(0), stale=stale)
    reports = [read(living(day), stale=stale) for day in range(DAYS + 1)]
    assert [report.expired.removed for report in reports] == [0] * (DAYS + 1)
    report = read(living(DAYS + 1), stale=stale)
    assert outcome(report) == (1, 0, 0)
    assert server.edges().keys() == {KEPT}
    (problem,) = (problem for problem in report.problems if problem.kind == "expired_edge")
    assert (problem.where, "prod old" in problem.detail) == (" -> ".join(GONE), True)
    assert problem.detail.endswith("more than 3 days with events (lineage.expire_after): removed")


def test_by_default_no_edge_expires(read: Reading, server: CatalogueServer) -> None:
    read(both(0), expire_after=None)
    for day in range(1, 10):
        read(living(day), expire_after=None)
    assert GONE in server.edges()


def test_a_day_without_events_does_not_count(read: Reading, server: CatalogueServer) -> None:
    read(both(0))
    read(living(100))
    read(living(200, 300))
    assert GONE in server.edges()
    read(living(301))
    assert GONE not in server.edges()


@pytest.mark.promise("A166")
def test_a_run_that_confirms_the_edge_restarts_the_count(read: Reading, server: CatalogueServer) -> None:
    for day in (0, 3):
        read(both(day))
    for day in (4, 5, 6):
        read(living(day))
    assert GONE in server.edges()
    read(living(7))
    assert GONE not in server.edges()


def test_events_read_again_make_nothing_older(read: Reading, server: CatalogueServer) -> None:
    read(both(10))
    read(living(*range(11)))
    assert GONE in server.edges()


def test_nothing_expires_while_events_are_waiting(read: Reading, server: CatalogueServer) -> None:
    read(both(0))
    for day in range(1, 9):
        read(living(day), lasting=None)
    assert GONE in server.edges()
    assert outcome(read(living(9))) == (1, 0, 0)


def test_an_edge_of_before_begins_to_age_with_the_first_batch_that_sees_it(
    read: Reading, server: CatalogueServer
) -> None:
    read(both(0), expire_after=None)
    for day in range(50, 50 + DAYS + 1):
        read(living(day))
    assert GONE in server.edges()
    read(living(60))
    assert GONE not in server.edges()


def test_what_was_confirmed_while_the_option_was_off_is_not_taken_for_old(
    read: Reading, server: CatalogueServer
) -> None:
    read(both(0))
    for day in range(1, 9):
        read(both(day), expire_after=None)
    for day in range(9, 9 + DAYS + 1):
        read(living(day))
    assert GONE in server.edges()


def test_an_edge_that_is_parked_does_not_age(read: Reading) -> None:
    read(batch(edge(OLD, totals(), job="old"), days=[0]))
    key = next(iter(read.kept.ledger.edges))
    lost = batch(edge(OLD, totals(), job="old"), days=[1])
    missing = msgspec.structs.replace(lost, datasets=(totals(), msgspec.structs.replace(OLD, identities=())))
    report = read(missing, full_refresh=True)
    assert report.parked == 1
    # It waits from day 1 on, and is tried again without success.
    for day in range(2, 9):
        report = read(msgspec.structs.replace(living(day), datasets=(orders(), totals())))
        assert (outcome(report), report.parked) == ((0, 0, 0), 1)
    assert key in read.kept.ledger.edges


@pytest.mark.parametrize("declared", [False, True], ids=["of a running stream", "declared"])
def test_lasting_lineage_does_not_age(client: OpenMetadataClient, server: CatalogueServer, declared: bool) -> None:
    lasting = plan(edge(OLD, totals(), job="old"), datasets=(OLD, totals()), jobs=[job("old", declared=declared)])
    read = Reading(client, lasting)
    read(both(0))
    for day in range(1, 12):
        read(living(day))
    assert GONE in server.edges()


def test_a_declaration_holds_until_the_next(read: Reading, server: CatalogueServer) -> None:
    declaring = (job(), job("old", declared=True))
    read(batch(edge(OLD, totals(), job="old"), days=[0], jobs=declaring))
    for day in range(1, 9):
        read(living(day))
    assert GONE in server.edges()
    read(batch(edge(orders(), totals(), job="old"), days=[9], jobs=declaring))
    for day in range(10, 10 + DAYS):
        read(living(day))
    assert GONE in server.edges()
    assert outcome(read(living(20))) == (1, 0, 0)


def test_an_edge_that_another_job_still_writes_stays_without_this_one(read: Reading, server: CatalogueServer) -> None:
    shared = edge(OLD, totals(), job="etl")
    read(batch(shared, edge(OLD, totals(), job="old"), days=[0]))
    for day in range(1, DAYS + 2):
        read(batch(shared, days=[day]))
    assert server.edges()[GONE]["description"] == "Written by OpenLineage jobs: openlineage.prod:etl"


def test_another_name_of_the_same_dataset_confirms_the_edge(read: Reading, server: CatalogueServer) -> None:
    read(both(0))
    renamed = msgspec.structs.replace(OLD, namespace="postgres://WAREHOUSE:5432")
    for day in range(1, DAYS + 3):
        made = batch(edge(renamed, totals(), job="old"), days=[day])
        read(msgspec.structs.replace(made, datasets=(renamed, totals())))
    assert GONE in server.edges()


def test_an_edge_described_by_a_steward_stays_and_is_reported(read: Reading, server: CatalogueServer) -> None:
    read(both(0))
    ids = {table["fullyQualifiedName"]: table["id"] for table in server.entities("table")}
    source, target = ({"id": ids[name], "type": "table"} for name in GONE)
    details = {**server.edges()[GONE], "description": "a steward's words"}
    details["pipeline"] = {key: details["pipeline"][key] for key in ("id", "type")}
    read.client.put("v1/lineage", {"edge": {"fromEntity": source, "toEntity": target, "lineageDetails": details}})
    reports = [read(living(day)) for day in range(1, 9)]
    assert sum(report.expired.kept for report in reports) == 1
    assert GONE in server.edges()
    assert any("no longer only ours" in problem.detail for report in reports for problem in report.problems)


def test_a_dry_run_lists_what_would_expire(read: Reading, server: CatalogueServer) -> None:
    read(both(0))
    for day in range(1, DAYS + 1):
        read(living(day))
    report = read(living(DAYS + 1), dry_run=True)
    assert outcome(report) == (1, 0, 0)
    assert any(problem.detail.endswith("would be removed") for problem in report.problems)
    assert GONE in server.edges()


def test_what_the_server_refuses_is_tried_again(read: Reading, server: CatalogueServer) -> None:
    read(both(0))
    for day in range(1, DAYS + 1):
        read(living(day))
    server.fail("DELETE", "/api/v1/lineage/.*", 400, times=1)
    assert outcome(read(living(DAYS + 1))) == (0, 0, 1)
    assert outcome(read(living(DAYS + 1))) == (1, 0, 0)
    assert GONE not in server.edges()


def test_a_batch_that_lets_nothing_expire_costs_no_request(read: Reading, server: CatalogueServer) -> None:
    read(both(0))
    read(living(1))
    server.reset_requests()
    report = read(living(2))
    assert (report.edges.unchanged, report.requests) == (1, {})


def test_a_lost_or_trimmed_ledger_lets_nothing_expire(read: Reading, server: CatalogueServer) -> None:
    read(both(0))
    read.kept.replace(ledger=Ledger())
    for day in range(1, 12):
        read(living(day))
    assert GONE in server.edges()


def test_an_edge_that_only_a_dataset_states_does_not_expire(read: Reading, server: CatalogueServer) -> None:
    read(batch(edge(orders(), totals()), edge(OLD, totals(), job=None), days=[0]))
    assert {outcome(read(living(day))) for day in range(1, 9)} == {(0, 0, 0)}
    assert GONE in server.edges()


def test_with_lanes_nothing_expires_and_the_report_tells(read: Reading, server: CatalogueServer) -> None:
    read(both(0))
    for day in range(1, DAYS + 3):
        report = read(living(day), concurrent=True)
    assert GONE in server.edges()
    (problem,) = (problem for problem in report.problems if problem.kind == "not_expiring")
    assert "lineage.expire_after is 3" in problem.detail
    assert "Set lanes to 1" in problem.detail


def test_most_expired_edges_wait_for_the_next_publication(
    read: Reading, server: CatalogueServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openmetadata_ol_provider.openmetadata.publishing.edges.removal_stage.MOST_AT_ONCE", 1)
    others: tuple[Dataset, ...] = (OLD, dataset("hive://metastore:10000", "sales.orders"))
    made = batch(*(edge(source, totals(), job="old") for source in others), days=[0])
    read(msgspec.structs.replace(made, datasets=(*others, totals())))
    assert len(server.edges()) == 2
    assert [read(living(day)).expired.removed for day in range(1, 8)] == [0, 0, 0, 1, 1, 0, 0]


def test_edges_of_older_ledgers_are_read() -> None:
    old = msgspec.json.encode({"edges": {"1": [5, 2.0, "prod\x1fold", "table:a", "table:b", "a -> b", "old", 2]}})
    ledger = msgspec.json.decode(old, type=Ledger)
    assert ledger.edges == {1: EdgeFact(5, 2.0, "prod\x1fold", "table:a", "table:b", "a -> b", "old", 2, confirmed=0)}
    assert ledger.days == ()
