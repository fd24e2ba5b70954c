"""Applies a JSON Patch to an entity, which may change only editable fields, and only to valid values."""

from __future__ import annotations

from typing import Any

from openmetadata_ol_provider.sandbox.catalogue import json_patch
from openmetadata_ol_provider.sandbox.catalogue.api_error import ApiError
from openmetadata_ol_provider.sandbox.catalogue.catalogue_store import CatalogueStore, Entity
from openmetadata_ol_provider.sandbox.catalogue.entity_kinds import Kind
from openmetadata_ol_provider.sandbox.catalogue.entity_writes import check_tags, resolve_owners
from openmetadata_ol_provider.sandbox.catalogue.named_parts import with_names
from openmetadata_ol_provider.sandbox.catalogue.request_bodies import property_checks, without_nulls
from openmetadata_ol_provider.sandbox.catalogue.schema_checks import unrecognized_field

#: Fields that are references in a stored entity, in whatever form create requests give them.
_REFERENCES = frozenset({"parent", "domain", "domains", "dataProducts", "teams", "users", "roles", "parents"})
_FIXED = ("id", "name", "fullyQualifiedName", "service", "database", "databaseSchema", "classification", "deleted")


def patched(store: CatalogueStore, kind: Kind, entity: Entity, patch: Any) -> Entity:
    """Return an entity with a patch applied.

    :raises ApiError: 400 if the result is not a valid entity or a fixed field was changed, 404 for unknown owners and
        tags
    """
    result = without_nulls(json_patch.apply(entity, patch))
    if not isinstance(result, dict):
        raise ApiError(400, "The patch leaves no entity")
    for key in _FIXED:
        if result.get(key) != entity.get(key):
            raise ApiError(400, f"Attribute [{key}] cannot be changed")
    checks = property_checks(kind.schema, store.version)
    references = _REFERENCES | kind.by_name.keys()
    violations: list[str] = []
    for key, value in result.items():
        if key not in checks:
            if value != entity.get(key):
                raise unrecognized_field(key, kind.type)
        elif key not in references and key != kind.parent:
            checks[key](value, key, violations)
    if violations:
        raise ApiError(400, f"[{', '.join(violations)}]")
    if result.get("owners") != entity.get("owners"):
        owners = resolve_owners(store, result.pop("owners", []))
        result |= {"owners": owners} if owners else {}
    if result.get("tags") != entity.get("tags"):
        check_tags(store, result.get("tags"))
    return with_names(kind, result, lambda labels: check_tags(store, labels))
