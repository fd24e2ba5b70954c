"""Stubs against a catalogue: what is created, what is left alone, and what becomes of stubs later."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.exceptions import CatalogueAuthError, CatalogueUnavailableError
from openmetadata_ol_provider.lineage.plan import Dataset, DatasetId, Field
from openmetadata_ol_provider.lineage.systems import parse_namespace
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.provenance import SOURCE_HASH, STUB_TAG
from openmetadata_ol_provider.openmetadata.publishing.core.context import PublishContext
from openmetadata_ol_provider.openmetadata.publishing.core.history import History
from openmetadata_ol_provider.openmetadata.publishing.core.report import Stubs
from openmetadata_ol_provider.openmetadata.publishing.core.selection import select
from openmetadata_ol_provider.openmetadata.publishing.edges.unknown_columns import unknown_columns
from openmetadata_ol_provider.openmetadata.publishing.edges.writer import EdgePlanner, EdgeWriter
from openmetadata_ol_provider.openmetadata.publishing.metadata.stage import publish_dataset_metadata
from openmetadata_ol_provider.openmetadata.publishing.stubs.stage import publish_stubs
from openmetadata_ol_provider.openmetadata.resolution.lookup_scope import first_rule
from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution, Resolver
from openmetadata_ol_provider.openmetadata.resolution.services import ServiceIndex
from openmetadata_ol_provider.openmetadata.resolution.spot import Spot
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import FAST, KAFKA, PG, SEED, TOKEN, config, dataset, edge, orders, pair, plan
from tests.openmetadata.people import label

S3 = {"namespace": "s3://raw", "service": "s3"}
ID, NAME = Field("id", "int"), Field("name", "varchar(20)", "who")
INGESTED = "9e107d9d372bb6826bd81d3542a419d6"


def allowed(*namespaces: dict[str, str], **write: Any) -> Config:
    return config(namespaces=[S3, *namespaces], write={"create_datasets": True, **write})


def having(known: Dataset, *fields: Field, **facts: Any) -> Dataset:
    return Dataset(known.namespace, known.name, known.identities, fields=fields, **facts)


def spots_in(client: OpenMetadataClient, config: Config) -> Callable[[Dataset], Iterable[Spot]]:
    services = ServiceIndex.from_client(client)

    def spots(dataset: Dataset) -> Iterator[Spot]:
        for identity in dataset.identities:
            rule = first_rule(config.namespaces, identity.namespace, dataset.namespace)
            named = services.named(rule.service) if rule and rule.service else None
            found = (named,) if named else services.at(parse_namespace(identity.namespace), identity.kind)
            yield Spot(identity, found, bool(found), rule)

    return spots


class Outcome(NamedTuple):
    """What a publication did with datasets that may be missing, or stubs.

    :param resolutions: resolutions that have changed
    """

    resolutions: dict[DatasetId, Resolution]
    problems: list[Problem]
    created: int = 0
    updated: int = 0
    failed: int = 0


def publish(
    client: OpenMetadataClient, *datasets: Dataset, config: Config | None = None, dry_run: bool = False
) -> Outcome:
    """Create what is missing and patch what is there, as a publication does."""
    config = config or allowed()
    before = Resolver(client, config).resolve_all(datasets)
    made = publish_stubs(datasets, before, spots_in(client, config), client, config, dry_run=dry_run)
    selection = select(plan(datasets=datasets, jobs=[]), History(), config, 0)
    context = PublishContext(client, config, History(), selection, 0, dry_run=dry_run)
    patched = publish_dataset_metadata(context, {**before, **made.resolutions})
    changed = {id_: item for id_, item in patched.resolutions.items() if item != before[id_] or _differs(item, before)}
    counts = Stubs(made.created, 0, made.failed) + patched.stubs
    return Outcome(changed, [*made.problems, *context.problems], counts.created, counts.updated, counts.failed)


def _differs(item: Resolution, before: Mapping[DatasetId, Resolution]) -> bool:
    return all(item is not other for other in before.values())


@contextmanager
def connected(server: CatalogueServer) -> Iterator[OpenMetadataClient]:
    with OpenMetadataClient(server.url, TOKEN, retries=FAST) as client:
        yield client


def entity(server: CatalogueServer, type_: str, fqn: str) -> dict[str, Any]:
    return next(item for item in server.entities(type_) if item["fullyQualifiedName"] == fqn)


def fqns(server: CatalogueServer, type_: str) -> set[str]:
    return {item["fullyQualifiedName"] for item in server.entities(type_)}


def changed(server: CatalogueServer, type_: str, fqn: str, **fields: Any) -> None:
    """Change a stored entity as another writer would."""
    collection = server.store.collection(type_)
    collection.put({**collection.by_fqn[fqn], **fields})


def resolved(client: OpenMetadataClient, dataset: Dataset, config: Config | None = None) -> Resolution:
    return Resolver(client, config or allowed()).resolve(dataset)


NEW = having(dataset(PG, "shop.crm.new"), ID, NAME)
TOPIC = having(dataset(KAFKA, "new.topic", kind="topic"), ID, NAME)
FILES = having(dataset("s3://raw", "lake/new.d", kind="container"), ID, NAME)


@pytest.mark.promise("A56", "A57")
@pytest.mark.parametrize("version", ["1.8.0", "1.12.0", "2.0.2"])
def test_missing_datasets_are_created_with_columns_and_found_from_then_on(version: str) -> None:
    with CatalogueServer(SEED, version, TOKEN) as server, connected(server) as client:
        outcome = publish(client, NEW, TOPIC, FILES)
        assert (outcome.created, outcome.failed, outcome.problems) == (3, 0, [])
        table = entity(server, "table", "pg.shop.crm.new")
        assert [column["name"] for column in table["columns"]] == ["id", "name"]
        assert table["columns"][1] | {"fullyQualifiedName": ""} == {
            "name": "name",
            "dataType": "VARCHAR",
            "dataTypeDisplay": "varchar(20)",
            "dataLength": 20,
            "description": "who",
            "fullyQualifiedName": "",
        }
        topic = entity(server, "topic", 'events."new.topic"')
        assert [field["dataType"] for field in topic["messageSchema"]["schemaFields"]] == ["INT", "STRING"]
        container = entity(server, "container", 's3.raw."lake/new.d"')
        assert (container["prefix"], container["fullPath"]) == ("/lake/new.d", "s3://raw/lake/new.d")
        assert len(container["dataModel"]["columns"]) == 2
        for made in (table, topic, container):
            assert made["sourceHash"] == SOURCE_HASH
            assert [tag["tagFQN"] for tag in made["tags"]] == [STUB_TAG]
        for missing in (NEW, TOPIC, FILES):
            resolution = outcome.resolutions[DatasetId(missing.namespace, missing.name)]
            assert resolution.outcome == "resolved"
            assert resolution.entity == resolved(client, missing).entity
        server.reset_requests()
        again = publish(client, NEW, TOPIC, FILES)
        assert (again.created, again.updated, again.resolutions, server.writes()) == (0, 0, {}, [])


def test_what_holds_many_tables_is_created_once_and_marked_for_machines_only(
    server: CatalogueServer, client: OpenMetadataClient
) -> None:
    many = [having(dataset(PG, f"lake.raw.t{number}"), ID) for number in range(20)]
    assert publish(client, *many).created == 20
    writes = [request.path for request in server.writes()]
    assert writes.count("/api/v1/databases") == writes.count("/api/v1/databaseSchemas") == 1
    assert writes.count("/api/v1/tables") == 20
    assert writes.count("/api/v1/classifications") == writes.count("/api/v1/tags") == 1
    for type_, fqn in (("database", "pg.lake"), ("databaseSchema", "pg.lake.raw")):
        held = entity(server, type_, fqn)
        assert held["sourceHash"] == SOURCE_HASH
        assert not held.get("tags")
    # Nothing is looked for in what is just created.
    looks = [request.path for request in server.requests if "include=all" in request.path]
    assert looks == ["/api/v1/databases/name/pg.lake?include=all"]


def test_the_catalogues_spelling_of_database_and_schema_wins(
    server: CatalogueServer, client: OpenMetadataClient
) -> None:
    rule = {"namespace": "snowflake://org-acct", "service": "snow"}
    new = dataset("snowflake://org-acct", "prod.public.new")
    assert publish(client, new, config=allowed(rule)).created == 1
    assert "snow.PROD.PUBLIC.new" in fqns(server, "table")
    assert fqns(server, "databaseSchema") & {"snow.PROD.public", "snow.prod.public"} == set()
    exact = config(namespaces=[rule], datasets={"case": "exact"}, write={"create_datasets": True})
    assert publish(client, new, config=exact).created == 1
    assert "snow.prod.public.new" in fqns(server, "table")


@pytest.mark.parametrize(
    ("name", "fqn"),
    [
        ("crm.new", "pg.shop.crm.new"),  # shop has the schema crm
        ("dwh.new", "pg.dwh.public.new"),  # there is a database dwh
        ("shop.new", "pg.shop.public.new"),  # as JDBC says it
    ],
)
def test_of_two_readings_the_one_that_fits_the_catalogue_is_taken(
    server: CatalogueServer, client: OpenMetadataClient, name: str, fqn: str
) -> None:
    assert publish(client, dataset(PG, name)).problems == []
    assert fqn in fqns(server, "table")


def test_a_reading_for_which_nothing_speaks_is_none(server: CatalogueServer, client: OpenMetadataClient) -> None:
    (problem,) = publish(client, dataset(PG, "brand.new")).problems
    assert "may be shop.brand.new or brand.public.new" in problem.detail
    assert server.writes() == []


def test_two_readings_that_fit_are_none(server: CatalogueServer, client: OpenMetadataClient) -> None:
    publish(client, dataset(PG, "crm.public.t"))
    server.reset_requests()
    (problem,) = publish(client, dataset(PG, "crm.new")).problems
    assert (problem.kind, problem.where) == ("no_stub", f"{PG} crm.new")
    assert "may be shop.crm.new or crm.public.new" in problem.detail
    assert f'{{namespace: "{PG}", service: pg, database: <its database>, schema: <its schema>}}' in problem.detail
    assert server.writes() == []
    settled = allowed({"namespace": PG, "service": "pg", "database": "shop", "schema": "crm"})
    assert publish(client, dataset(PG, "crm.new"), config=settled).created == 1
    assert "pg.shop.crm.new" in fqns(server, "table")


def test_a_service_with_one_database_keeps_to_it() -> None:
    seed = {"databaseServices": [{"name": "glue", "serviceType": "Glue"}], "tables": []}
    seed["tables"] = [{"fqn": "glue.123456.sales.orders", "columns": []}]
    rules = allowed({"namespace": "arn:aws:glue:*", "service": "glue"})
    new = dataset("arn:aws:glue:eu:123456", "table/sales/new")
    with CatalogueServer(seed, token=TOKEN) as server, connected(server) as client:
        assert publish(client, new, config=rules).problems == []
        assert "glue.123456.sales.new" in fqns(server, "table")
        changed(server, "database", "glue.123456")
        client.put("v1/databases", {"name": "second", "service": "glue"})
        (problem,) = publish(client, dataset("arn:aws:glue:eu:123456", "table/sales/other"), config=rules).problems
        assert "glue has the databases 123456, second" in problem.detail


@pytest.mark.promise("A65")
def test_what_is_ambiguous_ignored_or_in_no_known_service_is_not_created(
    server: CatalogueServer, client: OpenMetadataClient
) -> None:
    datasets = (
        dataset("hive://elsewhere:9083", "twice.facts"),
        dataset("file", "/x", kind="container"),
        dataset("postgres://nobody:5432", "a.b.c"),
        dataset(PG, "new"),
    )
    rules = allowed({"namespace": "file", "ignore": "true"}, {"namespace": PG, "service": "lake"})
    outcome = publish(client, *datasets, config=rules)
    assert outcome.created == 0
    assert server.writes() == []
    assert {problem.where for problem in outcome.problems} == {"postgres://nobody:5432 a.b.c", f"{PG} new"}
    assert all(problem.kind == "no_stub" and "`namespaces`" in problem.detail for problem in outcome.problems)


def test_the_bucket_of_a_container_is_found_or_created_once(
    server: CatalogueServer, client: OpenMetadataClient
) -> None:
    rules = allowed({"namespace": "s3://*", "service": "s3"})
    many = [dataset("s3://fresh", f"d{number}", kind="container") for number in range(5)]
    known = dataset("s3://raw", "other", kind="container")
    whole = dataset("s3://third", "/", kind="container")
    assert publish(client, *many, known, whole, config=rules).created == 7
    bucket = entity(server, "container", "s3.fresh")
    assert (bucket["fullPath"], bucket["prefix"], bucket["sourceHash"]) == ("s3://fresh", "/", SOURCE_HASH)
    assert not bucket.get("tags")
    assert {"s3.fresh.d0", "s3.fresh.d4", "s3.raw.other", "s3.third"} <= fqns(server, "container")
    assert entity(server, "container", "s3.fresh.d0")["parent"]["id"] == bucket["id"]
    assert [tag["tagFQN"] for tag in entity(server, "container", "s3.third")["tags"]] == [STUB_TAG]
    assert [request.path for request in server.writes()].count("/api/v1/containers") == 8


def test_a_bucket_under_another_name_is_the_bucket(server: CatalogueServer, client: OpenMetadataClient) -> None:
    request = {"name": "Landing zone", "service": "s3", "fullPath": "s3a://landing"}
    client.put("v1/containers", request)
    rules = allowed({"namespace": "s3://landing", "service": "s3"})
    assert publish(client, dataset("s3://landing", "new", kind="container"), config=rules).created == 1
    assert "s3.Landing zone.new" in fqns(server, "container")


@pytest.mark.parametrize(
    ("containers", "reason"),
    [
        ({"one": "s3://twice", "other": "s3a://twice"}, "the bucket s3://twice may be any of s3.one, s3.other"),
        ({"twice": "s3://elsewhere"}, "s3.twice exists already, but at s3://elsewhere and not at s3://twice"),
    ],
)
def test_a_bucket_that_is_not_clear_gets_nothing(
    server: CatalogueServer, client: OpenMetadataClient, containers: dict[str, str], reason: str
) -> None:
    for name, full_path in containers.items():
        client.put("v1/containers", {"name": name, "service": "s3", "fullPath": full_path})
    server.reset_requests()
    rules = allowed({"namespace": "s3://twice", "service": "s3"})
    (problem,) = publish(client, dataset("s3://twice", "new", kind="container"), config=rules).problems
    assert problem.detail == f"not created: {reason}"
    assert server.writes() == []


def test_schemas_that_differ_in_letter_case_only_are_none(server: CatalogueServer, client: OpenMetadataClient) -> None:
    for name in ("CRM", "Crm"):
        client.put("v1/databaseSchemas", {"name": name, "database": "pg.dwh"})
    server.reset_requests()
    (problem,) = publish(client, dataset(PG, "dwh.crm.new")).problems
    assert "pg.dwh.crm may be any of CRM, Crm" in problem.detail
    assert server.writes() == []


def test_two_spellings_of_one_table_are_one_stub_with_the_columns_of_both(
    server: CatalogueServer, client: OpenMetadataClient
) -> None:
    one, other = NEW, having(dataset(PG, "shop.CRM.NEW"), Field("ID", "int"), Field("extra", "text"))
    outcome = publish(client, one, other)
    assert outcome.created == 1
    assert [name for name in fqns(server, "table") if name.lower() == "pg.shop.crm.new"] == ["pg.shop.crm.new"]
    assert [column["name"] for column in entity(server, "table", "pg.shop.crm.new")["columns"]] == [
        "id",
        "name",
        "extra",
    ]
    made = {resolution.entity for resolution in outcome.resolutions.values()}
    assert len(outcome.resolutions) == 2
    assert len(made) == 1


def test_edges_with_columns_can_be_written_in_the_same_publication(
    server: CatalogueServer, client: OpenMetadataClient
) -> None:
    outcome = publish(client, NEW, orders())
    resolutions = {DatasetId(PG, orders().name): resolved(client, orders()), **outcome.resolutions}
    server.reset_requests()
    made = edge(orders(), NEW, pair(orders(), "id", "ID"), job=None)
    (write,) = EdgePlanner(allowed(), resolutions, {}, {}).plan_writes([made])
    assert unknown_columns([write]) == []
    assert EdgeWriter(client, dry_run=False).publish(write)
    details = server.edges()["pg.shop.public.orders", "pg.shop.crm.new"]
    assert details["columnsLineage"] == [
        {"fromColumns": ["pg.shop.public.orders.id"], "toColumn": "pg.shop.crm.new.id"}
    ]
    assert not [request for request in server.requests if "/tables/" in request.path]


# -- what is there already -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["1.8.0", "1.12.0", "2.0.2"])
def test_a_stub_is_completed_by_what_later_events_know(version: str) -> None:
    more = Field("more", "struct<a:int>")
    with CatalogueServer(SEED, version, TOKEN) as server, connected(server) as client:
        publish(client, *(having(item, ID) for item in (NEW, TOPIC)), having(FILES))
        changed(
            server,
            "table",
            "pg.shop.crm.new",
            description="a steward's",
            columns=[{"name": "id", "dataType": "INT", "description": "a steward's", "fullyQualifiedName": "x"}],
        )
        later = [having(item, more, NAME, Field("ID", "bigint")) for item in (NEW, TOPIC, FILES)]
        outcome = publish(client, *later)
        assert (outcome.created, outcome.updated, outcome.failed) == (0, 3, 0)
        table = entity(server, "table", "pg.shop.crm.new")
        assert [column["name"] for column in table["columns"]] == ["id", "more", "name"]
        assert (table["description"], table["columns"][0]["description"]) == ("a steward's", "a steward's")
        topic = entity(server, "topic", 'events."new.topic"')
        assert [field["name"] for field in topic["messageSchema"]["schemaFields"]] == ["id", "more", "name"]
        container = entity(server, "container", 's3.raw."lake/new.d"')
        assert [column["name"] for column in container["dataModel"]["columns"]] == ["more", "name", "ID"]
        latest = outcome.resolutions[DatasetId(PG, NEW.name)].entity
        assert latest is not None
        assert latest.column("more.a") == "pg.shop.crm.new.more.a"
        server.reset_requests()
        assert publish(client, *later).updated == 0
        assert server.writes() == []


def test_a_directory_does_not_get_the_columns_of_what_is_in_it(
    server: CatalogueServer, client: OpenMetadataClient
) -> None:
    publish(client, FILES)
    inside = having(dataset("s3://raw", "lake/new.d/deeper", kind="container"), Field("more", "int"))
    outcome = publish(client, inside)
    assert (outcome.created, outcome.updated, outcome.problems) == (0, 0, [])
    assert len(entity(server, "container", 's3.raw."lake/new.d"')["dataModel"]["columns"]) == 2


def test_what_is_no_stub_of_ours_is_never_touched(server: CatalogueServer, client: OpenMetadataClient) -> None:
    publish(client, NEW)
    changed(server, "table", "pg.shop.crm.new", sourceHash=INGESTED, tags=[])
    before = copy.deepcopy(server.entities("table"))
    server.reset_requests()
    more = having(NEW, Field("more", "int"))
    assert publish(client, more, having(orders(), Field("more", "int"))).resolutions == {}
    assert server.entities("table") == before
    assert server.writes() == []


@pytest.mark.parametrize("create", [True, False])
def test_the_visible_mark_goes_once_a_real_ingestion_has_taken_over(
    server: CatalogueServer, client: OpenMetadataClient, create: bool
) -> None:
    publish(client, NEW)
    changed(
        server,
        "table",
        "pg.shop.crm.new",
        sourceHash=INGESTED,
        tags=[label("OpenLineage.Other"), *entity(server, "table", "pg.shop.crm.new")["tags"]],
    )
    client.put("v1/tags", {"name": "Other", "classification": "OpenLineage", "description": "another"})
    outcome = publish(client, NEW, config=allowed(create_datasets=create))
    assert (outcome.created, outcome.updated) == (0, 1)
    table = entity(server, "table", "pg.shop.crm.new")
    assert [tag["tagFQN"] for tag in table["tags"]] == ["OpenLineage.Other"]
    assert len(table["columns"]) == 2
    server.reset_requests()
    publish(client, NEW, config=allowed(create_datasets=create))
    assert server.writes() == []


def test_nothing_is_created_unless_it_is_asked_for(server: CatalogueServer, client: OpenMetadataClient) -> None:
    outcome = publish(client, NEW, config=allowed(create_datasets=False))
    assert outcome == Outcome({}, [])
    assert server.writes() == []


def test_an_entity_that_the_search_has_missed_is_used_as_it_is(
    server: CatalogueServer, client: OpenMetadataClient
) -> None:
    client.put("v1/tables", {"name": "new", "databaseSchema": "pg.shop.crm", "columns": []})
    server.reset_requests()
    unresolved = {DatasetId(PG, NEW.name): Resolution("unresolved")}
    outcome = publish_stubs([NEW], unresolved, spots_in(client, allowed()), client, allowed(), dry_run=False)
    assert (outcome.created, outcome.problems) == (0, [])
    found = outcome.resolutions[DatasetId(PG, NEW.name)].entity
    assert found is not None
    assert found.fqn == "pg.shop.crm.new"
    assert server.writes() == []


@pytest.mark.parametrize(
    ("type_", "fqn"), [("table", "pg.shop.crm.new"), ("databaseSchema", "pg.shop.crm"), ("container", "s3.raw")]
)
def test_what_somebody_has_deleted_is_not_brought_back(
    server: CatalogueServer, client: OpenMetadataClient, type_: str, fqn: str
) -> None:
    publish(client, NEW)
    changed(server, type_, fqn, deleted=True, sourceHash=INGESTED)
    if type_ != "table":
        changed(server, "table", "pg.shop.crm.new", deleted=True)
    missing = FILES if type_ == "container" else NEW
    server.reset_requests()
    outcome = publish(client, missing)
    (problem,) = outcome.problems
    assert problem.kind == "no_stub"
    assert f"{fqn} was deleted in OpenMetadata" in problem.detail
    assert [request for request in server.writes() if "tags" not in request.path] == []


def test_a_stub_that_was_deleted_comes_back_when_its_data_is_created_again(
    server: CatalogueServer, client: OpenMetadataClient
) -> None:
    publish(client, NEW)
    changed(server, "table", "pg.shop.crm.new", deleted=True)
    assert publish(client, NEW).created == 0
    assert publish(client, having(NEW, NAME, lifecycle="CREATE")).created == 1
    assert [column["name"] for column in entity(server, "table", "pg.shop.crm.new")["columns"]] == ["id", "name"]


def test_a_classification_that_is_there_keeps_its_settings(server: CatalogueServer, client: OpenMetadataClient) -> None:
    client.put("v1/classifications", {"name": "OpenLineage", "description": "ours", "displayName": "Lineage"})
    publish(client, NEW)
    classification = entity(server, "classification", "OpenLineage")
    assert (classification["description"], classification["displayName"]) == ("ours", "Lineage")
    assert STUB_TAG in fqns(server, "tag")


def test_descriptions_and_tags_are_left_out_by_their_policies(
    server: CatalogueServer, client: OpenMetadataClient
) -> None:
    described = having(NEW, NAME, description="new things")
    publish(client, described, config=allowed(descriptions="never", tags="never"))
    table = entity(server, "table", "pg.shop.crm.new")
    assert not {"description", "tags"} & table.keys()
    assert "description" not in table["columns"][0]
    assert fqns(server, "classification") == set()
    publish(client, having(TOPIC, NAME, description="new things"))
    assert entity(server, "topic", 'events."new.topic"')["description"] == "new things"


# -- when things go wrong --------------------------------------------------------------------------------------------


def test_a_dry_run_counts_and_creates_nothing(server: CatalogueServer, client: OpenMetadataClient) -> None:
    fresh = dataset("s3://raw", "x", kind="container")
    outcome = publish(client, NEW, TOPIC, fresh, having(dataset(PG, "lake.raw.t"), ID), dry_run=True)
    assert (outcome.created, outcome.problems) == (4, [])
    assert server.writes() == []
    entities = {resolution.entity for resolution in outcome.resolutions.values()}
    assert len(entities) == 4
    made = outcome.resolutions[DatasetId(PG, NEW.name)].entity
    assert made is not None
    assert made.column("NAME") == "pg.shop.crm.new.name"
    assert client.get(f"v1/lineage/getLineageEdge/{made.id}/{made.id}") is None


def test_a_dry_run_shows_a_completed_stub(server: CatalogueServer, client: OpenMetadataClient) -> None:
    publish(client, having(NEW, Field("who", "struct<a:int>")), having(FILES))
    server.reset_requests()
    more = having(NEW, Field("who", "struct<a:int,b:int>"), ID)
    outcome = publish(client, more, FILES, dry_run=True)
    assert (outcome.updated, server.writes()) == (2, [])
    table = outcome.resolutions[DatasetId(PG, NEW.name)].entity
    files = outcome.resolutions[DatasetId(FILES.namespace, FILES.name)].entity
    assert table is not None
    assert files is not None
    assert table.column("who.b")
    assert table.column("id")
    assert files.column("name")


def test_a_token_that_may_not_create_stops_the_publication() -> None:
    with CatalogueServer(SEED, token=TOKEN, deny={"Create"}) as server, connected(server) as client:
        # Tables and topics are created at the same time.
        with pytest.raises(CatalogueAuthError, match=r"forbids POST v1.(tables|topics)"):
            publish(client, NEW, TOPIC)
        assert "pg.shop.crm.new" not in fqns(server, "table")


@pytest.mark.promise("A56")
def test_a_refused_stub_is_the_problem_of_its_dataset(server: CatalogueServer, client: OpenMetadataClient) -> None:
    server.fail("POST", "/tables$", 400, message="bad column")
    outcome = publish(client, NEW, TOPIC)
    assert (outcome.created, outcome.failed) == (1, 1)
    (problem,) = outcome.problems
    assert (problem.kind, problem.where) == ("failed", f"{PG} shop.crm.new")
    assert "bad column" in problem.detail
    assert set(outcome.resolutions) == {DatasetId(KAFKA, "new.topic")}


def test_a_schema_that_is_refused_fails_once_and_not_with_each_of_its_tables(
    server: CatalogueServer, client: OpenMetadataClient
) -> None:
    server.fail("POST", "/databaseSchemas$", 500, times=FAST.attempts)
    many = [dataset(PG, f"lake.raw.t{number}") for number in range(20)]
    outcome = publish(client, *many, TOPIC)
    assert (outcome.created, outcome.failed) == (1, 1)
    assert [problem.kind for problem in outcome.problems].count("no_stub") == 19
    assert publish(client, *many).created == 20


def test_an_unreachable_catalogue_stops_the_publication(server: CatalogueServer, client: OpenMetadataClient) -> None:
    server.fail("POST", "/databaseSchemas$", 503, times=100)
    with pytest.raises(CatalogueUnavailableError):
        publish(client, dataset(PG, "lake.raw.t"))


@pytest.mark.parametrize("path", ["/databases$", "/databaseSchemas$", "/tables$"])
def test_what_another_writer_creates_at_the_same_time_is_used(
    server: CatalogueServer, client: OpenMetadataClient, path: str
) -> None:
    server.fail("POST", path, 409, times=2, message="Entity already exists", after_effect=True)
    outcome = publish(client, dataset(PG, "lake.raw.t"))
    assert (outcome.created, outcome.problems) == (1, [])
    assert "pg.lake.raw.t" in fqns(server, "table")


def test_a_write_that_fails_after_its_effect_is_repeated(server: CatalogueServer, client: OpenMetadataClient) -> None:
    for method, path in (("POST", "/databases$"), ("POST", "/tables$"), ("PUT", "/tags$")):
        server.fail(method, path, 500, after_effect=True)
    assert publish(client, dataset(PG, "lake.raw.t")).created == 1
    assert entity(server, "table", "pg.lake.raw.t")["sourceHash"] == SOURCE_HASH
