"""Resolution: the one entity, in the catalogue's spelling, or the reason why there is none. Never a guess."""

from __future__ import annotations

import re
from typing import Any

import pytest

from openmetadata_ol_provider.exceptions import CatalogueAuthError, CatalogueUnavailableError
from openmetadata_ol_provider.lineage.identities import Naming
from openmetadata_ol_provider.lineage.names.identity import Kind
from openmetadata_ol_provider.lineage.plan import Dataset, DatasetId
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution, Resolver
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import KAFKA, PG, SEED, TOKEN, columns, config, dataset, resolve_with_hints


def resolve(client: OpenMetadataClient, found: Dataset, **sections: Any) -> Resolution:
    return Resolver(client, config(**sections)).resolve(found)


def fqn_of(resolution: Resolution) -> str | None:
    return resolution.entity.fqn if resolution.entity else None


@pytest.mark.parametrize(
    ("namespace", "name", "kind", "fqn"),
    [
        (PG, "shop.public.orders", "table", "pg.shop.public.orders"),
        ("postgresql://WAREHOUSE", "shop.public.orders", "table", "pg.shop.public.orders"),
        (PG, "SHOP.Public.ORDERS", "table", "pg.shop.public.orders"),
        (PG, "shop.public.mixed", "table", "pg.shop.public.Mixed"),
        (PG, '"shop"."public"."orders"', "table", "pg.shop.public.orders"),
        (PG, 'shop."my.schema".t', "table", 'pg.shop."my.schema".t'),
        (PG, "shop.my.schema.t", "table", 'pg.shop."my.schema".t'),
        # JDBC: a database and no schema; Debezium: a schema and no database
        (PG, "dwh.tiers", "table", "pg.dwh.public.tiers"),
        (PG, "crm.accounts", "table", "pg.shop.crm.accounts"),
        (PG, "shop.orders", "table", "pg.shop.public.orders"),
        (PG, "orders", "table", "pg.shop.public.orders"),
        (PG, "accounts", "table", "pg.shop.crm.accounts"),
        # the Hive service on that host, whatever the port
        ("hive://metastore:9083", "sales.orders", "table", "hive.default.sales.orders"),
        ("hive://metastore:9083", "spark_catalog.sales.orders", "table", "hive.default.sales.orders"),
        ("snowflake://org-acct", "prod.public.orders", "table", "snow.PROD.PUBLIC.ORDERS"),
        # no service with that address: the unique match among services of the fitting type
        ("postgres://10.0.0.7:5432", "shop.public.only_there", "table", "pg2.shop.public.only_there"),
        ("postgres://10.0.0.7:5432", "crm.accounts", "table", "pg.shop.crm.accounts"),
        ("/data/iceberg", "ice.facts", "table", "lake.default.ice.facts"),
        ("file:/data/warehouse", "SALES.facts", "table", "hive.default.sales.facts"),
        (KAFKA, "shop.orders", "topic", 'events."shop.orders"'),
        ("kafka://b9:9092,B2:9092", "shop.orders", "topic", 'events."shop.orders"'),
        (KAFKA, "Shop.Orders", "topic", 'events."shop.orders"'),
        ("kafka://elsewhere:9092", "only.spare", "topic", 'spare."only.spare"'),
        ("s3://raw", "orders", "container", "s3.raw.orders"),
        ("s3a://raw", "/orders/", "container", "s3.raw.orders"),
        ("s3://raw", "orders/eu", "container", "s3.raw.orders.eu"),
        ("s3://raw", "orders/part.csv", "container", 's3.raw.orders."part.csv"'),
        ("s3://raw", "orders/2024/01/x.parquet", "container", "s3.raw.orders"),
        ("s3://raw", "", "container", "s3.raw"),
    ],
)
def test_a_dataset_is_the_entity_it_names(
    client: OpenMetadataClient, namespace: str, name: str, kind: Kind, fqn: str
) -> None:
    resolution = resolve(client, dataset(namespace, name, kind=kind))
    assert (resolution.outcome, fqn_of(resolution)) == ("resolved", fqn), resolution.detail


@pytest.mark.promise("A60", "A62")
@pytest.mark.parametrize(
    ("namespace", "name", "kind"),
    [
        (PG, "shop.public.nothing", "table"),
        (PG, "nothing", "table"),
        ("mysql://warehouse:5432", "shop.public.orders", "table"),
        ("postgres://10.0.0.7:5432", "accounts", "table"),
        ("file", "/data/x.csv", "container"),
        (KAFKA, "only.spare", "topic"),
        ("s3://raw", "other/x", "container"),
        ("s3://elsewhere", "orders", "container"),
        ("inmemory://", "x", "other"),
        ("", "a.b", "table"),
    ],
)
def test_what_is_not_there_is_unresolved_with_a_remedy(
    client: OpenMetadataClient, namespace: str, name: str, kind: Kind
) -> None:
    (resolution,) = resolve_with_hints(Resolver(client, config()), dataset(namespace, name, kind=kind)).values()
    assert resolution.outcome == "unresolved"
    assert f'add to `namespaces`: {{namespace: "{namespace}", service: ' in resolution.detail


def test_two_matches_are_no_match_and_the_candidates_are_listed(client: OpenMetadataClient) -> None:
    resolution = resolve(client, dataset("postgres://10.0.0.7", "shop.public.orders"))
    assert resolution.outcome == "ambiguous"
    assert "pg.shop.public.orders, pg2.shop.public.orders" in resolution.detail
    assert '{namespace: "postgres://10.0.0.7", service: pg}' in resolution.detail


def test_two_databases_of_one_service_are_ambiguous_too(client: OpenMetadataClient) -> None:
    resolution = resolve(client, dataset("file", "twice.facts"))
    assert resolution.outcome == "ambiguous"
    assert "hive.default.twice.facts, lake.default.twice.facts" in resolution.detail


def suggested(resolution: Resolution) -> dict[str, Any]:
    """Return the configuration with the line that an ambiguous dataset's message has."""
    import yaml

    match = re.search(r"settle it in `(?P<key>[\w.]+)`, e\.g\. (?P<line>\{.*\})$", resolution.detail)
    assert match, resolution.detail
    line = yaml.safe_load(match["line"])
    return {"datasets": {"rename": [line]}} if match["key"] == "datasets.rename" else {match["key"]: [line]}


@pytest.mark.parametrize(
    ("namespace", "name", "tables"),
    [
        ("postgres://10.0.0.7", "shop.public.orders", ["pg.shop.public.orders", "pg2.shop.public.orders"]),
        ("on: the lake", "twice.facts", ["hive.default.twice.facts", "lake.default.twice.facts"]),
        # In one service: a rule for the namespace would be for all of its datasets.
        (PG, "accounts", ["pg.shop.crm.accounts", "pg.shop.hr.accounts"]),
        (PG, "shop.public.tab", ["pg.shop.public.TAB", "pg.shop.public.Tab"]),
        ("postgresql://WAREHOUSE", '"dotted"', ['pg.shop."a.b".dotted', "pg.shop.c.dotted"]),
        ("jdbc:postgresql://warehouse:5432", "back\\slash", ["pg.a.b.back\\slash", "pg.a.c.back\\slash"]),
    ],
)
def test_the_line_that_is_suggested_settles_it(namespace: str, name: str, tables: list[str]) -> None:
    seed = {**SEED, "tables": [{"fqn": fqn, "columns": columns("id")} for fqn in tables]}

    def resolution(**sections: Any) -> Resolution:
        options = config(**sections)
        found = Dataset(namespace, name, Naming(options.datasets).identities(namespace, name))
        return Resolver(client, options).resolve(found)

    with CatalogueServer(seed) as server, OpenMetadataClient(server.url) as client:
        before = resolution()
        assert before.outcome == "ambiguous"
        assert ", ".join(tables) in before.detail
        after = resolution(**suggested(before))
        assert (after.outcome, fqn_of(after)) == ("resolved", tables[0])


def test_what_a_service_has_twice_is_settled_there() -> None:
    twice = [{"name": name, "service": "s3", "fullPath": "s3://raw/x"} for name in ("a", "b")]
    with CatalogueServer({**SEED, "containers": twice}) as server, OpenMetadataClient(server.url) as client:
        resolution = resolve(client, dataset("s3://raw", "x", kind="container"))
    assert resolution.outcome == "ambiguous"
    assert "may be s3.a, s3.b; settle it in OpenMetadata, where s3 has it twice" in resolution.detail


def test_a_resolution_says_by_which_namespace_and_in_which_services(client: OpenMetadataClient) -> None:
    datasets = [
        dataset(PG, "shop.public.orders"),
        dataset("postgres://10.0.0.7", "shop.public.orders"),
        dataset("postgres://10.0.0.7", "shop.public.none"),
        dataset(
            "s3://raw", "orders", ("hive://metastore:9083", "sales.orders", "table"), ("s3://raw", "x", "container")
        ),
        dataset("mysql://nowhere", "a.b"),
        Dataset("file", "/x", (), ignored=True),
    ]
    found = Resolver(client, config()).resolve_all(datasets).values()
    assert [(one.namespace, one.outcome, one.services) for one in found] == [
        (PG, "resolved", ("pg",)),
        ("postgres://10.0.0.7", "ambiguous", ("pg", "pg2")),
        ("postgres://10.0.0.7", "unresolved", ("pg", "pg2")),
        ("s3://raw", "resolved", ("hive",)),
        ("mysql://nowhere", "unresolved", ()),
        ("file", "ignored", ()),
    ]


def test_an_exact_spelling_is_preferred_to_another_letter_case() -> None:
    seed = {**SEED, "tables": [{"fqn": f"pg.shop.public.{name}", "columns": columns("id")} for name in ("T", "t", "U")]}
    with CatalogueServer(seed) as server, OpenMetadataClient(server.url) as client:
        assert fqn_of(resolve(client, dataset(PG, "shop.public.t"))) == "pg.shop.public.t"
        assert fqn_of(resolve(client, dataset(PG, "shop.public.T"))) == "pg.shop.public.T"
        assert fqn_of(resolve(client, dataset(PG, "shop.public.u"))) == "pg.shop.public.U"


def test_only_letter_case_apart_is_ambiguous_when_neither_is_exact() -> None:
    seed = {**SEED, "tables": [{"fqn": f"pg.shop.public.{name}", "columns": columns("id")} for name in ("Tab", "tAB")]}
    with CatalogueServer(seed) as server, OpenMetadataClient(server.url) as client:
        assert resolve(client, dataset(PG, "shop.public.tab")).outcome == "ambiguous"


def test_names_that_connectors_store_with_replacements_are_found() -> None:
    seed = {**SEED, "tables": [{"fqn": "pg.shop.public.a__reserved__arrow__b", "columns": []}]}
    with CatalogueServer(seed) as server, OpenMetadataClient(server.url) as client:
        assert resolve(client, dataset(PG, "shop.public.a>b")).outcome == "resolved"


def test_exact_case_can_be_asked_for(client: OpenMetadataClient) -> None:
    exact = {"datasets": {"case": "exact"}}
    assert resolve(client, dataset(PG, "shop.public.mixed"), **exact).outcome == "unresolved"
    assert resolve(client, dataset(KAFKA, "SHOP.orders", kind="topic"), **exact).outcome == "unresolved"
    assert resolve(client, dataset(PG, "shop.public.Mixed"), **exact).outcome == "resolved"
    assert resolve(client, dataset(PG, "accounts"), **exact).outcome == "resolved"


def test_many_tables_of_one_name_do_not_hide_a_second_match() -> None:
    """The search shows ten hits at most: the ten of other services must not make ours look unique, or absent."""
    services = [{"name": f"my{n}", "serviceType": "Mysql"} for n in range(12)]
    services += [{"name": f"pg{n}", "serviceType": "Postgres"} for n in range(6)]
    tables = [{"fqn": f"my{n}.shop.public.orders", "columns": columns("id")} for n in range(12)]
    tables += [{"fqn": "pg4.shop.public.orders", "columns": columns("id")}]
    seed = {"databaseServices": services, "tables": tables}
    with CatalogueServer(seed) as server, OpenMetadataClient(server.url) as client:
        assert fqn_of(resolve(client, dataset("postgres://x", "shop.public.orders"))) == "pg4.shop.public.orders"
    tables += [{"fqn": "pg5.shop.public.orders", "columns": columns("id")}]
    with CatalogueServer(seed) as server, OpenMetadataClient(server.url) as client:
        assert resolve(client, dataset("postgres://x", "shop.public.orders")).outcome == "ambiguous"


def test_the_first_identity_that_resolves_wins(client: OpenMetadataClient) -> None:
    found = dataset(
        "s3://raw",
        "orders",
        ("hive://metastore:9083", "sales.missing", "table"),
        ("hive://metastore:9083", "sales.orders", "table"),
        ("s3://raw", "orders", "container"),
    )
    assert fqn_of(resolve(client, found)) == "hive.default.sales.orders"


def test_a_path_is_what_is_left_when_the_table_is_unknown(client: OpenMetadataClient) -> None:
    found = dataset(
        "s3://raw", "orders", ("hive://metastore:9083", "no.such", "table"), ("s3://raw", "orders", "container")
    )
    assert fqn_of(resolve(client, found)) == "s3.raw.orders"


@pytest.mark.parametrize(
    ("rule", "name", "fqn"),
    [
        ({"namespace": "anything", "service": "pg"}, "shop.public.orders", "pg.shop.public.orders"),
        ({"namespace": "any*", "service": "pg", "database": "dwh"}, "prod.public.tiers", "pg.dwh.public.tiers"),
        (
            {"namespace": "/any.+/", "service": "pg", "database": "dwh", "schema": "public"},
            "tiers",
            "pg.dwh.public.tiers",
        ),
        ({"namespace": "anything", "service": "hive"}, "sales.orders", "hive.default.sales.orders"),
        ({"namespace": "anything", "service": "events"}, "shop.orders", 'events."shop.orders"'),
    ],
)
def test_a_rule_says_service_database_and_schema(
    client: OpenMetadataClient, rule: dict[str, str], name: str, fqn: str
) -> None:
    assert fqn_of(resolve(client, dataset("anything", name), namespaces=[rule])) == fqn


def test_a_rule_may_be_written_with_the_namespace_that_the_report_shows(client: OpenMetadataClient) -> None:
    found = dataset(
        "postgresql://elsewhere", "shop.public.orders", ("postgres://elsewhere", "shop.public.orders", "table")
    )
    rules = [{"namespace": "postgresql://elsewhere", "service": "pg2"}]
    assert fqn_of(resolve(client, found, namespaces=rules)) == "pg2.shop.public.orders"


def test_a_rule_with_an_unknown_service_names_the_nearest(client: OpenMetadataClient) -> None:
    resolution = resolve(client, dataset("x", "a.b.c"), namespaces=[{"namespace": "x", "service": "hivee"}])
    assert resolution.outcome == "unresolved"
    assert "did you mean 'hive'?" in resolution.detail


def test_an_ignored_namespace_costs_no_lookup(client: OpenMetadataClient, server: CatalogueServer) -> None:
    resolver = Resolver(client, config(namespaces=[{"namespace": "file", "ignore": True}]))
    server.reset_requests()
    assert resolver.resolve(dataset("file", "/x")).outcome == "ignored"
    assert resolver.resolve(Dataset(PG, "shop.public.orders", (), ignored=True)).outcome == "ignored"
    assert server.requests == []


def test_a_dataset_with_an_ignored_path_is_still_the_table_it_is_linked_to(client: OpenMetadataClient) -> None:
    found = dataset("file", "/x", ("file", "/x", "container"), ("hive://metastore:9083", "sales.orders", "table"))
    rules = [{"namespace": "file", "ignore": True}]
    assert fqn_of(resolve(client, found, namespaces=rules)) == "hive.default.sales.orders"


def test_columns_are_found_in_the_catalogue_s_spelling(client: OpenMetadataClient) -> None:
    table = resolve(client, dataset(PG, "shop.public.orders")).entity
    dotted = resolve(client, dataset(PG, 'shop."my.schema".t')).entity
    topic = resolve(client, dataset(KAFKA, "shop.orders", kind="topic")).entity
    assert table
    assert dotted
    assert topic
    assert table.column("customer") == "pg.shop.public.orders.Customer"
    assert table.column('"AMOUNT"') == "pg.shop.public.orders.amount"
    assert table.column("missing") is None
    assert dotted.column("a.b") == 'pg.shop."my.schema".t."a.b"'
    assert topic.column("buyer.name") == 'events."shop.orders".Order.buyer.name'
    assert topic.column("Order.id") == topic.column("ID") == 'events."shop.orders".Order.id'


def test_a_batch_asks_each_question_once(client: OpenMetadataClient, server: CatalogueServer) -> None:
    twins = [dataset(f"postgres://warehouse:5432/{n}", "shop.public.orders") for n in range(20)]
    found = Resolver(client, config()).resolve_all(twins)
    assert {fqn_of(resolution) for resolution in found.values()} == {"pg.shop.public.orders"}
    assert len([path for _, path, _ in server.requests if "tables/name" in path]) == 1


def test_a_soft_deleted_table_is_not_there(client: OpenMetadataClient) -> None:
    table = client.get("v1/tables/name/pg.shop.public.orders")
    assert table
    client.delete(f"v1/tables/{table['id']}")
    assert resolve(client, dataset(PG, "shop.public.orders")).outcome == "unresolved"


def test_a_lookup_that_is_refused_costs_only_its_dataset(client: OpenMetadataClient, server: CatalogueServer) -> None:
    server.fail("GET", "tables/name/pg.shop.public.orders", 400, times=100, message="no good")
    found = Resolver(client, config()).resolve_all(
        [dataset(PG, "shop.public.orders"), dataset(PG, "shop.public.totals")]
    )
    assert found[DatasetId(PG, "shop.public.orders")].outcome == "unresolved"
    assert "no good" in found[DatasetId(PG, "shop.public.orders")].detail
    assert found[DatasetId(PG, "shop.public.totals")].outcome == "resolved"


@pytest.mark.parametrize(("status", "error"), [(403, CatalogueAuthError), (503, CatalogueUnavailableError)])
def test_a_refused_token_or_a_dead_catalogue_is_not_an_unresolved_dataset(
    client: OpenMetadataClient, server: CatalogueServer, status: int, error: type[Exception]
) -> None:
    server.fail("GET", "tables/name", status, times=1000)
    with pytest.raises(error):
        Resolver(client, config()).resolve_all([dataset(PG, f"shop.public.t{n}") for n in range(20)])


def test_hidden_connections_are_named_as_the_reason() -> None:
    seed = {"databaseServices": [{"name": "pg", "serviceType": "Postgres"}]}
    with CatalogueServer(seed, token=TOKEN) as server, OpenMetadataClient(server.url, TOKEN) as client:
        assert "may the token see them" in resolve(client, dataset(PG, "shop.public.orders")).detail


def test_it_is_known_where_a_dataset_is_looked_for_first(client: OpenMetadataClient) -> None:
    rules = [{"namespace": "anything", "service": "hive", "database": "default"}]
    resolver = Resolver(client, config(namespaces=rules))
    found = dataset("s3://raw", "x", (PG, "shop.public.x", "table"), ("s3://raw", "x", "container"))
    spots = [*resolver.spots(found), *resolver.spots(dataset("anything", "a.b"))]
    assert [([service.name for service in spot.services], spot.is_certain) for spot in spots] == [
        (["pg"], True),
        (["s3"], False),
        (["hive"], True),
    ]
    assert [spot.rule is not None for spot in spots] == [False, False, True]
    assert resolver.spots(dataset("mysql://nowhere", "a.b"))[0].services == ()
