"""The ledger: what was published and did not change costs no call."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from openmetadata_ol_provider.config import LedgerOptions
from openmetadata_ol_provider.lineage.plan import LineagePlan
from openmetadata_ol_provider.openlineage.serialization import pack, unpack
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import ENDED, Fact, Ledger
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import (
    PG,
    SEED,
    TOKEN,
    config,
    dataset,
    edge,
    job,
    orders,
    orders_plan,
    pair,
    plan,
    run,
    totals,
)
from tests.openmetadata.histories import KeptHistory

NOW = 1_770_000_000.0
HOUR = 3600
PLAN = orders_plan(
    pair(orders(), "id", "id"),
    jobs=[job(sql="select 1"), job("etl.load", task="load", pipeline="etl")],
    runs=[run("COMPLETE", ended_at="2026-01-01T00:05:00Z"), run("COMPLETE", task="load")],
)


def publish(client: OpenMetadataClient, history: KeptHistory, what: LineagePlan = PLAN, **options: Any) -> Any:
    given = {"now": NOW, **options}
    return history.publish(what, client, given.pop("config", config()), **given)


@pytest.fixture
def history(client: OpenMetadataClient, server: CatalogueServer) -> KeptHistory:
    """Return what a first publication has left."""
    left = KeptHistory()
    assert publish(client, left).failed == 0
    server.reset_requests()
    return left


def test_an_unchanged_plan_costs_no_call(
    client: OpenMetadataClient, server: CatalogueServer, history: KeptHistory
) -> None:
    first = publish(client, KeptHistory(), now=NOW)
    server.reset_requests()
    report = publish(client, history)
    assert server.requests == []
    assert report.requests == {}
    assert (report.edges.unchanged, report.pipelines.unchanged, report.statuses.unchanged) == (1, 1, 1)
    assert (report.datasets, report.namespaces) == (first.datasets, first.namespaces)


def test_a_hundred_heartbeats_cost_no_call(client: OpenMetadataClient, server: CatalogueServer) -> None:
    history = KeptHistory()
    publish(client, history, orders_plan(runs=[run("RUNNING", new=True)]))
    server.reset_requests()
    for _ in range(100):
        publish(client, history, orders_plan(runs=[run("RUNNING")]))
    assert server.requests == []


def test_it_survives_being_stored(client: OpenMetadataClient, server: CatalogueServer, history: KeptHistory) -> None:
    history.replace(ledger=unpack(pack(history.ledger), Ledger))
    publish(client, history)
    assert server.requests == []


def test_without_a_ledger_everything_is_compared_and_nothing_written(
    client: OpenMetadataClient, server: CatalogueServer, history: KeptHistory
) -> None:
    report = publish(client, KeptHistory())
    assert server.writes() == []
    assert len(server.requests) > 4
    assert report.edges.unchanged == 1


def test_a_full_refresh_compares_everything_and_repairs_what_others_broke(
    client: OpenMetadataClient, server: CatalogueServer, history: KeptHistory
) -> None:
    (ends,) = server.edges()
    ids = {table["fullyQualifiedName"]: table["id"] for table in server.entities("table")}
    client.delete(f"v1/lineage/table/{ids[ends[0]]}/table/{ids[ends[1]]}")
    assert publish(client, history).edges.published == 0
    assert publish(client, history, full_refresh=True).edges.published == 1
    server.reset_requests()
    publish(client, history)
    assert server.requests == []


def test_another_configuration_is_compared_again(
    client: OpenMetadataClient, server: CatalogueServer, history: KeptHistory
) -> None:
    other = config(lineage={"columns": False})
    publish(client, history, config=other)
    assert server.requests != []
    server.reset_requests()
    publish(client, history, config=other)
    assert server.requests == []


def test_another_catalogue_is_written_from_nothing(history: KeptHistory) -> None:
    with CatalogueServer(SEED, token=TOKEN) as second, OpenMetadataClient(second.url, TOKEN) as client:
        assert publish(client, history).edges.published == 1
        assert len(second.edges()) == 1


def test_what_was_published_long_ago_is_compared_again(
    client: OpenMetadataClient, server: CatalogueServer, history: KeptHistory
) -> None:
    publish(client, history, now=NOW + 10 * HOUR)
    assert server.requests == []
    report = publish(client, history, now=NOW + 40 * HOUR)
    assert server.writes() == []
    assert report.requests["GET"] > 0
    server.reset_requests()
    publish(client, history, now=NOW + 41 * HOUR)
    assert server.requests == []


@pytest.mark.parametrize("what", ["sql", "run", "columns", "task"])
def test_what_changed_is_published(
    what: str, client: OpenMetadataClient, server: CatalogueServer, history: KeptHistory
) -> None:
    changed = {
        "sql": msgspec.structs.replace(PLAN, jobs=(job(sql="select 2"), PLAN.jobs[1])),
        "run": msgspec.structs.replace(PLAN, runs=(run("FAIL"), PLAN.runs[1])),
        "columns": msgspec.structs.replace(PLAN, edges=(edge(orders(), totals(), pair(orders(), "amount", "total")),)),
        "task": msgspec.structs.replace(PLAN, jobs=(*PLAN.jobs, job("etl.more", task="more", pipeline="etl"))),
    }[what]
    publish(client, history, changed)
    assert server.writes() != []
    server.reset_requests()
    publish(client, history, changed)
    assert server.requests == []


def test_only_the_jobs_that_changed_cost_calls(client: OpenMetadataClient, server: CatalogueServer) -> None:
    missing = dataset(PG, "shop.crm.accounts")
    both = plan(
        edge(orders(), totals(), job="a"),
        edge(orders(), missing, job="b"),
        datasets=(orders(), totals(), missing),
        jobs=[job("a"), job("b")],
    )
    history = KeptHistory()
    publish(client, history, both)
    server.reset_requests()
    publish(client, history, msgspec.structs.replace(both, jobs=(job("a", sql="select 1"), job("b"))))
    paths = " ".join(request.path for request in server.requests)
    assert "prod%3Aa" in paths
    assert "prod%3Ab" not in paths
    assert "accounts" not in paths


def test_what_was_not_found_is_looked_for_again_before_long(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    history = KeptHistory()
    lonely = plan(datasets=[dataset(PG, "shop.public.nowhere")])
    assert publish(client, history, lonely).datasets.unresolved == 1
    server.reset_requests()
    assert publish(client, history, lonely).datasets.unresolved == 1
    assert server.requests == []
    publish(client, history, lonely, now=NOW + 2 * HOUR)
    assert server.requests != []


def test_a_dry_run_reads_everything_and_remembers_nothing(client: OpenMetadataClient, server: CatalogueServer) -> None:
    history = KeptHistory()
    first = publish(client, history, dry_run=True)
    second = publish(client, history, dry_run=True)
    assert first.edges.published == second.edges.published == 1
    assert server.writes() == []


def test_its_size_is_bounded_and_the_oldest_facts_go_first() -> None:
    ledger = Ledger(facts={number: Fact(1, float(number)) for number in range(100)})
    ledger = ledger.trimmed(10)
    assert sorted(ledger.facts) == list(range(90, 100))
    assert ledger.is_current(99, 1, 99.0, LedgerOptions())


def test_runs_that_have_ended_are_a_part_of_it_however_much_room_there_is() -> None:
    facts = {number: Fact(1, float(number), ENDED if number >= 10 else "") for number in range(100)}
    trimmed = Ledger(facts=facts).trimmed(100)
    assert sorted(trimmed.facts) == [*range(10), *range(64, 100)]
    assert trimmed.trimmed(100).facts == trimmed.facts


def test_it_can_be_switched_off(client: OpenMetadataClient, server: CatalogueServer) -> None:
    history, off = KeptHistory(), config(ledger={"max_facts": 0})
    publish(client, history, config=off)
    server.reset_requests()
    publish(client, history, config=off)
    assert server.writes() == []
    assert server.requests != []


def test_runs_that_have_ended_are_forgotten_before_what_was_published_longer_ago(client: OpenMetadataClient) -> None:
    history = KeptHistory()
    first = orders_plan(runs=[run("COMPLETE", pipeline_run_id="r0")])
    history.publish(first, client, config(), now=NOW)
    lasting = len(history.ledger.facts) + len(history.ledger.edges) - 1
    for number in range(1, 6):
        later = orders_plan(
            runs=[run("COMPLETE", started=f"2026-01-01T0{number}:00:00Z", pipeline_run_id=f"r{number}")]
        )
        history.publish(later, client, config(), now=NOW + number * 3600)
    running = orders_plan(runs=[run("RUNNING", started="2026-01-01T09:00:00Z", pipeline_run_id="r9")])
    history.publish(running, client, config(), now=NOW)
    trimmed = history.ledger.trimmed(lasting + 2)
    ended = [fact for fact in trimmed.facts.values() if fact.note == ENDED]
    assert [fact.at for fact in ended] == [round((NOW + 5 * 3600) / 3600, 2)]
    assert len(trimmed.facts) + len(trimmed.edges) == lasting + 2
    trimmed = history.ledger.trimmed(lasting)
    assert not [fact for fact in trimmed.facts.values() if fact.note == ENDED]
    assert trimmed.edges
