"""Seeds: short forms, files, and errors that name the item."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from catalogue_http import SEED, columns

from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer, SeedError, load_seed
from openmetadata_ol_provider.sandbox.catalogue.catalogue_store import CatalogueStore

if TYPE_CHECKING:
    from pathlib import Path


def seeded(document: Any, version: tuple[int, ...] = (1, 12, 0)) -> CatalogueStore:
    store = CatalogueStore(version)
    load_seed(store, document)
    return store


def test_a_table_creates_its_schema_database_and_service() -> None:
    store = seeded({"tables": [{"fqn": 'my."db.1".sch.t', "serviceType": "Mysql", "columns": columns("a")}]})
    assert store.by_name("table", 'my."db.1".sch.t')["serviceType"] == "Mysql"
    assert store.by_name("databaseSchema", 'my."db.1".sch')["name"] == "sch"
    assert store.by_name("database", 'my."db.1"')["name"] == "db.1"
    assert store.by_name("databaseService", "my")["serviceType"] == "Mysql"


def test_topics_containers_and_pipelines_have_short_forms_too() -> None:
    store = seeded(
        {
            "topics": [{"fqn": 'kafka."a.b"', "partitions": 1}],
            "containers": [{"fqn": "s3.bucket.dir"}, {"fqn": "s3.bucket"}],
            "pipelines": [{"fqn": "flow.etl"}],
        }
    )
    assert store.by_name("topic", 'kafka."a.b"')["service"]["name"] == "kafka"
    assert store.by_name("container", "s3.bucket.dir")["parent"]["fullyQualifiedName"] == "s3.bucket"
    assert store.by_name("pipeline", "flow.etl")["serviceType"] == "OpenLineage"


def test_owners_and_edges_are_given_by_name() -> None:
    owned = [{"fqn": "pg.d.s.owned", "columns": columns("a"), "owners": ["team:data"]}]
    pair = {"from": "pg.shop.public.orders", "to": "pg.shop.public.facts"}
    edge = {**pair, "lineageDetails": {"source": "Manual", "pipeline": "airflow.etl"}}
    with CatalogueServer({**SEED, "tables": [*SEED["tables"], *owned], "edges": [edge]}) as server:
        details = server.edges()["pg.shop.public.orders", "pg.shop.public.facts"]
        assert (details["source"], details["pipeline"]["name"]) == ("Manual", "etl")
        owners = {table["name"]: table.get("owners") for table in server.entities("table")}
        assert owners["owned"][0]["name"] == "data"


def test_json_and_yaml_files_are_read(tmp_path: Path) -> None:
    import yaml

    as_json, as_yaml = tmp_path / "seed.json", tmp_path / "seed.yaml"
    as_json.write_text(json.dumps(SEED))
    as_yaml.write_text(yaml.safe_dump(SEED))
    for path in (as_json, str(as_yaml)):
        assert len(seeded(path).collection("table").by_id) == 3


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"table": []}, "unknown list 'table'"),
        ({"tables": [{"fqn": "a.b.c.d"}]}, "tables: 'a.b.c.d': .*columns must not be null"),
        ({"tables": [{"fqn": "b.c.d", "columns": []}]}, "tables: 'b.c.d' is malformed: .*contains no databaseService"),
        ({"tables": [{"fqn": "x.a.b.c.d", "columns": []}]}, "tables: 'x.a.b.c.d' is malformed: .*too many"),
        ({"tables": [{"fqn": 'a.b.c."d', "columns": []}]}, "Invalid fully qualified name"),
        ({"topics": [{"name": "t", "service": "none", "partitions": 1}]}, "topics: 't': messagingService"),
        ({"topics": ["t"]}, "topics: 't' is malformed"),
        ({"edges": [{"from": "a.b", "to": "c.d"}]}, "edges: .*no entity a.b"),
        ({"edges": [{"to": "a.b"}]}, "edges: .*malformed"),
    ],
)
def test_the_error_for_an_invalid_seed_names_the_item(document: Any, message: str) -> None:
    with pytest.raises(SeedError, match=message):
        seeded(document)


@pytest.mark.parametrize(("content", "message"), [("{", "neither JSON nor YAML"), ("- a", "a mapping"), (None, "read")])
def test_the_error_for_an_invalid_seed_file_names_the_file(tmp_path: Path, content: str | None, message: str) -> None:
    path = tmp_path / "seed.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(SeedError, match=rf"seed\.json.*{message}"):
        seeded(path)
