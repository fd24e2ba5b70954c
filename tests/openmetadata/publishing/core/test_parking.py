"""Parking: lineage of datasets that are not in the catalogue yet, and what it refused, is tried again for a while."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.lineage.plan import LineagePlan
from openmetadata_ol_provider.openlineage.serialization import pack, unpack
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.core.parked import Parked
from openmetadata_ol_provider.openmetadata.publishing.core.parked_items import PackedItem, ParkedItems
from openmetadata_ol_provider.openmetadata.publishing.core.parking import MOST_AT_ONCE, MOST_BYTES_AT_ONCE, Parking
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import PG, columns, config, dataset, edge, job, orders, pair, plan, run
from tests.openmetadata.histories import KeptHistory

NOW = 1_770_000_000
MINUTE, DAY = 60, 86400
NEW = dataset(PG, "shop.public.new_table")
PLAN = plan(
    edge(orders(), NEW, pair(orders(), "id", "id")), datasets=(orders(), NEW), jobs=[job()], runs=[run("COMPLETE")]
)
NOTHING = LineagePlan()
EDGE = ("pg.shop.public.orders", "pg.shop.public.new_table")


def publish(
    client: OpenMetadataClient, history: KeptHistory, what: LineagePlan = NOTHING, now: int = NOW, **rules: Any
) -> Any:
    return history.publish(what, client, config(**rules), now=now)


def ingest_table(client: OpenMetadataClient) -> None:
    """Do what OpenMetadata's own metadata ingestion would do."""
    client.put("v1/tables", {"name": "new_table", "databaseSchema": "pg.shop.public", "columns": columns("id")})


@pytest.fixture
def history(client: OpenMetadataClient) -> KeptHistory:
    """Return a history in which one edge is parked."""
    left = KeptHistory()
    report = publish(client, left, PLAN)
    assert (report.parked, report.datasets.unresolved, report.edges.published) == (1, 1, 0)
    return left


@pytest.mark.promise("A63")
def test_lineage_appears_once_its_dataset_is_in_the_catalogue(
    client: OpenMetadataClient, server: CatalogueServer, history: KeptHistory
) -> None:
    ingest_table(client)
    report = publish(client, history)
    assert (report.edges.published, report.parked) == (1, 0)
    details = server.edges()[EDGE]
    assert details["pipeline"]["fullyQualifiedName"] == "openlineage.prod:etl"
    assert [entry["toColumn"] for entry in details["columnsLineage"]] == ["pg.shop.public.new_table.id"]
    server.reset_requests()
    publish(client, history)
    assert server.requests == []


def test_it_survives_being_stored(client: OpenMetadataClient, server: CatalogueServer, history: KeptHistory) -> None:
    history.replace(parking=Parking(ParkedItems(unpack(pack(dict(history.parking.items)), dict[str, Parked]))))
    ingest_table(client)
    publish(client, history)
    assert EDGE in server.edges()


def test_an_item_says_what_is_missing_since_when_and_why(history: KeptHistory) -> None:
    (item,) = history.parking.items.values()
    assert item.reason == "unresolved"
    assert item.missing == (NEW.id,)
    assert (item.first_seen, item.tries) == (NOW, 1)
    assert "shop.public.new_table" in item.where
    assert "by its address" in item.detail


def test_a_rule_that_settles_both_ends_is_shown_once(client: OpenMetadataClient) -> None:
    ends = [dataset("postgres://elsewhere:5432", f"shop.public.{name}") for name in ("one", "two")]
    history = KeptHistory()
    publish(client, history, plan(edge(*ends), datasets=ends))
    (item,) = history.parking.items.values()
    assert item.missing == tuple(end.id for end in ends)
    assert [item.detail.count(f"shop.public.{name}: ") > 0 for name in ("one", "two")] == [True, True]
    assert item.detail.count("add to `namespaces`") == 1


def test_the_pauses_between_tries_grow_and_what_waits_costs_no_call(
    client: OpenMetadataClient, server: CatalogueServer, history: KeptHistory
) -> None:
    for _ in range(3):
        publish(client, history)
    server.reset_requests()
    publish(client, history)
    assert server.requests == []
    publish(client, history, now=NOW + 2 * MINUTE)
    assert server.requests != []
    for _ in range(20):
        publish(client, history, now=max(item.next_try for item in history.parking.items.values()))
    (item,) = history.parking.items.values()
    latest = item.next_try
    publish(client, history, now=latest)
    assert next(iter(history.parking.items.values())).next_try == latest + 3600


def test_the_same_edge_again_is_not_looked_for_before_its_time(
    client: OpenMetadataClient, server: CatalogueServer, history: KeptHistory
) -> None:
    for _ in range(3):
        publish(client, history)
    server.reset_requests()
    report = publish(client, history, PLAN)
    assert server.requests == []
    assert report.parked == 1


def test_what_the_job_reports_later_counts_not_what_was_parked(
    client: OpenMetadataClient, server: CatalogueServer, history: KeptHistory
) -> None:
    ingest_table(client)
    again = plan(edge(orders(), NEW), datasets=(orders(), NEW), jobs=[job(sql="select 2")])
    publish(client, history, again)
    assert server.edges()[EDGE]["columnsLineage"] == []
    assert server.edges()[EDGE]["sqlQuery"] == "select 2"


@pytest.mark.promise("A63")
def test_after_its_days_it_is_given_up_and_reported(client: OpenMetadataClient, history: KeptHistory) -> None:
    assert publish(client, history, now=NOW + 6 * DAY).parked == 1
    report = publish(client, history, now=NOW + 8 * DAY)
    assert report.parked == 0
    (problem,) = [problem for problem in report.problems if problem.kind == "parking_given_up"]
    assert "parking.max_days" in problem.detail


def test_no_more_wait_than_are_allowed_and_the_oldest_go_first(client: OpenMetadataClient) -> None:
    history = KeptHistory()
    for number in range(4):
        other = dataset(PG, f"shop.public.new_{number}")
        publish(client, history, plan(edge(orders(), other), datasets=(orders(), other)), now=NOW + number)
    report = publish(client, history, now=NOW + 4, parking={"max_edges": 2})
    assert report.parked == 2
    assert sorted(item.missing[0].name for item in history.parking.items.values()) == [
        "shop.public.new_2",
        "shop.public.new_3",
    ]
    assert [problem.kind for problem in report.problems].count("parking_given_up") == 2


def test_one_publication_tries_a_bounded_number(client: OpenMetadataClient) -> None:
    items = [Parked(key=str(number), reason="failed", where="", detail="") for number in range(MOST_AT_ONCE + 5)]
    parking = Parking(ParkedItems({item.key: item.tried(None, NOW + number) for number, item in enumerate(items)}))
    due = parking.due(NOW + 2 * MOST_AT_ONCE)
    assert len(due) == MOST_AT_ONCE
    assert due[0].key == "0"


def test_one_publication_tries_no_more_than_a_few_megabytes_but_always_something(client: OpenMetadataClient) -> None:
    text = "x" * (MOST_BYTES_AT_ONCE // 4)
    sizes = (2, 1, 4, 1)
    items = [Parked(str(number), "failed", "", size * text) for number, size in enumerate(sizes)]
    waiting = {item.key: item.tried(None, NOW + number) for number, item in enumerate(items)}
    tried = []
    while waiting:
        due = Parking(ParkedItems(waiting)).due(NOW + len(items))
        tried.append([item.key for item in due])
        for item in due:
            del waiting[item.key]
    assert tried == [["0", "1"], ["2"], ["3"]]


def park_five_edges(client: OpenMetadataClient, history: KeptHistory) -> None:
    """Park edges to tables that do not exist: ``new_0`` to ``new_4``."""
    for number in range(5):
        other = dataset(PG, f"shop.public.new_{number}")
        publish(client, history, plan(edge(orders(), other), datasets=(orders(), other)), now=NOW + number)


def test_what_one_publication_cannot_try_the_next_ones_do(
    client: OpenMetadataClient, server: CatalogueServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = KeptHistory()
    park_five_edges(client, history)
    for number in range(5):
        client.put("v1/tables", {"name": f"new_{number}", "databaseSchema": "pg.shop.public", "columns": columns("id")})
    monkeypatch.setattr("openmetadata_ol_provider.openmetadata.publishing.core.parking.MOST_AT_ONCE", 2)
    reports = [publish(client, history, now=NOW + DAY) for _ in range(3)]
    assert [(report.edges.published, report.parked) for report in reports] == [(2, 3), (2, 1), (1, 0)]
    assert len(server.edges()) == 5


def test_after_weeks_without_a_publication_each_item_is_tried_before_it_is_given_up(
    client: OpenMetadataClient, server: CatalogueServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = KeptHistory()
    park_five_edges(client, history)
    for number in (0, 1, 3, 4):
        client.put("v1/tables", {"name": f"new_{number}", "databaseSchema": "pg.shop.public", "columns": columns("id")})
    monkeypatch.setattr("openmetadata_ol_provider.openmetadata.publishing.core.parking.MOST_AT_ONCE", 2)
    reports = [publish(client, history, now=NOW + 30 * DAY + minute * MINUTE) for minute in range(3)]
    assert [report.parked for report in reports] == [3, 1, 0]
    given_up = [
        problem.where for report in reports for problem in report.problems if problem.kind == "parking_given_up"
    ]
    assert (len(given_up), len(server.edges())) == (1, 4)
    assert "new_2" in given_up[0]


def test_a_publication_returns_what_it_parks_packed(client: OpenMetadataClient) -> None:
    publication = publish_plan(PLAN, client, config(), now=NOW)
    (item,) = publication.parking.values()
    assert isinstance(item, PackedItem)
    assert item.next_try == NOW


def test_what_somebody_dropped_meanwhile_stays_dropped(history: KeptHistory) -> None:
    stored = dict(history.parking.items)
    more = Parked(key="more", reason="failed", where="", detail="")
    assert set(Parking(ParkedItems({})).updated({"more": more}).items) == {"more"}
    assert Parking(ParkedItems({"more": stored[next(iter(stored))]})).updated({"more": None}).items == {}


def test_an_ambiguous_dataset_is_parked_until_a_rule_settles_it(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    history = KeptHistory()
    twice = dataset("unknown", "twice.facts")
    publish(client, history, plan(edge(orders(), twice), datasets=(orders(), twice)))
    (item,) = history.parking.items.values()
    assert item.reason == "ambiguous"
    report = publish(client, history, namespaces=[{"namespace": "unknown", "service": "lake"}])
    assert (report.parked, report.edges.published) == (0, 1)
    assert ("pg.shop.public.orders", "lake.default.twice.facts") in server.edges()


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("PUT", "v1/lineage", "edge"),
        ("POST", "v1/pipelines$", "pipeline"),
        ("PUT", "/status", "run"),
    ],
)
def test_what_the_catalogue_refused_is_tried_again(
    method: str, path: str, kind: str, client: OpenMetadataClient, server: CatalogueServer
) -> None:
    history = KeptHistory()
    ingest_table(client)
    server.fail(method, path, 400, times=1)
    report = publish(client, history, PLAN)
    assert (report.failed, report.parked) == (1, 1)
    (item,) = history.parking.items.values()
    assert item.key.startswith(kind)
    assert item.reason == "failed"
    assert "Injected" in item.detail
    report = publish(client, history)
    assert (report.failed, report.parked) == (0, 0)
    assert server.edges()[EDGE]["pipeline"]["fullyQualifiedName"] == "openlineage.prod:etl"
    assert [status["executionStatus"] for status in server.statuses("openlineage.prod:etl")] == ["Successful"]


def test_what_the_configuration_leaves_out_is_not_parked(client: OpenMetadataClient) -> None:
    history = KeptHistory()
    report = publish(client, history, PLAN, namespaces=[{"namespace": PG, "ignore": True}])
    assert (report.parked, report.datasets.ignored) == (0, 2)


@pytest.mark.parametrize(
    "excluding", [{"namespaces": [{"namespace": PG, "ignore": True}]}, {"datasets": {"exclude": [f"{PG} *"]}}]
)
def test_what_is_parked_is_released_once_the_configuration_leaves_it_out(
    client: OpenMetadataClient, excluding: dict[str, Any]
) -> None:
    history = KeptHistory()
    assert publish(client, history, PLAN).parked == 1
    report = publish(client, history, **excluding)
    assert (report.parked, report.datasets.unresolved) == (0, 0)
    assert history.parking.items == {}


def test_a_dry_run_parks_nothing_but_says_what_it_would(client: OpenMetadataClient) -> None:
    history = KeptHistory()
    report = history.publish(PLAN, client, config(), dry_run=True)
    assert report.parked == 1
    assert history.parking.items == {}
