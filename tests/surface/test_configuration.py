"""The config document: every key with its default, and the values that can be chosen from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.surface.internals import Config
from tests.surface.pins import assert_pinned

REQUIRED: Any = ...
POLICY = ["always", "if_empty", "if_ours", "never"]
#: Key -> default; ``...`` where one has to be given; ``[]`` are items of a list.
KEYS: dict[str, Any] = {
    "datasets.case": "catalogue",
    "datasets.exclude": [],
    "datasets.include": ["*"],
    "datasets.rename": [],
    "datasets.rename[].match": REQUIRED,
    "datasets.rename[].to": REQUIRED,
    "datasets.strip_partitions": True,
    "ledger.max_facts": 50_000,
    "ledger.trust_hours": 24.0,
    "lineage.columns": True,
    "lineage.expire_after": None,
    "lineage.indirect": False,
    "lineage.on": ["COMPLETE"],
    "lineage.pipeline_nodes": False,
    "lineage.pair_by_name": [],
    "lineage.stale_after": 5,
    "namespaces": [],
    "namespaces[].database": None,
    "namespaces[].ignore": False,
    "namespaces[].namespace": REQUIRED,
    "namespaces[].schema": None,
    "namespaces[].service": None,
    "parking.max_days": 7.0,
    "parking.max_edges": 10_000,
    "pipelines.exclude": [],
    "pipelines.include": ["*"],
    "pipelines.level": "root",
    "pipelines.reuse": True,
    "pipelines.service": "openlineage",
    "resolution.by_name": "when_unknown",
    "write.create_datasets": False,
    "write.create_pipelines": True,
    "write.create_services": True,
    "write.create_tags": False,
    "write.descriptions": "if_empty",
    "write.lifecycle": "never",
    "write.max_failure_ratio": 0.1,
    "write.exposures": True,
    "write.observability": True,
    "write.owners": "if_empty",
    "write.profile": False,
    "write.tests": "never",
    "write.queries": False,
    "write.sql": "always",
    "write.stale_edges": "report",
    "write.status": "always",
    "write.tags": "if_ours",
    "write.usage": "always",
}
CHOICES = {
    "datasets.case": ["catalogue", "exact"],
    "resolution.by_name": ["always", "never", "when_unknown"],
    "lineage.on[]": ["ABORT", "COMPLETE", "FAIL", "OTHER", "RUNNING", "START"],
    "pipelines.level": ["job", "parent", "root"],
    "write.descriptions": POLICY,
    "write.lifecycle": ["always", "if_ours", "never"],
    "write.owners": POLICY,
    "write.sql": ["always", "never", "redacted"],
    "write.stale_edges": ["never", "remove", "report"],
    "write.status": ["always", "never"],
    "write.tags": POLICY,
    "write.tests": ["create", "existing", "never"],
    "write.usage": ["always", "never"],
}
SCHEMA = Config.model_json_schema(by_alias=True)


def fields(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any], bool]]:
    """Yield path and schema of each key, those of items of lists included, and whether it has to be given."""
    if "$ref" in schema:
        schema = SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]]
    for name, field in schema.get("properties", {}).items():
        inner = f"{path}.{name}" if path else name
        if "$ref" not in field:
            yield inner, field, name in schema.get("required", ())
        yield from fields(field, inner)
    if "items" in schema:
        yield f"{path}[]", schema["items"], False
        yield from fields(schema["items"], f"{path}[]")


FIELDS = list(fields(SCHEMA))


def flat(document: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in document.items():
        inner = f"{path}.{name}" if path else name
        yield from flat(value, inner) if isinstance(value, dict) else [(inner, value)]


def test_every_key_has_its_default() -> None:
    sections = dict(flat(Config().model_dump(mode="json", by_alias=True)))
    items = {
        path: REQUIRED if required else field["default"]
        for path, field, required in FIELDS
        if "[]." in path and not path.endswith("[]")
    }
    assert_pinned("keys of the config document", {**sections, **items}, KEYS)


def test_nothing_else_is_a_key() -> None:
    assert_pinned("keys of the schema", {path for path, _, _ in FIELDS if not path.endswith("[]")}, set(KEYS))


def test_what_can_be_chosen_from() -> None:
    found = {path: sorted(field["enum"]) for path, field, _ in FIELDS if "enum" in field}
    assert_pinned("values of the config document", found, CHOICES)


def test_a_service_for_each_integration_is_a_choice_too() -> None:
    config = Config.model_validate({"pipelines": {"service": {"AIRFLOW": "airflow_prod", "DEFAULT": "other"}}})
    assert config.model_dump(mode="json")["pipelines"]["service"] == {"AIRFLOW": "airflow_prod", "DEFAULT": "other"}
