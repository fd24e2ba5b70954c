"""Advice looks at the neighbours, and never takes lineage away that is there."""

from __future__ import annotations

import re
from typing import Any

import pytest

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.lineage.filters import DatasetFilter
from openmetadata_ol_provider.lineage.plan import Dataset, Edge
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.core.report_text import problem_lines
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.openmetadata.resolution.hints import Neighbours, missing_hint, service_choice
from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolver
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import PG, config, dataset, edge, orders, pair, plan, resolve_with_hints, totals
from tests.openmetadata.histories import KeptHistory

STAGING = "postgres://staging-db:5432"
#: It has no address, so that names decide: hive has sales.orders, lake has ice.facts, both have twice.facts.
UNKNOWN = "airbyte-source"


def lines_of(client: OpenMetadataClient, *edges: tuple[Dataset, Dataset], **sections: Any) -> dict[str, str]:
    datasets = tuple(dict.fromkeys(end for pair in edges for end in pair))
    made = plan(*(edge(*pair) for pair in edges), datasets=datasets)
    return dict(problem_lines(publish_plan(made, client, config(**sections)).report))


def rules_in(text: str) -> dict[str, Any]:
    """Return the configuration that a line of the report offers."""
    import yaml

    document: dict[str, Any] = yaml.safe_load(re.split(r" To [\w ]+: ", text)[-1])
    return document


@pytest.mark.promise("A293")
def test_where_others_of_the_namespace_resolve_no_rule_for_all_of_it_is_offered(client: OpenMetadataClient) -> None:
    gone = dataset(PG, "shop.public.gone")
    resolution = resolve_with_hints(Resolver(client, Config()), orders(), totals(), gone)[gone.id]
    assert "2 of 3 datasets of this namespace resolve in service pg, so it is this one" in resolution.detail
    assert "create_datasets: true" in resolution.detail
    assert "namespaces" not in resolution.detail
    assert "ignore" not in resolution.detail


@pytest.mark.parametrize(
    ("services", "expected"),
    [
        (("pg",), "resolve in service pg, so"),
        (("hive", "lake"), "resolve in services hive, lake, so"),
        (tuple("abcdefghijk"), "resolve in services a, b, c, d, e, f, g, h, i, j and 1 more, so"),
    ],
)
def test_several_services_are_plural_and_none_is_dropped_silently(services: tuple[str, ...], expected: str) -> None:
    hint = missing_hint(orders().id, "not found", Neighbours(1, 2, 1, services))
    assert expected in hint.detail


@pytest.mark.promise("A293")
@pytest.mark.parametrize("name", ["shop.public.gone", "shop.public.gone[1]", "shop.public.g*", 'shop."x?".gone'])
def test_following_the_advice_leaves_out_what_is_missing_and_nothing_else(
    client: OpenMetadataClient, name: str
) -> None:
    gone, other = dataset(PG, name), dataset(PG, "shop.public.gone_too")
    text = lines_of(client, (orders(), totals()), (orders(), gone), (orders(), other))["unresolved"]
    assert "2 of 4 datasets of the namespace resolve in service pg; 2 edges wait for them" in text
    admits = DatasetFilter(config(**rules_in(text))).admits
    assert [admits(item.id) for item in (gone, other, orders(), totals())] == [False, False, True, True]
    assert admits(dataset(PG, "shop.public.gone1").id)
    assert admits(dataset(PG, "shop.public.great").id)


def test_neighbours_that_resolved_earlier_count_too(client: OpenMetadataClient, server: CatalogueServer) -> None:
    history, gone = KeptHistory(), dataset(PG, "shop.public.gone")
    made = plan(edge(orders(), totals()), datasets=(orders(), totals()))
    history.publish(made, client, config(), now=1)
    both = plan(edge(orders(), totals()), edge(gone, gone), datasets=(orders(), totals(), gone))
    report = history.publish(both, client, config(), now=2)
    assert "2 of 3 datasets of this namespace resolve" in report.problems[0].detail


@pytest.mark.promise("A293")
def test_a_namespace_of_which_nothing_resolves_is_offered_no_rule_that_gives_it_up(client: OpenMetadataClient) -> None:
    missing = [dataset("mongodb://m:27017", f"db.t{number}") for number in range(3)]
    text = lines_of(client, *((orders(), item) for item in missing))["unresolved"]
    assert text.startswith(
        "3 datasets of mongodb://m:27017, e.g. db.t0, db.t1 and 1 more: there is no service to look in"
    )
    assert "3 edges wait for them" in text
    assert "OpenMetadata has no service of a fitting type: create their service and ingest them" in text
    assert "service: <its service>}, with the name of the service in place of <its service> (a rule" in text
    cost = "give up the whole namespace: 3 datasets of these events with 3 edges, and all that come later"
    assert text.endswith(f"(a rule with `ignore: true` would {cost}).")


@pytest.mark.promise("A293")
def test_the_rule_of_such_a_namespace_names_the_services_of_its_type(client: OpenMetadataClient) -> None:
    missing = dataset("hive://elsewhere:10000", "gone.table")
    text = lines_of(client, (orders(), missing))["unresolved"]
    assert (
        'if OpenMetadata has it, add to `namespaces`: {namespace: "hive://elsewhere:10000", service: hive}; else'
        in text
    )
    assert "<its service>" not in text


@pytest.mark.parametrize(
    ("service", "said"),
    [
        ("pgg", "the rule's service 'pgg' does not exist, did you mean 'pg'? Correct"),
        ("nowhere-at-all", "the rule's service 'nowhere-at-all' does not exist. Correct"),
    ],
)
def test_a_rule_that_names_no_service_is_to_be_corrected_and_no_other_one_is_offered(
    client: OpenMetadataClient, service: str, said: str
) -> None:
    rules = [{"namespace": "mongodb://*", "service": service}]
    missing = [dataset("mongodb://m:27017", f"db.t{number}") for number in range(3)]
    text = lines_of(client, *((orders(), item) for item in missing), namespaces=rules)["unresolved"]
    assert text.startswith(f"3 datasets of mongodb://m:27017, e.g. db.t0, db.t1 and 1 more: {said}")
    assert 'Correct `service` in the rule of `namespaces` for "mongodb://*"' in text
    assert "add to" not in text


def test_where_an_address_has_chosen_the_service_the_metadata_is_missing_there(client: OpenMetadataClient) -> None:
    resolutions = resolve_with_hints(Resolver(client, Config()), dataset(PG, "shop.public.gone"))
    (resolution,) = resolutions.values()
    assert "ingest it into service pg, or create stubs with `write.create_datasets: true`" in resolution.detail
    assert 'if another service has it, add to `namespaces`: {namespace: "postgres://warehouse:5432", service: pg2}' in (
        resolution.detail
    )
    ruled = config(namespaces=[{"namespace": PG, "service": "pg"}])
    (resolution,) = resolve_with_hints(Resolver(client, ruled), dataset(PG, "shop.public.gone")).values()
    assert "ingest it into service pg" in resolution.detail
    assert "add to `namespaces`" not in resolution.detail


@pytest.mark.parametrize(
    ("candidates", "expected"),
    [
        ([], '{namespace: "x", service: <its service>}, with the name of the service in place of <its service>'),
        (["a", "b-1"], '{namespace: "x", service: a} or {namespace: "x", service: b-1}'),
        (list("abcde"), "service: c} (or with another service of that type: d, e)"),
    ],
)
def test_services_that_may_be_meant_are_rules_to_choose_from(candidates: list[str], expected: str) -> None:
    assert service_choice("x", candidates).endswith(expected)


@pytest.mark.promise("A293")
def test_a_rule_is_tried_and_the_hint_says_what_it_changes(client: OpenMetadataClient) -> None:
    missing = [dataset(STAGING, name) for name in ("shop.public.totals", "shop.crm.accounts")]
    text = lines_of(client, *((item, orders()) for item in missing))["other_address"]
    assert "the rule, tried on these events, resolves 2 of the 2 that are missing" in text
    rule = {"namespace": STAGING, "service": "pg"}
    assert rules_in(text) == {"namespaces": [rule]}
    assert lines_of(client, *((item, orders()) for item in missing), namespaces=[rule]) == {}


@pytest.mark.promise("A293")
def test_a_rule_that_would_take_lineage_away_is_not_offered(client: OpenMetadataClient) -> None:
    twice, hive, lake = (dataset(UNKNOWN, name) for name in ("twice.facts", "sales.orders", "ice.facts"))
    text = lines_of(client, (hive, lake), (twice, lake))["ambiguous"]
    tried = re.findall(r"service: (\w+)} resolves 1 of the 1 that are missing and takes away 1 of the 2", text)
    assert sorted(tried) == ["hive", "lake"]
    assert "settle it in" not in text
    assert text.endswith('add to `datasets.exclude`: "airbyte-source twice.facts"')


def test_nothing_is_tried_when_everything_resolves(client: OpenMetadataClient) -> None:
    resolver = Resolver(client, Config())
    resolve_with_hints(resolver, orders(), totals())
    before = dict(client.calls)
    assert resolve_with_hints(resolver, orders(), totals())[orders().id].hint is None
    assert dict(client.calls) == before


@pytest.mark.promise("A297")
def test_columns_that_a_table_lacks_are_one_line_and_one_problem_for_the_table(client: OpenMetadataClient) -> None:
    def crm() -> Dataset:
        return dataset(PG, "shop.crm.accounts")

    def lacking(source: Dataset, target: Dataset, *fields: str) -> Edge:
        return edge(source, target, *(pair(source, field, "id") for field in fields))

    edges = [lacking(orders(), totals(), "b", "c"), lacking(orders(), crm(), "d"), lacking(totals(), crm(), "z")]
    report = publish_plan(plan(*edges, datasets=(orders(), totals(), crm())), client, config()).report
    unknown = [(problem.where, problem.detail) for problem in report.problems if problem.kind == "unknown_column"]
    assert [where for where, _ in unknown] == ["pg.shop.public.orders", "pg.shop.public.totals"]
    assert unknown[0][1].startswith(
        "it has no column 'b', 'c' (pg.shop.public.orders -> pg.shop.public.totals); "
        "'d' (pg.shop.public.orders -> pg.shop.crm.accounts), so the column lineage of these edges is without it"
    )
    lines = [text for kind, text in problem_lines(report) if kind == "unknown_column"]
    assert len(lines) == 1
    assert lines[0].startswith("2 times: pg.shop.public.orders: it has no column")


def test_edges_that_lack_the_same_columns_are_named_together(client: OpenMetadataClient) -> None:
    accounts = dataset(PG, "shop.crm.accounts")
    lacking = [
        edge(orders(), totals(), pair(orders(), "c", "id"), pair(orders(), "b", "id")),
        edge(orders(), accounts, pair(orders(), "b", "id"), pair(orders(), "c", "id")),
    ]
    report = publish_plan(plan(*lacking, datasets=(orders(), totals(), accounts)), client, config()).report
    details = [problem.detail for problem in report.problems if problem.where == "pg.shop.public.orders"]
    assert len(details) == 1
    edges = "pg.shop.public.orders -> pg.shop.public.totals; pg.shop.public.orders -> pg.shop.crm.accounts"
    assert details[0].startswith(f"it has no column 'b', 'c' ({edges}), so")


def test_an_edge_between_two_datasets_of_such_a_namespace_has_the_advice_once(client: OpenMetadataClient) -> None:
    ends = [dataset("mongodb://m:27017", name) for name in ("db.a", "db.b")]
    history = KeptHistory()
    history.publish(plan(edge(*ends), datasets=ends), client, config(), now=1)
    (item,) = history.parking.items.values()
    assert all(f"mongodb://m:27017 {name}: " in item.detail for name in ("db.a", "db.b"))
    assert item.detail.count("would give up") == 1
