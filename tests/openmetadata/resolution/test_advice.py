"""Advice looks at the neighbours, and never takes lineage away that is there."""

from __future__ import annotations

import re
from typing import Any

import pytest

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.lineage.filters import DatasetFilter
from openmetadata_ol_provider.lineage.plan import Dataset
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.core.report_text import problem_lines
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolver
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import PG, config, dataset, edge, orders, plan, resolve_advised, totals
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


def test_where_others_of_the_namespace_resolve_no_rule_for_all_of_it_is_offered(client: OpenMetadataClient) -> None:
    gone = dataset(PG, "shop.public.gone")
    resolution = resolve_advised(Resolver(client, Config()), orders(), totals(), gone)[gone.id]
    assert "2 of 3 datasets of this namespace resolve in service pg, so it is this one" in resolution.detail
    assert "create_datasets: true" in resolution.detail
    assert "namespaces" not in resolution.detail
    assert "ignore" not in resolution.detail


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


def test_a_namespace_of_which_nothing_resolves_may_be_mapped_or_left_out(client: OpenMetadataClient) -> None:
    missing = [dataset("mongodb://m:27017", f"db.t{number}") for number in range(3)]
    text = lines_of(client, *((orders(), item) for item in missing))["unresolved"]
    assert text.startswith(
        "3 datasets of mongodb://m:27017, e.g. db.t0, db.t1 and 1 more: there is no service to look in"
    )
    assert "3 edges wait for them" in text
    assert '{namespace: "mongodb://m:27017", service: <its service>}' in text
    assert rules_in(text) == {"namespaces": [{"namespace": "mongodb://m:27017", "ignore": True}]}


def test_a_rule_is_tried_and_the_hint_says_what_it_changes(client: OpenMetadataClient) -> None:
    missing = [dataset(STAGING, name) for name in ("shop.public.totals", "shop.crm.accounts")]
    text = lines_of(client, *((item, orders()) for item in missing))["other_address"]
    assert "the rule, tried on these events, resolves 2 of the 2 datasets that are missing" in text
    rule = {"namespace": STAGING, "service": "pg"}
    assert rules_in(text) == {"namespaces": [rule]}
    assert lines_of(client, *((item, orders()) for item in missing), namespaces=[rule]) == {}


def test_a_rule_that_would_take_lineage_away_is_not_offered(client: OpenMetadataClient) -> None:
    twice, hive, lake = (dataset(UNKNOWN, name) for name in ("twice.facts", "sales.orders", "ice.facts"))
    text = lines_of(client, (hive, lake), (twice, lake))["ambiguous"]
    tried = re.findall(r"service: (\w+)} resolves 1 of the 1 \w+ that are missing and takes away 1 of the 2", text)
    assert sorted(tried) == ["hive", "lake"]
    assert "settle it in" not in text
    assert text.endswith('add to `datasets.exclude`: "airbyte-source twice.facts"')


def test_nothing_is_tried_when_everything_resolves(client: OpenMetadataClient) -> None:
    resolver = Resolver(client, Config())
    resolve_advised(resolver, orders(), totals())
    before = dict(client.calls)
    assert resolve_advised(resolver, orders(), totals())[orders().id].hint is None
    assert dict(client.calls) == before
