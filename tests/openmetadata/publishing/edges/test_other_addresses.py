"""Another address is another system: its edges wait for a rule, and what was matched by name alone is told once."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest

from openmetadata_ol_provider.lineage.plan import Dataset, LineagePlan
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import MATCHING
from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import PG, config, dataset, edge, job, orders, pair, plan, totals
from tests.openmetadata.histories import KeptHistory

NOW = 1_770_000_000
HOUR = 3600
NOTHING = LineagePlan()
STAGING = dataset("postgres://staging-db:5432", "shop.public.only_there")
EDGE = ("pg2.shop.public.only_there", "pg.shop.public.totals")
PLAN = plan(edge(STAGING, totals()), datasets=(STAGING, totals()), jobs=[job()])
ALWAYS = {"resolution": {"by_name": "always"}}


def publish(
    client: OpenMetadataClient, history: KeptHistory, made: LineagePlan = PLAN, now: int = NOW, **sections: Any
) -> PublishReport:
    remembered = sections.pop("remembered", None)
    return history.publish(made, client, config(**sections), now=now, remembered=remembered)


def of_kind(report: PublishReport, kind: str) -> list[Problem]:
    return [problem for problem in report.problems if problem.kind == kind]


def rule_in(problem: Problem) -> dict[str, str]:
    """Return the rule that a line proposes."""
    import yaml

    match = re.search(r"\{namespace: [^}]*\}", problem.detail)
    assert match, problem.detail
    rule: dict[str, str] = yaml.safe_load(match[0])
    return rule


@pytest.mark.promise("C56")
@pytest.mark.parametrize(
    ("source", "fqn", "addresses"),
    [
        (STAGING, EDGE[0], ("other", "staging-db:5432")),
        (
            dataset("snowflake://org-staging", "PROD.PUBLIC.ORDERS"),
            "snow.PROD.PUBLIC.ORDERS",
            ("account org-acct", "account org-staging"),
        ),
        (dataset("hive://hs2:10000", "sales.facts"), "hive.default.sales.facts", ("metastore:10000", "hs2:10000")),
        (
            dataset("kafka://staging:9092", "shop.orders", kind="topic"),
            'events."shop.orders"',
            ("b1:9092, b2:9092", "staging:9092"),
        ),
    ],
)
def test_an_edge_of_another_address_waits_until_a_rule_says_that_it_is_the_same(
    client: OpenMetadataClient, server: CatalogueServer, source: Dataset, fqn: str, addresses: tuple[str, str]
) -> None:
    history = KeptHistory()
    service, namespace = fqn.partition(".")[0], source.namespace
    report = publish(client, history, plan(edge(source, totals()), datasets=(source, totals()), jobs=[job()]))
    assert (report.datasets.unresolved, report.edges.published, report.parked) == (1, 0, 1)
    assert server.edges() == {}
    (problem,) = of_kind(report, "other_address")
    assert problem.where == f"{namespace} {source.name}"
    assert f"as {fqn}, but the connection of service {service} says {addresses[0]}" in problem.detail
    assert f"the event says {addresses[1]}:" in problem.detail
    (item,) = history.parking.items.values()
    assert (item.reason, item.missing) == ("other_address", (source.id,))
    rule = rule_in(problem)
    assert rule == {"namespace": namespace, "service": service}
    report = publish(client, history, NOTHING, NOW + HOUR, namespaces=[rule])
    assert (report.edges.published, report.parked) == (1, 0)
    assert list(server.edges()) == [(fqn, EDGE[1])]


def test_the_edge_is_released_when_the_connection_names_the_address(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    history = KeptHistory()
    publish(client, history)
    config = {"type": "Postgres", "hostPort": "staging-db:5432", "database": "shop", "username": "reader"}
    body = {"name": "pg2", "serviceType": "Postgres", "connection": {"config": config}}
    client.put("v1/services/databaseServices", body)
    assert publish(client, history, NOTHING, NOW + HOUR).parked == 0
    assert list(server.edges()) == [EDGE]


def test_every_service_with_such_a_name_is_named(client: OpenMetadataClient) -> None:
    twice = dataset("postgres://staging-db:5432", "shop.public.orders")
    report = publish(client, KeptHistory(), plan(edge(twice, totals()), datasets=(twice, totals())))
    (problem,) = of_kind(report, "other_address")
    assert "pg.shop.public.orders" in problem.detail
    assert "pg2.shop.public.orders" in problem.detail
    assert "service: pg} or {" in problem.detail


def test_a_rule_never_shows_the_user_of_a_namespace(client: OpenMetadataClient) -> None:
    source = dataset(
        "postgres://etl@staging-db:5432",
        "shop.public.only_there",
        ("postgres://staging-db:5432", "shop.public.only_there", "table"),
    )
    report = publish(client, KeptHistory(), plan(edge(source, totals()), datasets=(source, totals())))
    (problem,) = of_kind(report, "other_address")
    assert rule_in(problem) == {"namespace": "postgres://staging-db:5432", "service": "pg2"}


@pytest.mark.parametrize("most", [0, 1, 2, 3])
def test_a_full_parking_lot_gives_up_other_addresses_first(client: OpenMetadataClient, most: int) -> None:
    history = KeptHistory()
    missing = dataset(PG, "shop.public.missing")
    first = plan(edge(missing, totals()), datasets=(missing, totals()))
    publish(client, history, first, NOW - 2 * HOUR, parking={"max_edges": most})
    second = dataset("postgres://staging-db:5432", "shop.crm.accounts")
    made = plan(edge(STAGING, totals()), edge(second, totals()), datasets=(STAGING, second, totals()), jobs=PLAN.jobs)
    report = publish(client, history, made, NOW, parking={"max_edges": most})
    reasons = sorted(item.reason for item in history.parking.items.values())
    assert (
        reasons == [[], ["unresolved"], ["other_address", "unresolved"], ["other_address"] * 2 + ["unresolved"]][most]
    )
    assert len(of_kind(report, "parking_given_up")) == min(3 - most, 3 if most else 2)


# -- resolution.by_name ------------------------------------------------------------------------------------------------


def test_always_matches_by_name_and_says_so_once(client: OpenMetadataClient, server: CatalogueServer) -> None:
    history = KeptHistory()
    second = dataset("postgres://staging-db:5432", "shop.crm.accounts")
    made = plan(edge(STAGING, totals()), edge(second, totals()), datasets=(STAGING, second, totals()), jobs=[job()])
    told = []
    for number, facts in enumerate((PLAN, made, PLAN)):
        report = publish(client, history, facts, NOW + number * 48 * HOUR, **ALWAYS)
        told += of_kind(report, "matched_by_name")
        assert of_kind(report, "other_address") == []
    assert set(server.edges()) == {EDGE, ("pg.shop.crm.accounts", EDGE[1])}
    assert {problem.where for problem in told} == {
        "postgres://staging-db:5432 -> pg2",
        "postgres://staging-db:5432 -> pg",
    }
    assert len(told) == 2
    assert rule_in(told[0]) == {"namespace": "postgres://staging-db:5432", "service": "pg2"}


@pytest.mark.parametrize(
    ("by_name", "edges"),
    [("never", []), ("when_unknown", ["lake.default.ice.facts"]), ("always", ["lake.default.ice.facts"])],
)
def test_a_service_without_address_is_matched_by_name_unless_that_is_off(
    client: OpenMetadataClient, server: CatalogueServer, by_name: str, edges: list[str]
) -> None:
    source = dataset("iceberg", "ice.facts")
    made = plan(edge(source, totals()), datasets=(source, totals()), jobs=[job()])
    history = KeptHistory()
    report = publish(client, history, made, resolution={"by_name": by_name})
    assert [start for start, _ in server.edges()] == edges
    (problem,) = report.problems
    if not edges:
        assert problem.kind == "unresolved"
        assert "resolution.by_name is never" in problem.detail
        return
    assert (problem.kind, problem.where) == ("assumed_service", "iceberg -> lake")
    assert rule_in(problem) == {"namespace": "iceberg", "service": "lake"}
    again = publish(client, history, made, NOW + 48 * HOUR, resolution={"by_name": by_name})
    assert again.problems == ()


def test_the_rule_for_a_table_in_a_lake_is_not_one_for_the_whole_bucket(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    names = ("http://rest:8181", "ice.facts", "table"), ("s3://raw", "warehouse/ice/facts", "container")
    source = dataset("s3://raw", "warehouse/ice/facts", *names)
    report = publish(client, KeptHistory(), plan(edge(source, totals()), datasets=(source, totals()), jobs=[job()]))
    (problem,) = report.problems
    assert (problem.kind, problem.where) == ("assumed_service", "http://rest:8181 -> lake")
    rule = rule_in(problem)
    assert rule == {"namespace": "http://rest:8181", "service": "lake"}
    assert "because no address connects them" in problem.detail
    # With it, nothing is assumed.
    ruled = publish(client, KeptHistory(), plan(edge(source, totals()), datasets=(source, totals()), jobs=[job()]),
                    namespaces=[rule])  # fmt: skip
    assert ruled.problems == ()


def test_never_leaves_addresses_paths_and_rules_alone(client: OpenMetadataClient, server: CatalogueServer) -> None:
    source, ruled = dataset("s3://raw", "orders", kind="container"), dataset("anything", "ice.facts")
    made = plan(
        edge(source, totals()), edge(ruled, totals()), edge(orders(), totals()),
        datasets=(source, ruled, orders(), totals()), jobs=[job()],
    )  # fmt: skip
    rule = {"namespace": "anything", "service": "lake"}
    publish(client, KeptHistory(), made, resolution={"by_name": "never"}, namespaces=[rule])
    assert {start for start, _ in server.edges()} == {
        "s3.raw.orders",
        "lake.default.ice.facts",
        "pg.shop.public.orders",
    }


# -- whose edge it is --------------------------------------------------------------------------------------------------

CERTAIN = dataset("postgres://other", "shop.public.only_there")
BY_NAME = dataset("postgres://10.0.0.7", "shop.public.only_there")


def two_writers(name: str) -> LineagePlan:
    source, field = (CERTAIN, "id") if name == "certain" else (BY_NAME, "ID")
    columns = pair(source, field, "id" if name == "certain" else "total")
    return plan(
        edge(source, totals(), columns, job=name), datasets=(source, totals()), jobs=[job(name, sql=f"SELECT {name}")]
    )


@pytest.mark.parametrize("order", [["certain", "named"], ["certain", "named", "certain", "named"]])
def test_a_job_that_only_a_name_matches_does_not_take_over_an_edge(
    client: OpenMetadataClient, server: CatalogueServer, order: list[str]
) -> None:
    history = KeptHistory()
    for number, name in enumerate(order):
        publish(client, history, two_writers(name), NOW + number * 48 * HOUR)
    details = server.edges()[EDGE]
    assert details["pipeline"]["fullyQualifiedName"] == "openlineage.prod:certain"
    assert details["sqlQuery"] == "SELECT certain"
    assert details["description"] == "Written by OpenLineage jobs: openlineage.prod:certain"
    assert {entry["toColumn"].rpartition(".")[2] for entry in details["columnsLineage"]} == {"id", "total"}


def test_a_job_that_is_certain_joins_one_that_only_a_name_matches(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    history = KeptHistory()
    for number, name in enumerate(("named", "certain", "named")):
        publish(client, history, two_writers(name), NOW + number * 48 * HOUR)
    details = server.edges()[EDGE]
    assert details["pipeline"]["fullyQualifiedName"] == "openlineage.prod:certain"
    assert details["description"].endswith("openlineage.prod:certain; openlineage.prod:named")


@pytest.mark.parametrize("certain", [True, False])
def test_jobs_in_one_batch_leave_the_edge_that_they_leave_one_after_the_other(
    client: OpenMetadataClient, server: CatalogueServer, certain: bool
) -> None:
    named = dataset("postgres://10.0.0.8", "shop.public.only_there")
    sources = {"first": CERTAIN if certain else BY_NAME, "second": named}
    alone = [
        plan(edge(source, totals(), job=name), datasets=(source, totals()), jobs=[job(name, sql=f"SELECT {name}")])
        for name, source in sources.items()
    ]
    together = plan(
        *(item.edges[0] for item in alone),
        datasets=(*sources.values(), totals()),
        jobs=[item.jobs[0] for item in alone],
    )
    publish(client, KeptHistory(), together)
    details = server.edges()[EDGE]
    assert details["sqlQuery"] == "SELECT first"
    assert details["description"] == "Written by OpenLineage jobs: openlineage.prod:first"
    for number, item in enumerate((*alone, together)):
        history = KeptHistory()
        publish(client, history, item, NOW + number * 48 * HOUR)
        assert server.edges()[EDGE] == details


# -- the first publication after an upgrade ----------------------------------------------------------------------------


def published_before(client: OpenMetadataClient) -> KeptHistory:
    """Return a history of a version that matched by name whatever the addresses."""
    history = KeptHistory()
    publish(client, history, **ALWAYS)
    history.replace(ledger=msgspec.structs.replace(history.ledger, matching=0))
    return history


@pytest.mark.parametrize(("made", "remembered"), [(PLAN, None), (PLAN, PLAN), (NOTHING, PLAN)])
def test_what_was_matched_by_name_before_is_listed_once(
    client: OpenMetadataClient, server: CatalogueServer, made: LineagePlan, remembered: LineagePlan | None
) -> None:
    history = published_before(client)
    report = publish(client, history, made, NOW + 1, remembered=remembered)
    (problem,) = of_kind(report, "matched_by_name_before")
    assert problem.where == " -> ".join(EDGE)
    assert rule_in(problem) == {"namespace": "postgres://staging-db:5432", "service": "pg2"}
    assert "openmetadata-ol cleanup" in problem.detail
    assert EDGE in server.edges()
    assert history.ledger.matching == MATCHING
    for hours in (1, 48):
        later = publish(client, history, PLAN, NOW + hours * HOUR, remembered=PLAN)
        assert of_kind(later, "matched_by_name_before") == []
        assert len(of_kind(later, "other_address")) == 1
    assert EDGE in server.edges()


def test_edges_of_the_right_address_are_not_listed(client: OpenMetadataClient) -> None:
    made = plan(edge(orders(), totals()), datasets=(orders(), totals()), jobs=[job()])
    history = KeptHistory()
    publish(client, history, made)
    history.replace(ledger=msgspec.structs.replace(history.ledger, matching=0))
    assert publish(client, history, NOTHING, NOW + 1, remembered=made, **ALWAYS).problems == ()
    assert history.ledger.matching == MATCHING
