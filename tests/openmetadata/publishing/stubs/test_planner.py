"""What may be created for a dataset, and what may not. No server."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.config import NamespaceRule
from openmetadata_ol_provider.lineage.names.identity import Identity, Kind
from openmetadata_ol_provider.lineage.plan import Dataset, Field
from openmetadata_ol_provider.openmetadata.provenance import SOURCE_HASH, STUB_TAG, is_outgrown
from openmetadata_ol_provider.openmetadata.publishing.stubs.planner import Stub, plan_stub, stub_of
from openmetadata_ol_provider.openmetadata.publishing.stubs.requests import completion_of, stub_request
from openmetadata_ol_provider.openmetadata.resolution.services import Service
from openmetadata_ol_provider.openmetadata.resolution.spot import Spot
from tests.openmetadata.builders import KAFKA, PG, dataset

POSTGRES = Service("pg", "pg", "databaseService", "Postgres", database="shop")
BARE = Service("pg", "pg", "databaseService", "Postgres")
TRINO = Service("trino", "trino", "databaseService", "Trino")
HIVE = Service("hive", "hive", "databaseService", "Hive")
MYSQL = Service("my", "my", "databaseService", "Mysql", database="main")
TOPICS = Service("events", "events", "messagingService", "Kafka")
FILES = Service("s3", "s3", "storageService", "S3")


def rule(**keys: Any) -> NamespaceRule:
    return NamespaceRule.model_validate({"namespace": "*", **keys})


def stub(name: str, service: Service, kind: Kind = "table", rule: NamespaceRule | None = None) -> Stub | str:
    namespace = {"table": PG, "topic": KAFKA}.get(kind, "s3://raw")
    return stub_of(dataset(namespace, name), Identity(namespace, name, kind), service, rule)


@pytest.mark.parametrize(
    ("name", "service", "keys", "place"),
    [
        ("shop.public.new", POSTGRES, {}, "shop.public.new"),
        ("other.crm.new", POSTGRES, {}, "other.crm.new"),
        ("new", POSTGRES, {}, "shop.public.new"),
        ("crm.new", POSTGRES, {"database": "dwh"}, "dwh.crm.new"),
        ("dwh.new", POSTGRES, {"schema": "crm"}, "dwh.crm.new"),
        ("new", TRINO, {"database": "lake", "schema": "raw"}, "lake.raw.new"),
        ("raw.new", TRINO, {"database": "lake"}, "lake.raw.new"),
        ("lake.new", TRINO, {"schema": "raw"}, "lake.raw.new"),
        ("sales.new", HIVE, {}, "default.sales.new"),
        ("spark_catalog.sales.new", HIVE, {}, "default.sales.new"),
        ("table/sales/new", HIVE, {}, "default.sales.new"),
        ("new", HIVE, {"schema": "sales"}, "default.sales.new"),
        ("sales.new", MYSQL, {}, "main.sales.new"),
        ("sales.new", MYSQL, {"database": "x"}, "x.sales.new"),
        ('shop."my.schema"."new>"', POSTGRES, {}, "shop.my.schema.new__reserved__arrow__"),
    ],
)
def test_a_table_goes_where_its_name_says(name: str, service: Service, keys: dict[str, str], place: str) -> None:
    found = stub(name, service, rule=rule(**keys) if keys else None)
    assert isinstance(found, Stub)
    assert found.certain
    assert ".".join(str(part) for part in found.readings[0]) == place


@pytest.mark.parametrize(
    ("name", "service", "missing"),
    [
        ("new", BARE, "database: <its database>, schema: <its schema>}"),
        ("new", TRINO, "database: <its database>, schema: <its schema>}"),
        ("new", HIVE, "schema: <its schema>}"),
        ("raw.new", TRINO, "database: <its database>}"),
    ],
)
def test_a_name_that_lacks_a_part_is_no_table_but_says_which_rule_would_help(
    name: str, service: Service, missing: str
) -> None:
    found = stub(name, service)
    assert isinstance(found, str)
    assert found.endswith(f'{{namespace: "{PG}", service: {service.name}, {missing}')


@pytest.mark.parametrize(
    ("name", "service", "places"),
    [
        ("crm.new", POSTGRES, ["shop.crm.new", "crm.public.new"]),
        ("shop.new", POSTGRES, ["shop.shop.new", "shop.public.new"]),
        ("crm.new", BARE, ["crm.public.new"]),
        ("a.b.c.new", POSTGRES, ["a.b.c.new", "b.c.new"]),
    ],
)
def test_a_name_with_two_readings_is_left_to_what_the_catalogue_has(
    name: str, service: Service, places: list[str]
) -> None:
    found = stub(name, service)
    assert isinstance(found, Stub)
    assert not found.certain
    assert [".".join(str(part) for part in form) for form in found.readings][: len(places)] == places


def test_names_that_no_entity_can_have_are_refused() -> None:
    assert stub("shop.public." + "n" * 257, POSTGRES) == "a part of its name is longer than 256 characters"
    assert stub("...", POSTGRES) == "'...' names no table"
    assert "is not a path" in str(stub("x", FILES, kind="table"))
    boards = Service("bi", "bi", "dashboardService", "Superset")
    assert "dashboardService" in str(stub("x", boards))


def spot(kind: Kind, *services: Service, known: bool = True, rule: NamespaceRule | None = None) -> Spot:
    identity = Identity("s3://raw", "lake/new", kind) if kind == "container" else Identity(PG, "shop.crm.new", kind)
    return Spot(identity, services, known, rule)


def test_the_service_has_to_be_known_for_certain() -> None:
    new = dataset(PG, "shop.crm.new")
    for spots, services in (
        ([], ["<its service>"]),
        ([spot("table", POSTGRES, known=False)], ["pg"]),
        ([spot("table", POSTGRES, BARE)], ["pg"]),
        ([spot("table")], ["<its service>"]),
        ([spot("table", POSTGRES, rule=rule(ignore=True))], ["pg"]),
    ):
        found = plan_stub(new, spots)
        assert isinstance(found, str)
        assert " or ".join(f'{{namespace: "{PG}", service: {name}}}' for name in services) in found


def test_a_table_is_made_rather_than_the_path_its_data_is_at() -> None:
    new = dataset("s3://raw", "lake/new")
    both = [spot("container", FILES), spot("table", POSTGRES)]
    found = plan_stub(new, both)
    assert isinstance(found, Stub)
    assert (found.kind, found.name) == ("table", "new")
    only = plan_stub(new, [spot("container", FILES), spot("table", POSTGRES, known=False)])
    assert isinstance(only, Stub)
    assert (only.kind, only.name, only.root, only.bucket) == ("container", "lake/new", "s3://raw", "raw")


def test_what_was_dropped_is_not_made_again() -> None:
    gone = Dataset(PG, "shop.crm.new", (Identity(PG, "shop.crm.new", "table"),), lifecycle="DROP")
    assert plan_stub(gone, [spot("table", POSTGRES)]) == "it was dropped"


@pytest.mark.parametrize(
    ("namespace", "name", "expected"),
    [
        ("s3://raw", "a/b", ("raw", "a/b", "s3://raw/a/b", "/a/b")),
        ("s3a://raw", "/a/b/", ("raw", "a/b", "s3://raw/a/b", "/a/b")),
        ("gs://raw", "a.csv", ("raw", "a.csv", "gs://raw/a.csv", "/a.csv")),
        ("s3://raw", "/", ("raw", "raw", "s3://raw", "/")),
        (
            "abfss://data@acme.dfs.core.windows.net",
            "a/b",
            ("data@acme", "a/b", "abfss://data@acme.dfs.core.windows.net/a/b", "/a/b"),
        ),
        ("hdfs://node:8020", "/a/b", ("node", "a/b", "hdfs://node:8020/a/b", "/a/b")),
        ("file", "/data/a", ("", "data/a", "file:///data/a", "/data/a")),
    ],
)
def test_a_container_is_named_by_the_path_below_its_bucket(
    namespace: str, name: str, expected: tuple[str, str, str, str]
) -> None:
    found = stub_of(dataset(namespace, name), Identity(namespace, name, "container"), FILES, None)
    assert isinstance(found, Stub)
    request = stub_request(found, {"service": "s3"}, [], descriptions=True)
    assert (found.bucket, request["name"], request["fullPath"], request["prefix"]) == expected


def facts(**keys: Any) -> Dataset:
    return Dataset(PG, "shop.crm.new", (Identity(PG, "shop.crm.new", "table"),), **keys)


def test_a_request_has_the_events_facts_and_the_mark() -> None:
    described = facts(fields=(Field("id", "int", "the key"),), description="new things", type="VIEW")
    found = stub_of(described, described.identities[0], POSTGRES, None)
    assert isinstance(found, Stub)
    label = {"tagFQN": STUB_TAG}
    assert stub_request(found, {"databaseSchema": "pg.shop.crm"}, [label], descriptions=True) == {
        "name": "new",
        "databaseSchema": "pg.shop.crm",
        "sourceHash": SOURCE_HASH,
        "tags": [label],
        "description": "new things",
        "tableType": "View",
        "columns": [{"name": "id", "dataType": "INT", "dataTypeDisplay": "int", "description": "the key"}],
    }
    plain = stub_request(found, {"databaseSchema": "pg.shop.crm"}, [], descriptions=False)
    assert not {"description", "tags"} & plain.keys()
    assert plain["columns"] == [{"name": "id", "dataType": "INT", "dataTypeDisplay": "int"}]
    nothing = stub_request(found._replace(dataset=facts()), {"databaseSchema": "pg.shop.crm"}, [], descriptions=True)
    assert nothing["columns"] == []


@pytest.mark.parametrize(
    ("kind", "body", "path"),
    [
        ("table", {"columns": [{"name": "ID", "dataType": "INT"}]}, "/columns/-"),
        ("table", {"columns": []}, "/columns"),
        ("table", {}, "/columns"),
        (
            "topic",
            {"messageSchema": {"schemaFields": [{"name": "id", "dataType": "INT"}]}},
            "/messageSchema/schemaFields/-",
        ),
        ("topic", {}, "/messageSchema"),
        ("container", {"dataModel": {"columns": [{"name": "id", "dataType": "INT"}]}}, "/dataModel/columns/-"),
        ("container", {}, "/dataModel"),
    ],
)
def test_a_stub_of_ours_is_completed_and_nothing_else_is(kind: str, body: dict[str, Any], path: str) -> None:
    more = facts(fields=(Field("id", "int"), Field("new", "string")))
    ours = {**body, "sourceHash": SOURCE_HASH}
    (operation,) = completion_of(kind, ours, more, descriptions=True)
    assert (operation["op"], operation["path"]) == ("add", path)
    assert completion_of(kind, ours, facts(), descriptions=True) == []
    assert completion_of(kind, {**body, "sourceHash": "0123"}, more, descriptions=True) == []
    assert completion_of(kind, body, more, descriptions=True) == []
    assert completion_of("pipeline", ours, more, descriptions=True) == []


@pytest.mark.parametrize(
    ("hash_", "tags", "expected"),
    [
        (SOURCE_HASH, [STUB_TAG], False),
        ("9e107d9d372bb6826bd81d3542a419d6", [STUB_TAG], True),
        ("9e107d9d372bb6826bd81d3542a419d6", ["PII.Sensitive"], False),
        (None, [STUB_TAG], False),
    ],
)
def test_a_stub_is_outgrown_once_its_hash_is_anothers(hash_: str | None, tags: list[str], expected: bool) -> None:
    assert is_outgrown({"sourceHash": hash_, "tags": [{"tagFQN": tag} for tag in tags]}) is expected
